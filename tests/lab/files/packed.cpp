// Packed bytes against what unpacks them; a PNG against its specification, byte by byte.
#include <doctest/doctest.h>

#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/packed.hpp>

using namespace vaegrad;
namespace io = boost::iostreams;

namespace {

template <class Filter>
std::vector<std::uint8_t> unpacked(const Filter& filter, const std::string& from) {
  std::string to;
  io::filtering_ostream out;
  out.push(filter);
  out.push(io::back_inserter(to));
  out.write(from.data(), std::streamsize(from.size()));
  out.reset();
  return {to.begin(), to.end()};
}

}  // namespace

TEST_CASE("what is packed comes back, and is shorter") {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 20000; ++i) bytes.push_back(std::uint8_t(i * i % 7));
  const auto all = {Packing::zlib, Packing::gzip, Packing::bzip2, Packing::xz};
  for (Packing how : all) CHECK(packed(how, bytes).size() < 2000);
  CHECK(unpacked(io::zlib_decompressor(), packed(Packing::zlib, bytes)) == bytes);
  CHECK(unpacked(io::gzip_decompressor(), packed(Packing::gzip, bytes)) == bytes);
  CHECK(unpacked(io::bzip2_decompressor(), packed(Packing::bzip2, bytes)) == bytes);
  CHECK(unpacked(io::lzma_decompressor(), packed(Packing::xz, bytes)) == bytes);
}

TEST_CASE("eight pixels in a byte, the first one on top, rows apart") {
  const std::vector<std::uint8_t> pixels{1, 0, 0, 0, 0, 0, 0, 1, 1, 0,   //
                                         0, 1, 0, 0, 0, 0, 0, 0, 0, 1};  // two rows of ten
  CHECK(packed_bits(pixels, 10) == std::vector<std::uint8_t>{0x81, 0x80, 0x40, 0x40});
  CHECK_THROWS_WITH_AS(packed_bits(pixels, 7), "packed_bits: 20 pixels are no rows of 7", Error);
}

TEST_CASE("a PNG has its signature, size, depth, lines and checksums") {
  const std::vector<std::uint8_t> pixels{1, 0, 1, 0, 1, 0};  // 2 x 3
  const std::string png = binary_png(pixels, 3);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(png.substr(8, 8) == std::string("\0\0\0\rIHDR", 8));
  CHECK(png.substr(16, 13) == std::string("\0\0\0\3\0\0\0\2\1\0\0\0\0", 13));
  const std::string data = png.substr(41, png.size() - 57);
  CHECK(png.substr(37, 4) == "IDAT");
  CHECK(unpacked(io::zlib_decompressor(), data) == std::vector<std::uint8_t>{0, 0xa0, 0, 0x40});
  CHECK(png.substr(png.size() - 12) == std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12));
}

TEST_CASE("packings of images: each PNG is a file of its own, a string has no borders") {
  const std::vector<std::uint8_t> pixels(100 * 12, 1);
  for (const ImagePacking& how : binary_image_packings()) {
    const std::size_t one = how.bytes(std::span(pixels).first(12), 12, 4),
                      all = how.bytes(pixels, 12, 4);
    INFO(how.name, ": ", one, " bytes, and ", all);
    CHECK(one > 0);
    CHECK((how.name == std::string("PNG") ? all == 100 * one : all < 3 * one));
  }
}
