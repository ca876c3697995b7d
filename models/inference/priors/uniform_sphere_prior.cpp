// p(z) is the same everywhere on the unit sphere, in as many coordinates as there are latents.
// Davidson et al., arXiv 1804.00891, section 3
#include <algorithm>

#include <vaegrad/models/inference/posteriors/sphere_ops.hpp>
#include <vaegrad/models/inference/prior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class UniformSpherePrior : public Prior {
 public:
  UniformSpherePrior(Parameters&, const PriorSpec& s) : latent_(s.latent) {}

  PriorAt given(Tape&, Var, const Inference&) const override {
    return {.prior = this, .uniform_sphere = true};
  }
  Var log_prob(const PriorAt&, Var z, Index) const override {
    const Var log_p = z.tape().constant(Shape{z.shape().rows, 1});
    std::fill(log_p.val().begin(), log_p.val().end(), Real(-log_sphere_area(latent_)));
    return log_p;
  }
  Var sample(const PriorAt&, Tape& tape, Index count, Stream& noise,
             Index particles) const override {
    return unit_rows(standard_noise(tape, {count * particles, latent_}, noise));
  }

 private:
  Index latent_;
};

}  // namespace

const PriorRow uniform_sphere_prior{.name = "uniform-sphere",
                                    .what = "uniform on the unit sphere",
                                    .make = make_prior<UniformSpherePrior>,
                                    .sphere = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
