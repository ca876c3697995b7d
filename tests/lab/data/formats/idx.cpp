// IDX files: what was written is read, and every kind of damage is one line with a hint, at once.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <chrono>
#include <fstream>

#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../../support/sanitized.hpp"
#include "../../folder.hpp"

using namespace vaegrad;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t dims[] = {50, 7, 5};

Bytes noise(std::size_t count) {  // a linear congruential sequence, hard to compress
  Bytes bytes(count);
  std::uint32_t state = 1;
  for (auto& b : bytes) b = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

std::string header(std::initializer_list<std::uint32_t> sizes, char type = 8) {
  std::string h{'\0', '\0', type, static_cast<char>(sizes.size())};
  for (const auto n : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) h += static_cast<char>(n >> shift & 0xff);
  return h;
}

std::string gzip(std::string_view plain) {
  std::vector<char> packed;
  boost::iostreams::filtering_ostream out;
  boost::iostreams::zlib_params form;
  form.window_bits = 15 + 16;  // gzip
  out.push(boost::iostreams::zlib_compressor(form));
  out.push(boost::iostreams::back_inserter(packed));
  out << plain;
  out.reset();
  return {packed.begin(), packed.end()};
}

// The message, which must have come within a second and have a hint.
std::string message(const std::filesystem::path& path) {
  const auto start = std::chrono::steady_clock::now();
  std::string text = "(no error)";
  try {
    read_idx(path);
  } catch (const Error& e) {
    text = e.what();
    CHECK(text.find(path.native() + ": ") == 0);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("\n  hint: ") != std::string::npos);
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(sanitized ? 10 : 1));
  return text;
}

std::string message(const Folder& folder, const std::string& name, std::string_view bytes) {
  write_atomically(folder / name, bytes);
  return message(folder / name);
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what was written is read, plain and gzip, whatever the name") {
  const Folder folder;
  const Bytes bytes = noise(50 * 7 * 5);
  write_idx(folder / "plain", dims, bytes);
  write_idx(folder / "packed.gz", dims, bytes);
  std::filesystem::rename(folder / "packed.gz", folder / "packed");
  const std::string plain = read_file(folder / "plain", 10000),
                    packed = read_file(folder / "packed", 10000);
  CHECK(plain.substr(0, 16) == header({50, 7, 5}));
  CHECK(packed.substr(0, 2) == "\x1f\x8b");
  for (const char* name : {"plain", "packed"}) {
    const Idx idx = read_idx(folder / name);
    CHECK(idx.dims == std::vector<std::size_t>{50, 7, 5});
    CHECK(idx.bytes == bytes);
    CHECK(idx.sha256.size() == 64);
  }
  CHECK(read_idx(folder / "plain").sha256 != read_idx(folder / "packed").sha256);

  write_idx(folder / "none.gz", std::vector<std::size_t>{0, 28, 28}, {});
  CHECK(read_idx(folder / "none.gz").bytes.empty());
  CHECK_THROWS_WITH_AS(write_idx(folder / "x", dims, Bytes(3)), doctest::Contains("given 3"),
                       Error);
}

TEST_CASE("a file that is not an IDX file of bytes") {
  const Folder folder;
  contains(message(folder / "none"), "cannot open for reading: No such file");
  contains(message(folder, "a", ""), "empty file: 0 bytes");
  contains(message(folder, "a", "PK\3\4 zip"), "not an IDX file: first bytes are 50 4b 03 04\n");
  contains(message(folder, "a", "PK"), "not an IDX file: first bytes are 50 4b\n");
  contains(message(folder, "a", header({1, 1}, 7) + "x"), "first bytes are 00 00 07 02\n");
  contains(message(folder, "a", header({}) + "x"), "first bytes are 00 00 08 00\n");
  contains(message(folder, "a", header({1}, 0x0d) + "1234"), "IDX file of floats: type 13, only");
}

