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
    return {.prior = this, .mixture = {tape(mean_), tape(log_variance_), tape(logits_)}};
  }
  Var log_prob(const PriorAt& p, Var z, Index) const override { return p.mixture.log_prob(z); }
  Var sample(const PriorAt& p, Tape&, Index count, Stream& noise, Index particles) const override {
    return p.mixture.sample(count * particles, noise);
  }

 private:
  Param mean_, log_variance_, logits_;
};

}  // namespace

const PriorRow mixture_prior{
    .name = "mixture", .what = "K Gaussians", .make = make_prior<MixturePrior>, .components = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
