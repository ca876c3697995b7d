// NPY files: what was written is read, what numpy writes is read, and damage is one line and a
// hint.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <vaegrad/lab/data/formats/image_file.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../folder.hpp"

using namespace vaegrad;

namespace {

// As numpy.save writes it: a header padded with spaces to a multiple of 64 bytes.
std::string npy(const std::string& type, const std::string& shape, std::string_view data,
                const std::string& order = "False", int version = 1) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  const std::size_t before = version == 1 ? 10 : 12;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (std::size_t k = 0, n = header.size(); k < (version == 1 ? 2u : 4u); ++k, n >>= 8)
    text += static_cast<char>(n & 0xff);
  return text + header + std::string(data);
}

template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string text(values.size() * sizeof(T), '\0');
  std::memcpy(text.data(), values.begin(), text.size());
  return text;
}

Array read(const Folder& folder, std::string_view bytes) {
  write_atomically(folder / "a.npy", bytes);
  return read_npy(folder / "a.npy");
}

void refuses(const Folder& folder, std::string_view bytes, const std::string& part) {
  std::string text = "(no error)";
  try {
    read(folder, bytes);
  } catch (const Error& e) {
    text = e.what();
    CHECK(text.find("a.npy: ") != text.npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("\n  hint: ") != text.npos);
  }
  INFO(text);
  CHECK(text.find(part) != text.npos);
}

}  // namespace

TEST_CASE("numpy's own bytes: numpy.save of a 2 x 3 array of '<f4'") {
  const Folder folder;
  // python3 -c "import numpy,sys; numpy.save(sys.stdout.buffer,
  // numpy.array([[1,2,3],[4,5,6.5]],'<f4'))"
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  std::string bytes("\x93NUMPY\x01\x00v\x00", 10);  // v is 118: 10 + 118 = 128
  bytes += text + std::string(117 - text.size(), ' ') + '\n';
  bytes += raw<float>({1, 2, 3, 4, 5, 6.5f});
  const Array array = read(folder, bytes);
  CHECK(array.dims == std::vector<std::size_t>{2, 3});
  CHECK(array.values == std::vector<float>{1, 2, 3, 4, 5, 6.5f});
  CHECK(array.bytes.empty());
  Sha256 hash;
  hash.update(bytes.data(), bytes.size());
  CHECK(array.sha256 == hash.hex());
  // .. and we write the same bytes
  write_npy<float>(folder / "b.npy", array.dims, array.values);
  CHECK(read_file(folder / "b.npy", 1000) == bytes);
}

TEST_CASE("what was written is read: bytes, floats, doubles, any number of dimensions") {
  const Folder folder;
  const std::vector<std::uint8_t> bytes{0, 1, 2, 253, 254, 255};
  for (const std::vector<std::size_t>& dims :
       {std::vector<std::size_t>{6}, {2, 3}, {3, 2, 1}, {1, 2, 3, 1}, {6, 1}}) {
    write_npy<std::uint8_t>(folder / "a", dims, bytes);
    CHECK(read_npy(folder / "a").dims == dims);
    CHECK(read_npy(folder / "a").bytes == bytes);
    CHECK((read_file(folder / "a", 1000).size() - 6) % 64 == 0);
  }
  const std::vector<double> doubles{1e-30, -2.5, 1.0 / 3};
  const std::size_t three[] = {3};
  write_npy<double>(folder / "a", three, doubles);
  const Array array = read_npy(folder / "a");
  for (std::size_t i = 0; i < 3; ++i) CHECK(array.values[i] == static_cast<float>(doubles[i]));
  Real numbers[] = {1, 2, 3, 4};
  write_npy(folder / "a", ConstMatrix{numbers, 2, 2});
  CHECK(read_npy(folder / "a").dims == std::vector<std::size_t>{2, 2});
  CHECK(read_npy(folder / "a").values == std::vector<float>{1, 2, 3, 4});
  CHECK(read_file(folder / "a", 1000).find(sizeof(Real) == 8 ? "'<f8'" : "'<f4'") !=
        std::string::npos);
  CHECK_THROWS_WITH_AS(write_npy<double>(folder / "a", three, std::vector<double>(2)),
                       doctest::Contains("of 3 elements, given 2"), Error);
}

TEST_CASE("the first index fastest (Fortran's order), as pandas has its tables") {
  const Folder folder;
  const Array table = read(folder, npy("<f4", "(2, 3)", raw<float>({1, 4, 2, 5, 3, 6}), "True"));
  CHECK(table.dims == std::vector<std::size_t>{2, 3});
  CHECK(table.values == std::vector<float>{1, 2, 3, 4, 5, 6});
  std::string bytes;  // x[i][j][k] = 100 i + 10 j + k, of shape (2, 3, 4)
  std::vector<std::uint8_t> want;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) bytes += char(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) want.push_back(std::uint8_t(100 * i + 10 * j + k));
  CHECK(read(folder, npy("|u1", "(2, 3, 4)", bytes, "True")).bytes == want);
  CHECK(read(folder, npy("<f4", "(0, 3)", "", "True")).values.empty());
  write_atomically(folder / "a.npy", npy("|u1", "(2, 3, 4)", bytes, "True"));
  CHECK_THROWS_WITH_AS(read_image_file(folder / "a.npy", 3, 4), doctest::Contains("columns first"),
                       Error);
}

