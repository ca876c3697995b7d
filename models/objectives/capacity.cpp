// E_q[log p(x|z)] − γ |KL − C|.          Burgess et al., arXiv 1804.03599, eq. 8; image by image
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting gamma{"gamma", "G", "of capacity [1]", 1, 0, 1e6};
constexpr ObjectiveSetting capacity{"capacity", "C", "nats [0]", 0, 0, 1e6};

Bound capacity_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  return {log_likelihood - s[gamma] * abs(all - s[capacity]), log_likelihood, all};
}

}  // namespace

const Objective capacity_objective{
    "capacity",         "gamma |KL - C| (Burgess 2018)", capacity_bound, {.kl = true}, false, false,
    {&gamma, &capacity}};

}  // namespace vaegrad::inline VAEGRAD_ABI
