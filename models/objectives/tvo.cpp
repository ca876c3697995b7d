// The thermodynamic variational objective: log p(x) = ∫₀¹ E_πβ[log w] dβ with π_β ∝ q^(1−β) p^β, by
// its lower Riemann sum Σ_p (β_(p+1) − β_p) E_πβp[log w] over P parts, each expectation by the K
// draws of q with the weights w^β, normalised. β_0 = 0, and β_1 = 0.1 .. β_P = 1 in equal ratios;
// one part is the ELBO.
// Masrani, Le and Wood, The thermodynamic variational objective, arXiv 1907.00031, eq. 7
//
// The gradient is that of this value, through the weights and along the paths of the draws; the
// paper's covariance (eq. 11) is for latents that have no path.
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting partitions{.name = "partitions",
                                      .value = "P",
                                      .what = "of tvo [5]",
                                      .initial = 5,
                                      .least = 1,
                                      .most = 1000,
                                      .whole = true};

// β_p,  p = 0 .. P
double inverse_temperature(Index p, Index parts) {
  if (p == 0 || p == parts) return p == 0 ? 0 : 1;
  return std::pow(0.1, double(parts - p) / double(parts - 1));
}

Bound tvo_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  const Index P = Index(s[partitions]);
  // β_0 = 0: all draws weigh the same
  Var sum = (inverse_temperature(1, P) / double(draw.particles)) * row_sums(log_w);
  for (Index p = 1; p < P; ++p) {
    const double at = inverse_temperature(p, P), width = inverse_temperature(p + 1, P) - at;
    const Var weight = softmax(Var(at * log_w));
    sum = sum + width * row_sums(weight * log_w);
  }
  return {sum, particle_mean(log_px, draw.particles), kl(draw)};
}

}  // namespace

const Objective tvo_objective{.name = "tvo",
                              .what = "thermodynamic, in P parts (Masrani 2019)",
                              .bound = tvo_bound,
                              .wanted = {.kl = true, .log_ratio = true},
                              .beta = false,
                              .scheduled = true,
                              .settings = {&partitions},
                              .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
