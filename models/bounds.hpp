// Bounds on log p(x), and the objectives made of them: functions of (model, x, noise), one row per
// example, in nats. A new objective is a function and a row of the table below; it never touches a
// model.
#pragma once
#include <vaegrad/models/vae.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What an objective needs to know, at this step.
struct ObjectiveSettings {
  Index particles = 1;  // K samples of z per example
  double beta = 1;      // the factor on the KL, after its schedule
  double gamma = 1, capacity = 0;
  double free_bits = 0;  // nats per latent
};

struct Bound {
  Var objective;           // (B, 1), to be maximised
  Var log_likelihood, kl;  // (B, 1), of the ELBO at beta = 1, whatever is maximised
};

// (B K, 1) -> (B, 1): the mean over the K particles of each example
inline Var particle_mean(Var v, Index particles) {
  if (particles == 1) return v;
  return (1.0 / double(particles)) * row_sums(reshape(v, v.shape().rows / particles, particles));
}

// Σ_j max(λ, mean over the batch of KL_j): latents are free to use λ nats each.
// Kingma et al., Improved variational inference with inverse autoregressive flow, arXiv 1606.04934,
// eq. 15
inline Var free_bits_kl(Var kl_per_latent, double free_bits) {
  const double rows = double(kl_per_latent.shape().rows);
  return row_sums(max((1.0 / rows) * column_sums(kl_per_latent), free_bits));
}

// Gaussians given per example, densities of K samples of each:  z (B K, D) -> (B K, 1)
inline Var log_prob(const DiagonalGaussian& q, Var z, Index particles) {
  constexpr double log_2pi = 1.8378770664093454836;
  const auto mean = repeat_rows(q.mean, particles),
             log_variance = repeat_rows(q.log_variance, particles);
  return row_sums(-0.5 * (square(z - mean) * exp(-log_variance) + log_variance + log_2pi));
}
// KL of each latent between two Gaussians:  ½ (log σ_p² − log σ_q² + (σ_q² + (μ_q − μ_p)²) / σ_p² − 1)
inline Var kl_per_latent(const DiagonalGaussian& q, const DiagonalGaussian& p) {
  return 0.5 * (expm1(q.log_variance - p.log_variance) + p.log_variance - q.log_variance +
                square(q.mean - p.mean) * exp(-p.log_variance));
}
inline Var log_prob(const StandardNormal& p, Var z, Index) { return p.log_prob(z); }

// E_q[log p(x|z)] − β KL(q(z|x) ‖ p(z)), the KL in closed form.
// β = 1: Kingma and Welling, arXiv 1312.6114, eq. 10. β ≠ 1: Higgins et al., ICLR 2017, eq. 4
template <class V, Operand X>
Bound analytic_bound(const V& vae, const X& x, Stream& noise, const ObjectiveSettings& s) {
  const auto q = vae.encode(x);
  const Var z = q.sample(noise, s.particles);
  const Var log_px =
      particle_mean(vae.decode(z).log_prob(repeat_rows(x, s.particles)), s.particles);
  const Var per_latent = kl_per_latent(q, vae.prior), kl = row_sums(per_latent);
  if (s.free_bits > 0) return {log_px - s.beta * free_bits_kl(per_latent, s.free_bits), log_px, kl};
  return {log_px - s.beta * kl, log_px, kl};
}

// E_q[log p(x|z)] − γ |KL − C|.          Burgess et al., arXiv 1804.03599, eq. 3
template <class V, Operand X>
Bound capacity_bound(const V& vae, const X& x, Stream& noise, const ObjectiveSettings& s) {
  Bound b = analytic_bound(vae, x, noise, s);
  b.objective = b.log_likelihood - s.gamma * abs(b.kl - s.capacity);
  return b;
}

// log w = log p(x|z) + β (log p(z) − log q(z|x)),  (B, K)
template <class V, class Q>
Var log_weights(const V& vae, const Q& q, Var z, Var log_px, const ObjectiveSettings& s) {
  const Var log_ratio = log_prob(vae.prior, z, s.particles) - log_prob(q, z, s.particles);
  return reshape(log_px + s.beta * log_ratio, z.shape().rows / s.particles, s.particles);
}

// The mean over K particles of log w: the ELBO with the KL by sampling.
template <class V, Operand X>
Bound monte_carlo_bound(const V& vae, const X& x, Stream& noise, const ObjectiveSettings& s) {
  const auto q = vae.encode(x);
  const Var z = q.sample(noise, s.particles);
  const Var log_px = vae.decode(z).log_prob(repeat_rows(x, s.particles));
  const Var log_w = log_weights(vae, q, z, log_px, s);
  return {(1.0 / double(s.particles)) * row_sums(log_w), particle_mean(log_px, s.particles),
          kl(q, vae.prior)};
}

