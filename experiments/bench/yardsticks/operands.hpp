// Numbers for a product to multiply: which ones matters to nobody.
#pragma once
#include <vaegrad/autodiff/arena.hpp>
#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline Real* random_operand(Arena& memory, Index n) {
  Real* to = memory.allocate<Real>(n);
  Stream(1, Purpose::test).normal({to, 1, n});
  for (Index i = 0; i < n; ++i) to[i] *= Real(0.1);
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
