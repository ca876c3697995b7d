// 1/M Σ_m log 1/K Σ_k w_mk: the mean of M importance weighted bounds of K draws each. The signal
// to noise of the encoder's gradient goes as √(M / K).
// Rainforth et al., Tighter variational bounds are not necessarily better, arXiv 1802.04537, eq. 11
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound miwae_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  return {mean_of_groups(log_weights(log_px, draw, s.beta), s.groups),
          particle_mean(log_px, draw.particles), kl(draw)};
}

}  // namespace

const Objective miwae_objective{.name = "miwae",
                                .what = "mean of M iwae bounds (Rainforth 2018)",
                                .bound = miwae_bound,
                                .wanted = {.kl = true, .log_ratio = true},
                                .beta = false,
                                .scheduled = true,
                                .groups = true,
                                .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
