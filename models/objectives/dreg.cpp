// The importance weighted bound with the doubly reparameterised gradient: with w̃ = softmax(log w),
// the encoder's is Σ_k w̃_k² ∂ log w_k/∂z_k ∂z_k/∂φ (log q as a function of z alone), the decoder's
// and prior's Σ_k w̃_k ∂ log w_k/∂θ.          Tucker et al., arXiv 1810.04152, eq. 8
//
// With a factor β on log p(z) − log q(z|x) the score of q, which is what the second w̃ comes from, has
// that factor too: the encoder's is Σ_k w̃_k (1 − β + β w̃_k) ∂ log w_k/∂z_k ∂z_k/∂φ.
#include <algorithm>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound dreg_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta), w = softmax(stop_gradient(log_w));
  const Real beta = Real(s.beta);
  std::transform(w.val().begin(), w.val().end(), draw.factor.val().begin(),
                 [beta](Real each) { return 1 - beta + beta * each; });
  // The value is the bound's; the slope that of Σ_k w̃_k log w_k with w̃ held fixed.
  const Var objective = straight_through(log_mean_exp(log_w), row_sums(w * log_w));
  return {objective, particle_mean(log_px, draw.particles), kl(draw)};
}

}  // namespace

const Objective dreg_objective{
    .name = "dreg",
    .what = "iwae, doubly reparameterised (Tucker 2019)",
    .bound = dreg_bound,
    .wanted = {.kl = true, .log_ratio = true, .held = true, .factor = true},
    .beta = false,
    .scheduled = true,
    .weighs = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