TEST_CASE("integers and bools of numpy, versions 2 and 3, more elements than one piece") {
  const Folder folder;
  CHECK(read(folder, npy("<i8", "(3,)", raw<std::int64_t>({7, -1, 1 << 24}))).values ==
        std::vector<float>{7, -1, 1 << 24});
  CHECK(read(folder, npy("<i4", "(2,)", raw<std::int32_t>({9, 0}), "False", 2)).values ==
        std::vector<float>{9, 0});
  CHECK(read(folder, npy("|b1", "(1, 2)", raw<char>({0, 1}), "False", 3)).bytes ==
        std::vector<std::uint8_t>{0, 1});
  CHECK(read(folder, npy("|u1", "(2,)", raw<char>({0, 1}), "True")).bytes.size() == 2);
  CHECK(read(folder, npy(">u2", "(2,)", raw<char>({1, 0, 0, 7}))).values ==
        std::vector<float>{256, 7});
  std::vector<double> many(100'003);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i) / 7;
  const std::size_t dims[] = {many.size()};
  write_npy<double>(folder / "a", dims, many);
  const Array array = read_npy(folder / "a");
  REQUIRE(array.values.size() == many.size());
  for (std::size_t i = 0; i < many.size(); ++i)
    REQUIRE(array.values[i] == static_cast<float>(many[i]));
}

TEST_CASE("damaged and foreign files are one line and a hint, before memory is taken") {
  const Folder folder;
  const std::string six = raw<float>({1, 2, 3, 4, 5, 6});
  refuses(folder, "", "empty file: 0 bytes");
  refuses(folder, "\x93NUMP", "not an NPY file");
  refuses(folder, "PK\3\4 an npz file", "not an NPY file");
  refuses(folder, npy("<f4", "(2, 3)", six.substr(1)),
          "truncated: the header claims (2, 3) of 4 bytes each, the file has 23 bytes");
  refuses(folder, npy("<f4", "(2, 3)", six + "x"), "trailing bytes: the header claims (2, 3)");
  refuses(folder, npy("<f4", "(1000000000, 1000000000)", six), "truncated: the header claims");
  refuses(folder, npy("<f4", "(4294967296, 4294967296, 4294967296)", six), "more than 2^64");
  refuses(folder, npy("<f4", "(99999999999999999999999,)", six), "no valid 'shape'");
  refuses(folder, npy("<f4", "(-1, 3)", six), "no valid 'shape'");
  refuses(folder, npy("<f4", "(2, 3", six), "no valid 'shape'");
  refuses(folder, npy("<f4", "6", six), "no valid 'shape'");
  refuses(folder, npy("<f4", "(2, 3)", six, "Maybe"), "no valid 'fortran_order'");
  refuses(folder, npy(">f2", "(2, 6)", six), "elements of type '>f2' are not read");
  refuses(folder, npy("<c8", "(3,)", six), "elements of type '<c8' are not read");
  refuses(folder, npy("|O", "(2, 3)", six), "'|O' are not read: Python objects");
  refuses(folder, npy("|b1", "(1,)", "\2"), "a bool that is neither 0 nor 1: 2");
  refuses(folder, npy("<f4", "(2,)", raw<float>({1, NAN})), "element 1 of (2) is NaN");
  refuses(folder, npy("<f8", "(2,)", raw<double>({1e300, 1})), "element 0 of (2) is NaN, infinite");
  refuses(folder, npy("<i8", "(1,)", raw<std::int64_t>({(1 << 24) + 1})), "too large for a float");
  std::string bytes = npy("<f4", "(2, 3)", six);
  bytes[6] = 4;
  refuses(folder, bytes, "NPY version 4, only 1, 2 and 3");
  bytes[6] = 2;  // its length is now 118 + 2^16 * the first two letters of the dictionary
  refuses(folder, bytes, "its header lies: it claims to be");
  bytes = npy("<f4", "(2, 3)", six);
  bytes.replace(bytes.find("'<f4'"), 5, "[('a'");
  refuses(folder, bytes, "records instead of numbers");
  bytes.replace(bytes.find("descr"), 5, "discr");
  refuses(folder, bytes, "no valid 'descr'");
}

TEST_CASE("every byte of a header changed, every length cut: an error or an array that fits") {
  const Folder folder;
  const std::string good = npy("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 6}));
  int errors = 0, arrays = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int flip : {1, 16, 255}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      try {
        const Array array = read(folder, bad);
        ++arrays;
        std::size_t count = 1;
        for (const std::size_t n : array.dims) count *= n;
        CHECK(count == array.values.size() + array.bytes.size());
      } catch (const Error&) {
        ++errors;
      }
    }
  MESSAGE(errors << " damages found, " << arrays << " harmless");
  CHECK(errors > 100);
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_THROWS_AS(read(folder, good.substr(0, length)), Error);
}
