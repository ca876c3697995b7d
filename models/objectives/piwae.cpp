// Two objectives of the same M K draws: decoder and prior climb log 1/MK Σ_mk w_mk, which is the
// value; the encoder climbs 1/M Σ_m log 1/K Σ_k w_mk.
// Rainforth et al., arXiv 1802.04537, section 5.3
//
// By one sweep. With u_mk = w_mk / Σ_k w_mk and g_m = Σ_k w_mk / Σ_mk w_mk, decoder and prior weigh
// ∂ log w_mk by g_m u_mk, the encoder by u_mk / M: whatever goes back to the encoder, which is what
// comes through z and log q, is multiplied by 1 / (M g_m).
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// g_m is raised to this, so that its inverse is finite: less than Σ_m g_m = 1 is rounded by.
constexpr double least_share = 1e-16;

Bound piwae_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  const Index B = log_w.shape().rows, M = s.groups, K = draw.particles / M;
  const Var grouped = reshape(stop_gradient(log_w), B * M, K), u = softmax(grouped);
  const Var of_group = reshape(log_mean_exp(grouped), B, M);
  const Var g = reshape(max(softmax(of_group), least_share), B * M, 1);
  for (Index i = 0; i < B * M; ++i)
    for (Index k = 0; k < K; ++k)
      draw.factor.val()(i * K + k, 0) = Real(1 / (double(M) * double(g.val()(i, 0))));
  const Var objective =
      straight_through(log_mean_exp(log_w), row_sums(reshape(g * u, B, M * K) * log_w));
  return {objective, particle_mean(log_px, draw.particles), kl(draw)};
}

}  // namespace

const Objective piwae_objective{.name = "piwae",
                                .what = "miwae for the encoder, iwae for the rest",
                                .bound = piwae_bound,
                                .wanted = {.kl = true, .log_ratio = true, .factor = true},
                                .beta = false,
                                .scheduled = true,
                                .groups = true,
                                .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
