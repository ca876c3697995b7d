// b · 1/MK Σ_mk log w_mk + (1 − b) · 1/M Σ_m log 1/K Σ_k w_mk: between the ELBO (b = 1) and the
// importance weighted bound (b = 0), both of the same draws.
// Rainforth et al., arXiv 1802.04537, eq. 12
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting elbo_share{"ciwae-beta", "B", "ELBO 1, iwae 0 [0.5]", 0.5, 0, 1};

Bound ciwae_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  const double b = s[elbo_share], each = b / double(draw.particles);
  return {each * row_sums(log_w) + (1 - b) * mean_of_groups(log_w, s.groups),
          particle_mean(log_px, draw.particles), kl(draw)};
}

}  // namespace

const Objective ciwae_objective{.name = "ciwae",
                                .what = "between ELBO and iwae (Rainforth 2018)",
                                .bound = ciwae_bound,
                                .wanted = {.kl = true, .log_ratio = true},
                                .beta = false,
                                .scheduled = true,
                                .settings = {&elbo_share},
                                .groups = true,
                                .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
