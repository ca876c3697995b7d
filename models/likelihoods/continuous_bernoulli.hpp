#pragma once
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Density ∝ exp(l x) on [0, 1] with l = logits; mean ½ + ½ (coth l/2 − 2/l)
// (Loaiza-Ganem and Cunningham, arXiv 1907.06845: the correction of a Bernoulli on grey values).
struct ContinuousBernoulli {
  Var logits;  // (B, D)

  Var log_prob(Data x) const;  // Σ_j (x−½) l − log(sinh(l/2) / (l/2));  (B, 1)
  Var mean() const { return 0.5 + 0.5 * langevin(0.5 * logits); }
  Var sample(Stream& noise) const;  // x (B, D), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
