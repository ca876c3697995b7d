// A folder of PNG and JPEG files, of one size or brought to one, one image each, in the order of
// their names. Files that are neither (by their first bytes) are passed over.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (count, height, width, channels) of bytes, one channel when every file is grey, otherwise three:
// red, green, blue. PNG: 16 bits become 8, what is transparent is laid over black. sha256 is that
// of the names and bytes of all images.
// side > 0: the largest square in the middle of each image, scaled to side x side by a triangle
// filter (bilinear; as wide as two pixels of the result when shrinking, so without aliasing), which
// takes the bytes as they are, whatever their gamma.
// Errors: no images; files that are damaged, of another size than most (without side), or grey
// among colours or colour among grey ones: named with the reason, five at most.
Array read_image_folder(const std::filesystem::path& folder, std::size_t side = 0);

}  // namespace vaegrad::inline VAEGRAD_ABI
