#include <boost/crc.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/packed.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace io = boost::iostreams;

template <class Filter>
std::string through(const Filter& filter, std::span<const std::uint8_t> bytes) {
  std::string to;
  {
    io::filtering_ostream out;
    out.push(filter);
    out.push(io::back_inserter(to));
    out.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  }
  return to;
}

std::string big_endian(std::uint32_t x) {
  return {char(x >> 24), char(x >> 16), char(x >> 8), char(x)};
}
std::string chunk(const std::string& type_and_data) {
  boost::crc_32_type crc;
  crc.process_bytes(type_and_data.data(), type_and_data.size());
  return big_endian(std::uint32_t(type_and_data.size() - 4)) + type_and_data +
         big_endian(crc.checksum());
}

}  // namespace

std::string packed(Packing how, std::span<const std::uint8_t> bytes) {
  switch (how) {
    case Packing::zlib:
      return through(io::zlib_compressor(io::zlib_params(io::zlib::best_compression)), bytes);
    case Packing::gzip:
      return through(io::gzip_compressor(io::gzip_params(io::gzip::best_compression)), bytes);
    case Packing::bzip2:
      return through(io::bzip2_compressor(), bytes);
    case Packing::xz:
      // Level 6 differs from 9 by the dictionary alone, which takes 674 MB there; 8 MiB are enough
      // for all files up to that size.
      return through(io::lzma_compressor(io::lzma_params(bytes.size() <= 8 << 20 ? 6 : 9)), bytes);
  }
  fail("packed: no such packing");
}

std::vector<std::uint8_t> packed_bits(std::span<const std::uint8_t> pixels, std::size_t width) {
  check(width > 0 && pixels.size() % width == 0, "packed_bits: ", pixels.size(),
        " pixels are no rows of ", width);
  std::vector<std::uint8_t> to;
  for (std::size_t row = 0; row < pixels.size(); row += width)
    for (std::size_t j = 0; j < width; ++j) {
      if (j % 8 == 0) to.push_back(0);
      to.back() = std::uint8_t(to.back() | (pixels[row + j] != 0) << (7 - j % 8));
    }
  return to;
}

// Portable Network Graphics specification, sections 5 and 11.2
std::string binary_png(std::span<const std::uint8_t> pixels, std::size_t width) {
  const std::vector<std::uint8_t> bits = packed_bits(pixels, width);
  const std::size_t height = pixels.size() / width, row = (width + 7) / 8;
  std::vector<std::uint8_t> lines;
  for (std::size_t i = 0; i < height; ++i) {
    lines.push_back(0);  // filter: none
    lines.insert(lines.end(), bits.begin() + std::ptrdiff_t(i * row),
                 bits.begin() + std::ptrdiff_t((i + 1) * row));
  }
  using namespace std::string_literals;
  return "\x89PNG\r\n\x1a\n"s +
         chunk("IHDR" + big_endian(std::uint32_t(width)) + big_endian(std::uint32_t(height)) +
               "\x01\0\0\0\0"s) +
         chunk("IDAT" + packed(Packing::zlib, lines)) + chunk("IEND");
}

namespace {

using Pixels = std::span<const std::uint8_t>;
using Size = std::size_t;
Size png_files(Pixels pixels, Size dimensions, Size width) {
  Size bytes = 0;
  for (Size i = 0; i < pixels.size(); i += dimensions)
    bytes += binary_png(pixels.subspan(i, dimensions), width).size();
  return bytes;
}
template <Packing how>
Size as_string(Pixels pixels, Size dimensions, Size) {
  return packed(how, packed_bits(pixels, dimensions)).size();
}
constexpr ImagePacking table[] = {{"PNG", png_files},
                                  {"gzip", as_string<Packing::gzip>},
                                  {"bzip2", as_string<Packing::bzip2>},
                                  {"xz", as_string<Packing::xz>}};

}  // namespace

std::span<const ImagePacking> binary_image_packings() { return table; }

}  // namespace vaegrad::inline VAEGRAD_ABI
