// Distributions: what a network's outputs mean. Plain structs of Vars, one row per example;
// log_prob is in nats, summed over the columns.
#pragma once
#include <numbers>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/log_2pi.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A matrix of ε ~ N(0, 1), as a constant on the tape.
inline Var standard_noise(Tape& tape, Shape shape, Stream& noise) {
  const Var e = tape.constant(shape);
  noise.normal(e.val());
  return e;
}

// N(mean, diag(exp(log_variance)))
struct DiagonalGaussian {
  Var mean, log_variance;  // (B, D)

  // z = μ + σ ⊙ ε,  ε ~ N(0, I);  with K particles (B K, D), row b K + k is the k-th z of example b
  Var sample(Stream& noise, Index particles = 1) const {
    const Shape s{mean.shape().rows * particles, mean.shape().cols};
    const Var e = standard_noise(mean.tape(), s, noise);
    return repeat_rows(mean, particles) + exp(0.5 * repeat_rows(log_variance, particles)) * e;
  }

  // Σ_j −½ ((x−μ)²/σ² + log σ² + log 2π);  (B, 1)
  template <Operand X>
  Var log_prob(const X& x) const {
    return row_sums(-0.5 * (square(x - mean) * exp(-log_variance) + log_variance + log_2pi));
  }
  // .. of K samples of each:  z (B K, D) -> (B K, 1)
  Var log_prob(Var z, Index particles) const;
  // The same, of which no gradient goes back to what it was made of.
  DiagonalGaussian held() const { return {stop_gradient(mean), stop_gradient(log_variance)}; }
};

// N(0, I): the usual prior of the latent
struct StandardNormal {
  // Σ_j −½ (x² + log 2π);  (B, 1)
  template <Operand X>
  Var log_prob(const X& x) const {
    return row_sums(-0.5 * (square(operand(x)) + log_2pi));
  }
  // A draw of that shape, a constant.
  Var sample(Tape& tape, Shape shape, Stream& noise) const {
    return standard_noise(tape, shape, noise);
  }
};

// KL(q ‖ N(0, I)) of each latent:  ½ (μ² + σ² − 1 − log σ²);  (B, D), an expression
inline auto kl_per_latent(const DiagonalGaussian& q, StandardNormal) {
  return 0.5 * (square(q.mean) + expm1(q.log_variance) - q.log_variance);
}

// .. between two Gaussians:  ½ (log σ_p² − log σ_q² + (σ_q² + (μ_q − μ_p)²) / σ_p² − 1);  (B, D)
Var kl_per_latent(const DiagonalGaussian& q, const DiagonalGaussian& p);

// KL(q ‖ p), summed over the latents;  (B, 1), nats, ≥ 0
template <class Q, class P>
Var kl(const Q& q, const P& p) {
  return row_sums(kl_per_latent(q, p));
}

// h, smoothly kept inside (−bound, bound): bound · tanh(h / bound), which is h near 0
template <Operand H>
auto bounded(const H& h, double bound) {
  return bound * tanh((1 / bound) * h);
}

// Independent x_j ∈ {0, 1} with P(x_j = 1) = sigmoid(logits_j)
struct Bernoulli {
  Var logits;  // (B, D)

  // Σ_j x_j l_j − log(1 + exp l_j);  (B, 1). For 0 < x < 1 this is the cross entropy, no
  // log-density.
  template <Operand X>
  Var log_prob(const X& x) const {
    return row_sums(x * logits - softplus(logits));
  }
  Var mean() const { return sigmoid(logits); }
  // x of 0 and 1, (B, D), a constant
  Var sample(Stream& noise) const {
    const Var x = logits.tape().constant(logits.shape());
    noise.uniform(x.val());
    const Matrix u = x.val(), l = logits.val();
    for (Index i = 0; i < u.size(); ++i) u.data[i] = u.data[i] * (1 + std::exp(-l.data[i])) < 1;
    return x;
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
