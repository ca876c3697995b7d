#pragma once
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// N(location, exp(log_scale)²)
struct Gaussian {
  Var location, log_scale;  // (B, D); log_scale also (1, 1) or (1, D)

  Var log_prob(Data x) const;  // Σ_j −½ ((x−μ)/s)² − log s − ½ log 2π;  (B, 1)
  Var mean() const { return location; }
  Var sample(Stream& noise) const;  // x (B, D)
};

}  // namespace vaegrad::inline VAEGRAD_ABI
