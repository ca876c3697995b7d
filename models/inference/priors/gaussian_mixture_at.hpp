// A mixture of K diagonal Gaussians on a tape, the same for every example: what the priors that are
// one share. No fit: models/fits/ has that.
#pragma once
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct GaussianMixtureAt {
  Var mean, log_variance;  // (K, Z)
  Var logits;              // (1, K): of component k log π_k + any constant

  // log Σ_k exp(log π_k + log N(z; m_k, s_k²)), (B, 1), nats;  z (B, Z)
  Var log_prob(Var z) const;
  Var sample(Index count, Stream& noise) const;  // (count, Z), a constant
};

}  // namespace vaegrad::inline VAEGRAD_ABI
