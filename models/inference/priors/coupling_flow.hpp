// Real NVP: z = f(ε) by N affine couplings, as cheap one way as the other, with a triangular
// Jacobian each. Dinh, Sohl-Dickstein and Bengio, arXiv 1605.08803, eqs. 6 to 8
#pragma once
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The dimensions in two halves; each coupling moves one of them by what the other says, in turns.
// It starts as the identity.
class CouplingFlow {
 public:
  // What an example's z came from.
  struct Inverse {
    Var base, log_det;  // ε (B, Z), log |det ∂ε/∂z| (B, 1)
  };

  // `width` numbers in the hidden layer of each coupling. UsageError: one dimension.
  CouplingFlow(Parameters& p, const std::string& name, Index dimensions, Index steps, Index width,
               Activation activation, Initial initial);
  Inverse inverse(Var z) const;    // z (B, Z)
  Var operator()(Var base) const;  // z of ε, (B, Z)

 private:
  struct Coupling {
    Linear hidden;
    Param weight, bias;  // of the last layer, zero at first
  };
  struct Affine {
    Var log_scale, shift;
  };
  Affine at(const Coupling& coupling, Var said) const;

  Index first_, second_;  // dimensions of the halves
  Activation activation_;
  std::vector<Coupling> couplings_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
