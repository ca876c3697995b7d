#pragma once
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Whole numbers 0..255: x ~ Binomial(255, p), p ~ Beta(alpha, beta)
struct BetaBinomial {
  Var alpha, beta;  // (B, D), > 0

  // Σ_j log ⟨α, x⟩ + log ⟨β, 255−x⟩ − log ⟨α+β, 255⟩;  (B, 1), ⟨a, x⟩ = Γ(a+x) / (Γ(a) x!)
  Var log_prob(Data x) const;
  Var mean() const { return 255 * alpha / (alpha + beta); }
  Var sample(Stream& noise) const;  // x (B, D), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
