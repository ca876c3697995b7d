// Archives: files of images, compressed with a trained model (models/coding/bits_back.hpp).
//
//   89 56 41 45 5a 0d 0a 1a   magic: 0x89 VAEZ, and line ends that a text transfer would change
//   u32 version               1
//   u64 model                 its fingerprint
//   u64 checksum              of the file that was compressed
//   u64 images
//   u32 header bytes          what stands before the images in that file, and
//   ..                        those bytes
//   u32 length ..             of each stream; its highest bit: the images are stored as they are
//   ..                        the streams: the coder's state (u64), its words (u32 each)
//   ..                        zeros, in one that would be smaller than a 512th of its images
//   u64 checksum              of everything before
//
// Numbers are little-endian, checksums the CRC-64 of ECMA-182. Images are cut into streams of at
// most 1250, of even size, by their number alone: threads do not change an archive. Since none
// holds more than 512 times its size, a small file cannot make a reader take much memory or time;
// images like those a model was trained on come to some 50 times.
#pragma once
#include <vaegrad/lab/data/formats/image_file.hpp>
#include <vaegrad/models/coding/bits_back.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One in memory, and how it came out.
struct Archive {
  std::string bytes;
  std::size_t streams = 0, stored = 0;  // how many there are, and how many did not compress
  std::size_t start_up_bits = 0;        // borrowed by the others
};
// Of images that fit the model. The same bytes for any number of threads.
Archive compress(const BitsBack& coder, const ImageFile& file);

// Errors: not an archive, another version, damage, another model.
ImageFile decompress(const BitsBack& coder, std::string_view archive);

}  // namespace vaegrad::inline VAEGRAD_ABI
