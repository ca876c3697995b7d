// An op of tangents through layers with a kink.
#pragma once
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// clang-format off
// b where a > 0, else 0: what a kink at 0 does to a derivative b
VAEGRAD_BINARY(where_positive, -2, 2, -2, 2, select(a > 0, b, 0), 0, select(a > 0, 1, 0))
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
