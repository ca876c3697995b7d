// log p(x|z) at the one code that x has: an autoencoder's, or a baseline's.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound reconstruction_bound(Var log_px, const Draw&, const ObjectiveSettings&) {
  return {log_px, log_px, 0 * log_px};
}

}  // namespace

const Objective reconstruction_objective{
    "reconstruction", "log p(x|z) alone", reconstruction_bound, {}, false, false};

}  // namespace vaegrad::inline VAEGRAD_ABI
