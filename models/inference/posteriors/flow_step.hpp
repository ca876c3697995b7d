// What the steps of flows have in common: s = (z, log |∂z/∂ε|), (B K, Z + 1), becomes the same of
// one step more, by numbers p (B, N) of each example, of which a step reads some from `first` on.
#pragma once
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline Shape flow_step_shape(const char* name, Shape s, Shape p, Index first, Index count) {
  check(s.cols >= 2 && s.rows % p.rows == 0 && first >= 0 && first + count <= p.cols, name,
        ": z and its log-determinant are ", s, ", the numbers ", p, ", of which ", count, " from ",
        first, " on are read", hint, "s has a column more than z, and K rows for each row of p");
  return s;
}

// log(1 + eˣ), which does not overflow
inline Real softplus_of(Real x) {
  return std::max(x, Real(0)) + std::log1p(std::exp(-std::abs(x)));
}
// 1 / (1 + e⁻ˣ)
inline Real sigmoid_of(Real x) { return 1 / (1 + std::exp(-x)); }

}  // namespace vaegrad::inline VAEGRAD_ABI
