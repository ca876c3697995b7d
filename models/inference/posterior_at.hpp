// q(z|x) at the examples of a batch, and the draw that was made of it.
#pragma once
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Posterior;

struct PosteriorAt {
  const Posterior* posterior = nullptr;
  // (B, Z): the code of an example without noise, and of a diagonal Gaussian (of a flow: of the one
  // it begins with) log σ².
  Var mean = {}, log_variance = {};
  Var more = {};  // what else a family reads off the encoder's numbers
  Var base = {},
      log_det = {};  // of the draw: what z was made of, (B K, Z), and log |∂z/∂base|, (B K, 1)
};

}  // namespace vaegrad::inline VAEGRAD_ABI
