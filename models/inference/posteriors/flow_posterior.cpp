#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

FlowPosterior::FlowPosterior(Parameters& p, const std::string& name, Index h,
                             const PosteriorSpec& s, Index numbers)
    : mean_(p, name + ".mean", h, s.latent, s.initial),
      scale_(p, name + ".scale", h, s.latent, s.initial),
      spec_(s) {
  if (s.flows) numbers_.emplace(p, name + ".flow", h, s.flows * numbers, s.initial);
}

PosteriorAt FlowPosterior::at(Var h) const {
  const Var mean = mean_(h);
  return {.posterior = this,
          .mean = mean,
          .log_variance = spec_.log_variance(scale_(h)),
          .more = numbers_ ? (*numbers_)(h) : Var{}};
}

Var FlowPosterior::steps(Var s, const PosteriorAt& q) const {
  for (Index t = 0; t < spec_.flows; ++t) s = step(t, s, q);
  return s;
}

Var FlowPosterior::code(const PosteriorAt& q) const {
  const Var none = q.mean.tape().constant(Shape{q.mean.shape().rows, 1});
  std::fill(none.val().begin(), none.val().end(), Real{0});
  return columns(steps(concatenate_columns(q.mean, none), q), 0, q.mean.shape().cols);
}

Var FlowPosterior::sample(PosteriorAt& q, Stream& noise, Index particles) const {
  const Index latent = q.mean.shape().cols;
  q.base = standard_noise(q.mean.tape(), {q.mean.shape().rows * particles, latent}, noise);
  // z₀ = μ + σ ⊙ ε,  log |∂z₀/∂ε| = Σ_j log σ_j
  const Var log_scale = 0.5 * repeat_rows(q.log_variance, particles);
  const Var z = repeat_rows(q.mean, particles) + exp(log_scale) * q.base;
  const Var s = steps(concatenate_columns(z, row_sums(log_scale)), q);
  q.log_det = columns(s, latent, 1);
  return columns(s, 0, latent);
}

// Σ_j −½ (ε_j² + log 2π) − log |∂z/∂ε|
Var FlowPosterior::log_prob(const PosteriorAt& q, Var, Index, bool held) const {
  check(!held, "a flow: its density is known at its own draw alone", hint,
        "an objective that does not hold q fixed");
  return row_sums(-0.5 * (square(q.base) + log_2pi)) - q.log_det;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
