// q(z|x) = N(μ(x), L(x) L(x)ᵀ), L = diag(σ) (I + N) lower triangular: N below its diagonal alone.
// Kingma and Welling, An introduction to variational autoencoders, arXiv 1906.02691, section 2.5.1
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/posterior.hpp>
#include <vaegrad/models/inference/posteriors/lower_product.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// N starts at 0, so that training starts with a diagonal Gaussian; and it is in units of σ, since what
// Adam's steps leave in 190 numbers of no use would drown in noise a latent that wants a small σ.
constexpr Initialiser none{"none", Initialiser::Draw::uniform, [](Real, Real) { return Real(0); }};

class FullCovariancePosterior : public Posterior {
 public:
  FullCovariancePosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : mean_(p, name + ".mean", h, s.latent, s.initial),
        scale_(p, name + ".scale", h, s.latent, s.initial),
        below_(p, name + ".below", h, below_diagonal(s.latent), {s.initial.seed, none}),
        spec_(s) {}

  PosteriorAt at(Var h) const override {
    const Var mean = mean_(h), log_variance = spec_.log_variance(scale_(h));
    return {.posterior = this, .mean = mean, .log_variance = log_variance, .more = below_(h)};
  }

  // z = μ + σ ⊙ (ε + N ε),  ε ~ N(0, I)
  Var sample(PosteriorAt& q, Stream& noise, Index particles) const override {
    const Shape s{q.mean.shape().rows * particles, q.mean.shape().cols};
    q.base = standard_noise(q.mean.tape(), s, noise);
    const Var Ne = lower_product(q.more, q.base);
    return repeat_rows(q.mean, particles) +
           exp(0.5 * repeat_rows(q.log_variance, particles)) * (q.base + Ne);
  }

  // Σ_j −½ (ε_j² + log σ_j² + log 2π), since log |det L| = ½ Σ_j log σ_j²
  Var log_prob(const PosteriorAt& q, Var, Index particles, bool held) const override {
    check(!held, "full covariance: its density is known at its own draw alone", hint,
          "an objective that does not hold q fixed");
    return row_sums(-0.5 * (square(q.base) + repeat_rows(q.log_variance, particles) + log_2pi));
  }

  // ½ ((L Lᵀ)_jj + (μ_j − m_j)²) / s_j² + log s_j² − log σ_j² − 1), with p = N(m, diag s²)
  Var kl(const PosteriorAt& q, const PriorAt& p) const override {
    if (!p.standard_normal && !p.mean) return {};
    const Var ones = q.mean.tape().constant(q.mean.shape());
    std::fill(ones.val().begin(), ones.val().end(), Real{1});
    const Var below = lower_product(square(q.more), ones);  // Σ_{k<j} N_jk²
    if (p.standard_normal)
      return 0.5 * (square(q.mean) + expm1(q.log_variance) - q.log_variance +
                    exp(q.log_variance) * below);
    return 0.5 *
           ((exp(q.log_variance) * (1 + below) + square(q.mean - p.mean)) * exp(-p.log_variance) +
            p.log_variance - q.log_variance - 1);
  }

 private:
  static Index below_diagonal(Index latent) {
    check<UsageError>(latent >= 2, "full-covariance: one latent has no covariance: ", latent, hint,
                      "the gaussian posterior, or two latents and more");
    return latent * (latent - 1) / 2;
  }

  Linear mean_, scale_, below_;
  PosteriorSpec spec_;
};

}  // namespace

const PosteriorRow full_covariance_posterior{.name = "full-covariance",
                                             .what = "N(μ, L Lᵀ)",
                                             .make = make_posterior<FullCovariancePosterior>,
                                             .gaussian = true,
                                             .scale = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
