// ImageShape: how many numbers a row is as an image.
#pragma once
#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Row by row, the channels of a pixel one beside the other.
struct ImageShape {
  Index height, width, channels = 1;
  constexpr Index size() const { return height * width * channels; }
  constexpr bool operator==(const ImageShape&) const = default;
};
// 28 x 28, 32 x 32 x 3
inline void append(std::string& to, ImageShape s) {
  append(to, concat(s.height, " x ", s.width));
  if (s.channels != 1) append(to, concat(" x ", s.channels));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
