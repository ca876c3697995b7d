// log 1/K Σ_k w_k.          Burda, Grosse and Salakhutdinov, arXiv 1509.00519, eq. 8
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound iwae_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  return {log_mean_exp(log_weights(log_px, draw, s.beta)), particle_mean(log_px, draw.particles),
          kl(draw)};
}

}  // namespace

const Objective iwae_objective{.name = "iwae",
                               .what = "importance weighted bound (Burda 2016)",
                               .bound = iwae_bound,
                               .wanted = {.kl = true, .log_ratio = true},
                               .beta = false,
                               .scheduled = true,
                               .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
