#pragma once
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Whole numbers 0..C−1 with probabilities softmax(logits)
struct Categorical {
  Var logits;        // (B D, C): row b D + j is dimension j of example b
  Index dimensions;  // D

  Var log_prob(Data x) const;  // Σ_j l_j,x_j − log Σ_c exp l_jc;  (B, 1)
  Var mean() const;
  Var sample(Stream& noise) const;  // x (B, D), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
