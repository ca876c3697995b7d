// The mean over K particles of log w: the ELBO with the KL by sampling.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound elbo_mc_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  return {(1.0 / double(draw.particles)) * row_sums(log_w), particle_mean(log_px, draw.particles),
          kl(draw)};
}

}  // namespace

const Objective elbo_mc_objective{"elbo-mc",     "the ELBO, KL by sampling",
                                  elbo_mc_bound, {.kl = true, .log_ratio = true},
                                  false,         true};

}  // namespace vaegrad::inline VAEGRAD_ABI
