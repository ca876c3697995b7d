// The class of an example, counted from 0.
#pragma once
#include <cstddef>
#include <cstdint>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

using Label = std::uint16_t;
// A label is below it.
inline constexpr std::size_t most_classes = 65536;

}  // namespace vaegrad::inline VAEGRAD_ABI
