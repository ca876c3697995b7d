#pragma once
#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log 2π
inline constexpr double log_2pi = 1.8378770664093454836;

}  // namespace vaegrad::inline VAEGRAD_ABI
