// Gzip files, unpacked piece by piece while they are read and hashed (zlib, by Boost), or at once (libdeflate).
#pragma once
#include <boost/iostreams/filter/gzip.hpp>
#include <cstdint>

#include <span>

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
  // The whole file, from its first byte whatever was read, where `to` is as large as it announces;
  // then nothing is left to read. False, and nothing has changed: `read` says what is wrong with it.
  bool read_at_once(std::span<char> to);
  // ISIZE: the last four bytes are the unpacked size, little-endian, modulo 2^32.
  std::uint32_t announced() const;
  // Everything. Error: more than can be held, or than its size can hold.
  std::string read_all();

 private:
  HashedFile& source_;
  boost::iostreams::gzip_decompressor unpack_{boost::iostreams::gzip::default_window_bits, 1 << 16};
};

// Deflate (RFC 1951) and gzip (RFC 1952) in one go, in a third of zlib's time: for what lies in
// memory and whose unpacked size is known.
enum class Deflated { raw, gzip };
// Fills `to`. False, `to` undefined: `packed` is damaged, is more than one gzip member, or gives
// another number of bytes; which of these it is, reading by zlib says.
bool unpack_at_once(Deflated kind, std::span<const char> packed, std::span<char> to);

// Asks for pages of 2 MB for memory that nobody has touched yet, as after a vector's reserve(): to
// fill 50 MB of small ones takes 12,000 faults, which cost more than the bytes.
void advise_large_pages(void* memory, std::size_t bytes);

}  // namespace vaegrad::inline VAEGRAD_ABI
