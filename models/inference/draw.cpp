#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>
#include <vaegrad/models/inference/scale_adjoint.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var particle_mean(Var v, Index particles) {
  if (particles == 1) return v;
  return (1.0 / double(particles)) * row_sums(reshape(v, v.shape().rows / particles, particles));
}

Var kl(const Draw& d) {
  if (!d.kl) return -particle_mean(d.log_ratio, d.particles);
  const Var sum = row_sums(d.kl);
  return sum.shape().rows == d.z.shape().rows ? particle_mean(sum, d.particles) : sum;
}

Var kl_per_layer(const Draw& d) {
  if (d.layers.size() < 2) return kl(d);
  if (!d.kl) return -d.layer_ratios;
  Var to;
  Index first = 0;
  for (const Index latents : d.layers) {
    const Var of_layer = row_sums(columns(d.kl, first, latents));
    to = first ? Var(concatenate_columns(to, of_layer)) : of_layer;
    first += latents;
  }
  return to;
}

Var log_ratio_of(const Draw& d, Var log_p, Var log_q) {
  if (!d.factor) return log_p - log_q;
  return log_p - record(ScaleAdjoint{}, log_q, d.factor);
}

void with_factor(Draw& d) {
  d.drawn = d.z;
  d.factor = d.z.tape().constant(Shape{d.z.shape().rows, 1});
  d.z = record(ScaleAdjoint{}, d.z, d.factor);
}

Draw draw_of(const DiagonalGaussian& q, Stream& noise, Index particles, const Wanted& wanted) {
  Draw d;
  d.z = q.sample(noise, particles), d.particles = particles;
  d.q.mean = q.mean, d.q.log_variance = q.log_variance;
  if (wanted.factor) with_factor(d);
  return d;
}

Var Inference::sample_prior(const Prior& prior, Tape& tape, Var y, Index count, Stream& noise,
                            Index particles) const {
  return prior.sample(prior.given(tape, y, *this), tape, count, noise, particles);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
