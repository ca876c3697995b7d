// The ELBO − (W − 1) TC(q(z)): the total correlation, which the ELBO has once, W times, estimated
// from the batch with the exact stratified weights.
// Chen et al., Isolating sources of disentanglement, arXiv 1802.04942, eq. 4 and appendix C.2
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>
#include <vaegrad/models/objectives/stratified_tc.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting tc_weight{"tc-weight", "W", "on TC; 1: ELBO [6]", 6, 0, 1e6};

Bound tc_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  Bound b{log_likelihood - s.beta * all, log_likelihood, all};
  if (draw.q.mean.shape().rows < 2) return b;  // an example alone has no others
  const Var tc = stratified_tc(draw.z, draw.q.mean, draw.q.log_variance, s.examples);
  b.objective = b.objective - (s[tc_weight] - 1) * particle_mean(tc, draw.particles);
  return b;
}

}  // namespace

const Objective tc_objective{.name = "tc",
                             .what = "the ELBO, W times its total correlation (Chen 2018)",
                             .bound = tc_bound,
                             .wanted = {.kl = true, .diagonal = true},
                             .beta = false,
                             .scheduled = true,
                             .settings = {&tc_weight},
                             .whole = compares_codes};

}  // namespace vaegrad::inline VAEGRAD_ABI
