// p(z|y) = N(μ(y), σ²(y)), a network of the condition y.
// Sohn, Lee and Yan, Learning structured output representation, NeurIPS 2015, section 3
#include <vaegrad/models/inference/prior.hpp>
#include <vaegrad/models/vae.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class ConditionalPrior : public Prior {
 public:
  ConditionalPrior(Parameters& p, const PriorSpec& s)
      : network_(p, "prior", s.conditions, s.hidden, s.latent, s.activation, s.initial) {}

  PriorAt given(Tape&, Var y, const Inference&) const override {
    const DiagonalGaussian p = network_(y);
    return {.prior = this, .mean = p.mean, .log_variance = p.log_variance};
  }
  Var log_prob(const PriorAt& p, Var z, Index particles) const override {
    return DiagonalGaussian{p.mean, p.log_variance}.log_prob(z, particles);
  }
  Var sample(const PriorAt& p, Tape&, Index, Stream& noise, Index particles) const override {
    return DiagonalGaussian{p.mean, p.log_variance}.sample(noise, particles);
  }

 private:
  GaussianMlp network_;
};

}  // namespace

const PriorRow conditional_prior{.name = "conditional",
                                 .what = "N(μ(y), σ²(y)), a network of the condition",
                                 .make = make_prior<ConditionalPrior>,
                                 .gaussian = true,
                                 .conditional = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
