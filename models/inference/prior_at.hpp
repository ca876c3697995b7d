// p(z|y) at the conditions y of a batch.
#pragma once
#include <vaegrad/models/inference/priors/gaussian_mixture_at.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Prior;

struct PriorAt {
  const Prior* prior = nullptr;
  bool standard_normal = false, uniform_sphere = false;
  Var mean = {}, log_variance = {};  // (B, Z), or (1, Z): where it is a diagonal Gaussian; or empty
  GaussianMixtureAt mixture = {};    // where it is one; or empty
};

}  // namespace vaegrad::inline VAEGRAD_ABI
