// p(z) = N(0, I)
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/prior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class StandardNormalPrior : public Prior {
 public:
  StandardNormalPrior(Parameters&, const PriorSpec& s) : latent_(s.latent) {}

  PriorAt given(Tape&, Var, const Inference&) const override {
    return {.prior = this, .standard_normal = true};
  }
  Var log_prob(const PriorAt&, Var z, Index) const override { return StandardNormal{}.log_prob(z); }
  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    return StandardNormal{}.sample(tape, {count * particles, latent_}, noise);
  }

 private:
  Index latent_;
};

}  // namespace

const PriorRow standard_normal_prior{.name = "standard-normal",
                                     .what = "N(0, I)",
                                     .make = make_prior<StandardNormalPrior>,
                                     .gaussian = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
