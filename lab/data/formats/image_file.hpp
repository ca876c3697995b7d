// A file of images, byte for byte: what is compressed, and what comes back.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct ImageFile {
  std::string header;  // what stands before the images
  std::vector<std::uint8_t> pixels;
};
// An IDX or NPY file of bytes, not packed. Errors: another format, gzip, damage, bytes too few or
// too many, images of another size.
ImageFile read_image_file(const std::filesystem::path& path, Index height, Index width);

}  // namespace vaegrad::inline VAEGRAD_ABI
