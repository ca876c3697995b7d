// p(z|y) at the conditions y of a batch.
#pragma once
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Prior;

struct PriorAt {
  const Prior* prior = nullptr;
  bool standard_normal = false, uniform_sphere = false;
  Var mean = {}, log_variance = {};  // (B, Z), or (1, Z): where it is a diagonal Gaussian; or empty
  Var more = {};                     // what else a prior keeps for itself
};

}  // namespace vaegrad::inline VAEGRAD_ABI
