#pragma once
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Density exp(−|x − μ| / s) / 2s: real data with outliers, which cost it |x − μ|, not (x − μ)².
struct Laplace {
  Var location, log_scale;  // (B, D); log_scale also (1, 1) or (1, D)

  Var log_prob(Data x) const;  // Σ_j −|x−μ| / s − log s − log 2;  (B, 1)
  Var mean() const { return location; }
  Var sample(Stream& noise) const;  // x (B, D), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
