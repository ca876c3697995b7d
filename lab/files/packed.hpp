// What general compressors make of bytes, at their best level: what a model is compared with.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

enum class Packing { zlib, gzip, bzip2, xz };

// The bytes, compressed so.
std::string packed(Packing how, std::span<const std::uint8_t> bytes);

// Pixels 0 or 1, eight in a byte, the first in its highest bit; each row of `width` begins a byte.
// Error: no whole rows.
std::vector<std::uint8_t> packed_bits(std::span<const std::uint8_t> pixels, std::size_t width);

// A PNG file of such an image: one bit per pixel and no filter, as the format advises for these.
std::string binary_png(std::span<const std::uint8_t> pixels, std::size_t width);

// Ways to keep binary images of `dimensions` pixels in rows of `width`: bytes of them all.
struct ImagePacking {
  const char* name;
  std::size_t (*bytes)(std::span<const std::uint8_t> pixels, std::size_t dimensions,
                       std::size_t width);
};
// PNG: a file for each. The others: one string, each image from a new byte on.
std::span<const ImagePacking> binary_image_packings();

}  // namespace vaegrad::inline VAEGRAD_ABI
