// q(z|x) at the examples of a batch, and the draw that was made of it.
#pragma once
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Posterior;

struct PosteriorAt {
  const Posterior* posterior = nullptr;
  // (B, Z), of a diagonal Gaussian: this one, or the one that a flow begins with
  Var mean = {}, log_variance = {};
  Var more = {};  // what else a family reads off the encoder's numbers
  Var base = {},
      log_det = {};  // of the draw: what z was made of, (B K, Z), and log |∂z/∂base|, (B K, 1)
};

}  // namespace vaegrad::inline VAEGRAD_ABI