// log 1/K Σ_k w_k.          Burda, Grosse and Salakhutdinov, arXiv 1509.00519, eq. 8
template <class V, Operand X>
Bound importance_weighted_bound(const V& vae, const X& x, Stream& noise,
                                const ObjectiveSettings& s) {
  const auto q = vae.encode(x);
  const Var z = q.sample(noise, s.particles);
  const Var log_px = vae.decode(z).log_prob(repeat_rows(x, s.particles));
  return {log_mean_exp(log_weights(vae, q, z, log_px, s)), particle_mean(log_px, s.particles),
          kl(q, vae.prior)};
}

// y = x; row i of the adjoint is multiplied by w_i, whose value may be filled in until backward().
struct ScaleAdjoint {
  static constexpr auto name = "scale_adjoint";
  static Shape shape(Shape x, Shape w) {
    check(w == Shape{x.rows, 1}, "scale_adjoint: x is ", x, ", w is ", w, hint,
          "w has one factor per row of x");
    return x;
  }
  static Real* alias(Node x, Node) { return x.val.data; }
  static void pull(Wrt<0>, Node y, Node x, Node w) {
    for (Index i = 0; i < y.val.rows; ++i)
      for (Index j = 0; j < y.val.cols; ++j) x.adj(i, j) += w.val(i, 0) * y.adj(i, j);
  }
  static void pull(Wrt<1>, Node, Node, Node) {}
};
VAEGRAD_CHECKED(ScaleAdjoint, scale_adjoint, VAEGRAD_INPUTS({{3, 4}}), [](Var x) {
  return record(ScaleAdjoint{}, x, x.tape().constant({{1}, {1}, {1}}));
})

// The same bound with the doubly reparameterised gradient: with w̃ = softmax(log w), the encoder's
// is Σ_k w̃_k² ∂ log w_k/∂z_k ∂z_k/∂φ (log q as a function of z alone), the decoder's and prior's
// Σ_k w̃_k ∂ log w_k/∂θ.          Tucker et al., arXiv 1810.04152, eq. 8
template <class V, Operand X>
Bound doubly_reparameterised_bound(const V& vae, const X& x, Stream& noise,
                                   const ObjectiveSettings& s) {
  const DiagonalGaussian q = vae.encode(x);
  const DiagonalGaussian fixed_q{stop_gradient(q.mean), stop_gradient(q.log_variance)};
  const Var second = q.mean.tape().constant(Shape{q.mean.shape().rows * s.particles, 1});
  const Var z = record(ScaleAdjoint{}, q.sample(noise, s.particles), second);  // w̃, the second time
  const Var log_px = vae.decode(z).log_prob(repeat_rows(x, s.particles));
  const Var log_w = log_weights(vae, fixed_q, z, log_px, s), w = softmax(stop_gradient(log_w));
  std::copy(w.val().begin(), w.val().end(), second.val().begin());
  // The value is the bound's; the slope that of Σ_k w̃_k log w_k with w̃ held fixed.
  const Var objective = straight_through(log_mean_exp(log_w), row_sums(w * log_w));
  return {objective, particle_mean(log_px, s.particles), kl(q, vae.prior)};
}

// ---- the table: one row per objective ----

template <class V>
struct Objective {
  const char *name, *what;
  Bound (*bound)(const V&, const Var& x, Stream&, const ObjectiveSettings&);
  bool beta, capacity, particles, free_bits;  // which settings it heeds
};
// clang-format off
template <class V>
inline constexpr Objective<V> objectives[] = {
    //  name        what                                        function                               beta   capac. partic. free bits
    {"elbo",     "the ELBO, KL in closed form",              analytic_bound<V, Var>,                false, false, true,  true},
    {"elbo-mc",  "the ELBO, KL by sampling",                 monte_carlo_bound<V, Var>,             false, false, true,  false},
    {"beta",     "beta times the KL (Higgins 2017)",         analytic_bound<V, Var>,                true,  false, true,  true},
    {"capacity", "gamma |KL - C| (Burgess 2018)",            capacity_bound<V, Var>,                false, true,  true,  false},
    {"iwae",     "importance weighted bound (Burda 2016)",   importance_weighted_bound<V, Var>,     false, false, true,  false},
    {"dreg",     "iwae, doubly reparameterised (Tucker 2019)", doubly_reparameterised_bound<V, Var>, false, false, true,  false},
};
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
