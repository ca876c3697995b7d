// Gzip files, unpacked while they are read and hashed.
#pragma once
#include <boost/iostreams/filter/gzip.hpp>
#include <cstdint>

#include <vaegrad/lab/files/hashed_file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// By its first two bytes. Error: it begins so, but is shorter than any gzip file.
bool is_gzip(const InputFile& file);

// One that is read from its first byte to its last.
class GzipReader {
 public:
  static constexpr std::size_t best = 1032;  // bytes that deflate can make of one

  explicit GzipReader(HashedFile& source) : source_(source) {}
  // Fewer than wanted only at the end, where the checksum is looked at. Error: damage.
  std::size_t read(void* to, std::size_t bytes);
  // ISIZE: the last four bytes are the unpacked size, little-endian, modulo 2^32.
  std::uint32_t announced() const;
  // Everything. Error: more than can be held, or than its size can hold.
  std::string read_all();

 private:
  HashedFile& source_;
  boost::iostreams::gzip_decompressor unpack_{boost::iostreams::gzip::default_window_bits, 1 << 16};
};

}  // namespace vaegrad::inline VAEGRAD_ABI
