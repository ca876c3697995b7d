// log p(x) of a model with two latents, exactly: by quadrature over all codes. No gradients.
#pragma once
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The middles of side² squares over [-reach, reach]², the second coordinate fastest: (side², 2),
// constants.
inline Var middles_of_squares(Tape& tape, Index side, double reach) {
  const Var z = tape.constant(Shape{side * side, 2});
  const auto at = [&](Index i) { return Real(reach * (double(2 * i + 1) / double(side) - 1)); };
  for (Index i = 0; i < side * side; ++i)
    z.val()(i, 0) = at(i / side), z.val()(i, 1) = at(i % side);
  return z;
}

// log p(x) = log ∫ p(x|z) p(z) dz of each row of x, for a latent of two numbers and a Bernoulli
// decoder, by the midpoint rule on side² points of [-reach, reach]². Its error vanishes faster than
// any power of the distance between points once that is below the width of p(z|x). Error: a quarter
// of the points gives another value, by more than 0.05 nats on average.
template <class Decoder>
std::vector<double> log_evidence_on_grid(const Decoder& decode, ConstMatrix x, Index side,
                                         double reach = 6) {
  std::vector<LogWeights> all(std::size_t(x.rows)), quarter(all.size());
  const auto at = [&](Index i) { return Real(reach * (double(2 * i + 1) / double(side) - 1)); };
  Tape tape;
  for (Index i = 0; i < side; ++i) {
    tape.reset();
    const Var z = tape.constant(Shape{side, 2}), data = tape.constant(x);
    for (Index j = 0; j < side; ++j) z.val()(j, 0) = at(i), z.val()(j, 1) = at(j);
    const Var l = decode(z).logits;
    const Var bias = transpose(StandardNormal{}.log_prob(z) - row_sums(softplus(l)));
    const Var log_p = affine(data, transpose(l), bias);  // (N, side): log p(x, z)
    for (std::size_t n = 0; n < all.size(); ++n)
      for (Index j = 0; j < side; ++j) {
        all[n].add(double(log_p.val()(Index(n), j)));
        if (i % 2 && j % 2) quarter[n].add(double(log_p.val()(Index(n), j)));
      }
  }
  std::vector<double> log_evidence;
  double difference = 0;
  for (std::size_t n = 0; n < all.size(); ++n) {
    log_evidence.push_back(all[n].log_mean() + std::log(4 * reach * reach));
    difference += std::abs(all[n].log_mean() - quarter[n].log_mean()) / double(all.size());
  }
  check(difference < 0.05, "log_evidence_on_grid: ", side,
        "² points and a quarter of them differ by ", difference, " nats", hint,
        "more points: p(z|x) is narrower than their distance");
  return log_evidence;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