TEST_CASE("a plain file shorter or longer than its header says") {
  const Folder folder;
  const std::string body(12, 'x');
  contains(message(folder, "a", header({3, 2, 2}) + body.substr(1)),
           "truncated: the header claims 28 bytes, the file has 27\n");
  contains(message(folder, "a", header({3, 2, 2}) + body + 'x'),
           "trailing bytes: the header claims 28 bytes");
  contains(message(folder, "a", header({3, 2, 2}).substr(0, 9)),
           "truncated: 16 bytes of header announced, 9 there");
  contains(message(folder, "a", header({1u << 31, 28, 28}) + body),
           "claims 1683627180048 bytes, the file has 28\n");
  contains(message(folder, "a", header({~0u, ~0u, ~0u, ~0u}) + body),
           "its header lies: it claims more than 2^48");
}

TEST_CASE(
    "damaged gzip files: every bit flipped, every length cut, is an error or the same bytes") {
  const Folder folder;
  const Bytes bytes = noise(50 * 7 * 5);
  write_idx(folder / "good.gz", dims, bytes);
  const std::string good = read_file(folder / "good.gz", 10000);
  int errors = 0, same = 0;
  // Only the gzip header's time, flags and system (bytes 3 to 9) and the padding of a stored block
  // (byte 10) may change without harm.
  for (std::size_t bit = 0; bit < 8 * good.size();
       bit += bit < 400 || bit + 400 > 8 * good.size() ? 1 : 17) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    std::ofstream(folder / "bad.gz", std::ios::binary) << bad;
    Idx idx;
    try {
      idx = read_idx(folder / "bad.gz");
    } catch (const Error&) {
      ++errors;
      continue;
    }
    ++same;
    CHECK(idx.bytes == bytes);
    CHECK(bit / 8 >= 3);
    CHECK(bit / 8 <= 10);
  }
  for (std::size_t length = 0; length < good.size(); length += 1 + length / 20) {
    std::ofstream(folder / "bad.gz", std::ios::binary) << good.substr(0, length);
    CHECK_THROWS_AS(read_idx(folder / "bad.gz"), Error);
    ++errors;
  }
  MESSAGE(errors << " damages found, " << same << " harmless bits");
  CHECK(errors > 700);

  std::string flipped = good;
  flipped[good.size() / 2] ^= 4;
  contains(message(folder, "a", flipped), "damaged gzip file: ");
  std::string checksum = good;
  checksum[good.size() - 8] ^= 1;
  contains(message(folder, "a", checksum), "damaged gzip file: its checksum does not match");
  contains(message(folder, "a", good.substr(0, good.size() / 2)),
           "truncated or damaged: the header claims 1766 bytes");
  contains(message(folder, "a", good.substr(0, 15)), "truncated: a gzip file of 15 bytes");
  CHECK(message(folder, "a", good + "more").find("(no error)") == std::string::npos);
}

TEST_CASE("gzip files that lie about their size") {
  const Folder folder;
  contains(message(folder, "a", gzip(header({1u << 31, 28, 28}) + "x")),
           "its header lies: it claims 1683627180032 bytes, but");
  contains(message(folder, "a", gzip(header({100, 2, 2}) + "x")),
           "truncated or damaged: the header claims 416 bytes, the gzip trailer 17\n");
  // A bomb: 10 bytes announced, 100 MB there.
  const std::string bomb = gzip(header({10}) + std::string(100'000'000, '\0'));
  CHECK(bomb.size() < 110'000);
  contains(message(folder, "a", bomb),
           "truncated or damaged: the header claims 18 bytes, the gzip trailer 100000008\n");
  // The same with a trailer that goes along with the lie: found after one byte too many.
  std::string liar = bomb;
  liar.replace(liar.size() - 4, 4, std::string{18, 0, 0, 0});
  contains(message(folder, "a", liar), "trailing bytes: more than the 10 announced\n");
  // Many announced, few there, and the trailer goes along.
  std::string hollow = gzip(header({100, 2, 2}) + "x");
  hollow.replace(hollow.size() - 4, 4, std::string{'\xa0', 1, 0, 0});
  contains(message(folder, "a", hollow), "truncated: 400 bytes announced, 1 there\n");
}
