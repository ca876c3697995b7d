#pragma once
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Whole numbers 0..255: the probability that a logistic variable falls in their bin. On the scale
// where 0 is −1 and 255 is 1, bins are 2/255 wide and the outermost two have no end
// (Salimans et al., arXiv 1701.05517, section 2.1, one component).
struct DiscretisedLogistic {
  Var location, log_scale;  // on the scale −1..1; (B, D); log_scale also (1, 1) or (1, D)

  // Σ_j log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)) with a, b the bin's ends,
  // standardised;  (B, 1)
  Var log_prob(Data x) const;
  Var mean() const;                 // 0..255, exact; a constant, no gradient
  Var sample(Stream& noise) const;  // x (B, D), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
