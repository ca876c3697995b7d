// p(z) = Σ_k π_k N(z; m_k, diag s_k²): K components, learnt with everything else.
// Dilokthanakul et al., arXiv 1611.02648, section 3 (the prior alone)
#include <algorithm>
#include <cmath>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/prior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class MixturePrior : public Prior {
 public:
  MixturePrior(Parameters& p, const PriorSpec& s) {
    // Apart from each other, or they would stay one.
    const auto apart = [&](Matrix m) {
      Stream(s.initial.seed, Purpose::weights, std::uint32_t(p.list().size())).normal(m);
    };
    mean_ = p.add("prior.mean", {s.components, s.latent}, apart);
    log_variance_ = p.add("prior.log_variance", {s.components, s.latent});
    logits_ = p.add("prior.logits", {1, s.components});
  }

  PriorAt given(Tape& tape, Var, const Inference&) const override {
    return {.prior = this, .more = tape(mean_)};
  }

  // log Σ_k exp(log π_k + log N(z; m_k, s_k²)), the squares multiplied out: two products of z (B,
  // Z) with (Z, K)
  Var log_prob(const PriorAt& p, Var z, Index) const override {
    Tape& tape = z.tape();
    const Var m = p.more, l = tape(log_variance_), logits = tape(logits_);
    const Var weight = exp(-l), linear = m * weight, half = -0.5 * weight, squares = square(z);
    const Var constant = transpose(row_sums(-0.5 * (square(m) * weight + l + log_2pi)));
    const Var log_weight = logits - log_sum_exp(logits) + constant;  // (1, K)
    const Var quadratic = matmul(squares, transpose(half)), mixed = matmul(z, transpose(linear));
    const Var each = quadratic + mixed + log_weight;
    return log_sum_exp(each);
  }

  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    const Var m = tape(mean_), l = tape(log_variance_), pi = softmax(tape(logits_));
    const Var u = tape.constant(Shape{count * particles, 1});
    noise.uniform(u.val());
    const Var z = standard_noise(tape, {count * particles, m.shape().cols}, noise);
    for (Index i = 0; i < z.shape().rows; ++i) {
      Index k = 0;
      double below = double(pi.val()(0, 0));
      while (double(u.val()(i, 0)) > below && k + 1 < pi.shape().cols)
        below += double(pi.val()(0, ++k));
      for (Index j = 0; j < z.shape().cols; ++j)
        z.val()(i, j) = m.val()(k, j) + std::exp(l.val()(k, j) / 2) * z.val()(i, j);
    }
    return z;
  }

 private:
  Param mean_, log_variance_, logits_;
};

}  // namespace

const PriorRow mixture_prior{
    .name = "mixture", .what = "K Gaussians", .make = make_prior<MixturePrior>, .components = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
