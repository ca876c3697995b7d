#include <cmath>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/priors/gaussian_mixture_at.hpp>
#include <vaegrad/models/inference/priors/weighted_squares.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var GaussianMixtureAt::log_prob(Var z) const {
  const Var l = log_variance;
  const Var constant = transpose(row_sums(-0.5 * (l + log_2pi)));
  const Var log_weight = logits - log_sum_exp(logits) + constant;  // (1, K)
  const Var squares = weighted_squares(z, mean, exp(-l));
  return log_sum_exp(log_weight - 0.5 * squares);
}

Var GaussianMixtureAt::sample(Index count, Stream& noise) const {
  Tape& tape = mean.tape();
  const Var u = tape.constant(Shape{count, 1}), pi = softmax(logits);
  noise.uniform(u.val());
  const Var z = standard_noise(tape, {count, mean.shape().cols}, noise);
  const ConstMatrix m = mean.val(), l = log_variance.val();
  for (Index i = 0; i < count; ++i) {
    Index k = 0;
    double below = double(pi.val()(0, 0));
    while (double(u.val()(i, 0)) > below && k + 1 < m.rows) below += double(pi.val()(0, ++k));
    for (Index j = 0; j < m.cols; ++j)
      z.val()(i, j) = m(k, j) + std::exp(l(k, j) / 2) * z.val()(i, j);
  }
  return z;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
