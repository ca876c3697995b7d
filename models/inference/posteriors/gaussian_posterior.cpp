// q(z|x) = N(μ(x), diag σ²(x)).          Kingma and Welling, arXiv 1312.6114, eq. 9
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class GaussianPosterior : public Posterior {
 public:
  GaussianPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : mean_(p, name + ".mean", h, s.latent, s.initial),
        scale_(p, name + ".scale", h, s.latent, s.initial),
        spec_(s) {}

  PosteriorAt at(Var h) const override {
    const Var mean = mean_(h);
    return {.posterior = this, .mean = mean, .log_variance = spec_.log_variance(scale_(h))};
  }
  Var sample(PosteriorAt& q, Stream& noise, Index particles) const override {
    return DiagonalGaussian{q.mean, q.log_variance}.sample(noise, particles);
  }
  Var log_prob(const PosteriorAt& q, Var z, Index particles, bool held) const override {
    const DiagonalGaussian free{q.mean, q.log_variance};
    return (held ? free.held() : free).log_prob(z, particles);
  }
  Var kl(const PosteriorAt& q, const PriorAt& p) const override {
    return gaussian_kl({q.mean, q.log_variance}, p);
  }

 private:
  Linear mean_, scale_;
  PosteriorSpec spec_;
};

}  // namespace

const PosteriorRow gaussian_posterior{.name = "gaussian",
                                      .what = "N(μ, diag σ²)",
                                      .make = make_posterior<GaussianPosterior>,
                                      .gaussian = true,
                                      .diagonal = true,
                                      .held = true,
                                      .scale = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
