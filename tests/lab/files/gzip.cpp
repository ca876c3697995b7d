// Unpacked at once: what another library packed, and nothing that is not exactly that.
#include <doctest/doctest.h>

#include <vaegrad/lab/files/gzip.hpp>
#include <vaegrad/lab/files/packed.hpp>

using namespace vaegrad;

TEST_CASE("unpacked at once: the whole of it, or no") {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 20000; ++i) bytes.push_back(std::uint8_t(i * i % 7));
  const std::string plain(bytes.begin(), bytes.end()), gzip = packed(Packing::gzip, bytes);
  const auto comes_out = [&](Deflated kind, const std::string& from, std::size_t size) {
    std::string to(size, '\0');
    return unpack_at_once(kind, from, to) && to == plain;
  };
  CHECK(comes_out(Deflated::gzip, gzip, plain.size()));
  // zlib's form is two bytes, the same bits, four bytes of checksum
  const std::string zlib = packed(Packing::zlib, bytes);
  CHECK(comes_out(Deflated::raw, zlib.substr(2, zlib.size() - 6), plain.size()));

  CHECK(!comes_out(Deflated::raw, gzip, plain.size()));
  CHECK(!comes_out(Deflated::gzip, gzip, plain.size() - 1));
  CHECK(!comes_out(Deflated::gzip, gzip, plain.size() + 1));
  CHECK(!comes_out(Deflated::gzip, gzip + "more", plain.size()));
  CHECK(!comes_out(Deflated::gzip, gzip + gzip, plain.size()));
  CHECK(!comes_out(Deflated::gzip, gzip.substr(0, gzip.size() - 1), plain.size()));
  CHECK(!comes_out(Deflated::gzip, "", plain.size()));
  std::string flipped = gzip;
  flipped[gzip.size() - 6] ^= 1;  // of its checksum
  CHECK(!comes_out(Deflated::gzip, flipped, plain.size()));
}
