// q(z|x) ∝ exp(κ μᵀz) on the unit sphere, in as many coordinates as there are latents; κ and the
// direction μ are each example's own. Draws by inversion of the angle's distribution function
// (models/numerics/sphere.hpp), so that their path is smooth and gradients along it are unbiased.
// Davidson, Falorsi, De Cao, Kipf and Tomczak, Hyperspherical variational auto-encoders, arXiv
// 1804.00891
#include <vaegrad/models/inference/posterior.hpp>
#include <vaegrad/models/inference/posteriors/sphere_ops.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class VonMisesFisherPosterior : public Posterior {
 public:
  VonMisesFisherPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : mean_(p, name + ".mean", h, latents(s), s.initial),
        scale_(p, name + ".scale", h, 1, s.initial),
        latent_(s.latent) {}

  // more: κ = 1 + softplus(..), as the authors' program has it, which keeps q off the prior
  PosteriorAt at(Var h) const override {
    return {.posterior = this, .mean = unit_rows(mean_(h)), .more = 1 + softplus(scale_(h))};
  }

  Var sample(PosteriorAt& q, Stream& noise, Index particles) const override {
    Tape& tape = q.mean.tape();
    const Index n = q.mean.shape().rows * particles;
    const Var u = tape.constant(Shape{n, 1});
    noise.uniform(u.val());
    const Var e = unit_rows(standard_noise(tape, {n, latent_ - 1}, noise));
    const Var theta = columns(record(PolarDraw{latent_}, q.more, u), 0, 1);
    return record(OnSphere{}, q.mean, theta, e);
  }

  // κ μᵀz − F(κ) − log area = −½ κ ‖z − μ‖² + (κ − F(κ)) − log area, since both have length 1
  Var log_prob(const PosteriorAt& q, Var z, Index particles, bool held) const override {
    const Var mu = held ? stop_gradient(q.mean) : q.mean;
    const Var kappa = held ? stop_gradient(q.more) : q.more;
    const Var distance = row_sums(square(z - repeat_rows(mu, particles)));
    const Var top = record(SphereTerm{latent_, false}, kappa);
    return repeat_rows(top, particles) - 0.5 * repeat_rows(kappa, particles) * distance -
           log_sphere_area(latent_);
  }

  // Of all latents together, (B, 1)
  Var kl(const PosteriorAt& q, const PriorAt& p) const override {
    if (!p.uniform_sphere) return {};
    return record(SphereTerm{latent_, true}, q.more);
  }

 private:
  static Index latents(const PosteriorSpec& s) {
    check<UsageError>(s.latent >= 2, "von-mises-fisher: a sphere in one dimension is two points",
                      hint, "two latents, a circle, or more");
    return s.latent;
  }

  Linear mean_, scale_;
  Index latent_;
};

}  // namespace

const PosteriorRow von_mises_fisher_posterior{.name = "von-mises-fisher",
                                              .what = "on the unit sphere",
                                              .make = make_posterior<VonMisesFisherPosterior>,
                                              .held = true,
                                              .sphere = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
