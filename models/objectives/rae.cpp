// Regularised autoencoders: log p(x|z) − β/2 |z|² − λ R at z = μ(x), no noise and no KL; codes are drawn from a prior that is
// fitted to them after training. What keeps the decoder smooth, R, is
//   rae-l2   the mean square of its weights (the paper's sum of them over their number)
//   rae-gp   |J|² / D, J = d outputs / d z of its D outputs, by one direction v ~ N(0, I) for each example and step:
//            E |J v|² = |J|². The outputs are those before the likelihood's own function.
// Ghosh et al., From variational to deterministic autoencoders, arXiv 1903.12436, eq. 8 to 11
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting code_weight{
    "code-weight", "B", "on |z|^2 / 2 of rae-l2, rae-gp [0.0001]", 1e-4, 0, 1e6};

Bound rae_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  Bound b{log_px - 0.5 * s[code_weight] * row_sums(square(draw.z)), log_px, 0 * log_px};
  if (draw.decoder_weights)
    b.objective = b.objective - s[regulariser_weight] * draw.decoder_weights;
  if (draw.decoder_slope) b.objective = b.objective - s[regulariser_weight] * draw.decoder_slope;
  return b;
}

}  // namespace

const Objective rae_l2_objective{.name = "rae-l2",
                                 .what = "an autoencoder with small codes and weights (RAE)",
                                 .bound = rae_bound,
                                 .wanted = {.decoder_weights = true},
                                 .beta = false,
                                 .scheduled = false,
                                 .settings = {&code_weight, &regulariser_weight},
                                 .deterministic = true};
const Objective rae_gp_objective{.name = "rae-gp",
                                 .what = "an autoencoder with small codes and slopes (RAE)",
                                 .bound = rae_bound,
                                 .wanted = {.decoder_slope = true},
                                 .beta = false,
                                 .scheduled = false,
                                 .settings = {&code_weight, &regulariser_weight},
                                 .deterministic = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
