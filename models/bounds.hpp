// Bounds on log p(x) of a VAE that is written out as plain structs (models/vae.hpp), by any
// objective of the table (models/objectives/).
#pragma once
#include <vaegrad/models/inference/inference.hpp>
#include <vaegrad/models/objectives/objective.hpp>
#include <vaegrad/models/vae.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log p(z) of a prior, of K draws for each of its rows:  z (B K, Z) -> (B K, 1)
inline Var log_prob(const StandardNormal& p, Var z, Index) { return p.log_prob(z); }
inline Var log_prob(const DiagonalGaussian& p, Var z, Index particles) {
  return p.log_prob(z, particles);
}

// One draw of a prior for each of its rows, or of `rows`, as a constant
inline Var drawn_from(const StandardNormal& p, Tape& tape, Shape shape, Stream& noise) {
  return p.sample(tape, shape, noise);
}
inline Var drawn_from(const DiagonalGaussian& p, Tape&, Shape, Stream& noise) {
  return stop_gradient(p.sample(noise));
}

// The objective of examples x (B, D), with K = settings.particles draws of z for each.
template <class V, Operand X>
Bound bound(const Objective& o, const V& vae, const X& x, Stream& noise,
            const ObjectiveSettings& s = {}) {
  const DiagonalGaussian q = vae.encode(x);
  Draw draw = draw_of(q, noise, s.particles, o.wanted);
  const Var log_px = vae.decode(draw.z).log_prob(repeat_rows(x, s.particles));
  if (o.wanted.log_ratio)
    draw.log_ratio =
        log_ratio_of(draw, log_prob(vae.prior, draw.z, s.particles),
                     (o.wanted.held ? q.held() : q).log_prob(drawn(draw), s.particles));
  if (o.wanted.kl) draw.kl = kl_per_latent(q, vae.prior);
  if (o.wanted.prior_draws) {
    Stream more(s.seed, Purpose::other, s.step);
    draw.prior_draws = drawn_from(vae.prior, q.mean.tape(), q.mean.shape(), more);
  }
  return o.bound(log_px, draw, s);
}

// The same, of one row: elbo, elbo_mc, iwae.
template <class V, Operand X>
Bound analytic_bound(const V& vae, const X& x, Stream& noise, const ObjectiveSettings& s) {
  return bound(elbo_objective, vae, x, noise, s);
}
template <class V, Operand X>
Bound monte_carlo_bound(const V& vae, const X& x, Stream& noise, const ObjectiveSettings& s) {
  return bound(elbo_mc_objective, vae, x, noise, s);
}
template <class V, Operand X>
Bound importance_weighted_bound(const V& vae, const X& x, Stream& noise,
                                const ObjectiveSettings& s) {
  return bound(iwae_objective, vae, x, noise, s);
}

// log w = log p(x|z) + log p(z) − log q(z|x) of K draws for each example, (B, K)
template <class V, Operand X>
Var log_weights(const V& vae, const X& x, Stream& noise, Index particles) {
  const DiagonalGaussian q = vae.encode(x);
  Draw draw = draw_of(q, noise, particles, {});
  const Var log_px = vae.decode(draw.z).log_prob(repeat_rows(x, particles));
  draw.log_ratio = log_prob(vae.prior, draw.z, particles) - q.log_prob(draw.z, particles);
  return log_weights(log_px, draw);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
