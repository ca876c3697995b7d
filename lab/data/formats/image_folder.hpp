// A folder of PNG and JPEG files, of one size or brought to one, one image each, in the natural
// order of their names (img2 before img10). When it holds no images but folders that do, each of
// those is a class, in the natural order of their names too. What is not an image that is read is
// passed over and counted; the array's note says what was taken, in which order, and what was not.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (count, height, width, channels) of bytes, one channel when every file is grey, otherwise three:
// red, green, blue; labels and their names, when folders are classes. How a file says that it is to
// be shown is honoured (lab/data/formats/picture.hpp). sha256 is that of the names and bytes of all
// images.
// side > 0: the largest square in the middle of each image, scaled to side x side by a triangle
// filter (bilinear; as wide as two pixels of the result when shrinking, so without aliasing), which
// takes the bytes as they are, whatever their gamma.
// Errors: no images; files that are damaged, of another size than most (without side), or grey
// among colours or colour among grey ones: named with the reason, five at most.
Array read_image_folder(const std::filesystem::path& folder, std::size_t side = 0);

}  // namespace vaegrad::inline VAEGRAD_ABI
