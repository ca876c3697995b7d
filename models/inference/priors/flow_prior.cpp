// p(z) = N(f⁻¹(z); 0, I) |det ∂f⁻¹/∂z|: a flow from noise to codes, learnt with everything else.
// Chen et al., Variational lossy autoencoder, arXiv 1611.02731, section 3.2, there autoregressive
#include <vaegrad/models/inference/prior.hpp>
#include <vaegrad/models/inference/priors/coupling_flow.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class FlowPrior : public Prior {
 public:
  // One hidden layer in each coupling, as wide as the last of the model's dense ones.
  FlowPrior(Parameters& p, const PriorSpec& s)
      : flow_(p, "prior", s.latent, s.flows, s.hidden.empty() ? 64 : s.hidden.back(), s.activation,
              s.initial),
        latent_(s.latent) {}

  PriorAt given(Tape&, Var, const Inference&) const override { return {.prior = this}; }
  Var log_prob(const PriorAt&, Var z, Index) const override {
    const auto [base, log_det] = flow_.inverse(z);
    return StandardNormal{}.log_prob(base) + log_det;
  }
  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    return flow_(standard_noise(tape, {count * particles, latent_}, noise));
  }

 private:
  CouplingFlow flow_;
  Index latent_;
};

}  // namespace

const PriorRow flow_prior{
    .name = "flow", .what = "Real NVP from N(0, I)", .make = make_prior<FlowPrior>, .flows = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
