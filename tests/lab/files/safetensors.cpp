// The format against its specification: what is written has the bytes it demands, what is read
// obeys it or is refused with one line.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/safetensors.hpp>

#include "../folder.hpp"

using namespace vaegrad;

namespace {

std::string with_header(std::string header, std::size_t data, std::uint64_t length = 0) {
  if (length == 0) length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  return bytes + header + std::string(data, '\1');
}

std::string message(const Folder& folder, std::string_view bytes) {
  write_atomically(folder / "bad", bytes);
  try {
    read_safetensors(folder / "bad");
  } catch (const Error& e) {
    const std::string text = e.what();
    CHECK(text.find((folder / "bad").native() + ": ") == 0);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("\n  hint: ") != std::string::npos);
    return text;
  }
  return "(no error)";
}

const std::vector<float> weights{1.5f, -2, 0, 1e-40f, INFINITY, 3};
const std::vector<std::uint8_t> bytes{1, 2, 255};
const std::vector<std::int64_t> steps{-1, std::int64_t{1} << 40};

std::vector<Tensor> example() {
  return {tensor("bytes", {3}, std::span(bytes)),
          tensor("encoder.0.weight", {2, 3}, std::span(weights)),
          tensor("step", {2}, std::span(steps)), tensor("none", {0, 4}, std::span<const float>())};
}

}  // namespace

TEST_CASE("the bytes of a file are those of the specification") {
  const Folder folder;
  write_safetensors(folder / "a", example(), {{"format", "pt"}, {"what", "π \"quoted\""}});
  const std::string file = read_file(folder / "a", 10000);
  std::uint64_t length;
  std::memcpy(&length, file.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(file[8] == '{');
  const auto header = nlohmann::json::parse(file.substr(8, length));
  CHECK(header.size() == 5);
  CHECK(header["__metadata__"]["what"] == "π \"quoted\"");
  CHECK(header["encoder.0.weight"]["dtype"] == "F32");
  CHECK(header["encoder.0.weight"]["shape"] == nlohmann::json{2, 3});
  CHECK(header["step"]["dtype"] == "I64");
  CHECK(header["step"]["data_offsets"] ==
        nlohmann::json{0, 16});  // wide numbers first: all are aligned
  CHECK(header["encoder.0.weight"]["data_offsets"] == nlohmann::json{16, 40});
  CHECK(header["bytes"]["data_offsets"] == nlohmann::json{40, 43});
  CHECK(file.size() == 8 + length + 43);
  float weight;
  std::memcpy(&weight, file.data() + 8 + length + 16, 4);
  CHECK(weight == 1.5f);
}

TEST_CASE("what was written is read, bit for bit") {
  const Folder folder;
  write_safetensors(folder / "a", example(), {{"k", "v"}});
  const SafeTensors file = read_safetensors(folder / "a");
  CHECK(file.metadata() == Metadata{{"k", "v"}});
  CHECK(file.tensors().size() == 4);
  for (const auto& t : example()) {
    const Tensor* got = file.find(t.name);
    REQUIRE(got);
    CHECK(got->dtype == t.dtype);
    CHECK(got->shape == t.shape);
    CHECK(got->bytes == t.bytes);
  }
  CHECK(file.find("other") == nullptr);

  const std::size_t shape[] = {2, 3}, transposed[] = {3, 2};
  std::vector<float> f(6);
  std::vector<double> d(6);
  std::vector<std::int32_t> i(6);
  file.copy("encoder.0.weight", shape, std::span(f));
  CHECK(f == weights);
  file.copy("encoder.0.weight", shape, std::span(d));
  for (std::size_t k = 0; k < 6; ++k) CHECK(d[k] == double{weights[k]});
  const auto copy = [&](auto& to, auto name, auto& s) { file.copy(name, s, std::span(to)); };
  CHECK_THROWS_WITH_AS(copy(f, "w", shape), doctest::Contains("no tensor w among its 4"), Error);
  CHECK_THROWS_WITH_AS(copy(f, "encoder.0.weight", transposed),
                       doctest::Contains("has shape (2, 3), expected is (3, 2)"), Error);
  CHECK_THROWS_WITH_AS(copy(i, "encoder.0.weight", shape),
                       doctest::Contains("type F32, expected is I32"), Error);

  const double pi = std::numbers::pi;
  write_safetensors(folder / "a", std::vector{tensor("x", {}, std::span(&pi, 1))});  // a scalar
  read_safetensors(folder / "a").copy("x", {}, std::span(f).first(1));
  CHECK(f[0] == static_cast<float>(pi));
}

TEST_CASE("a writer's mistake is an error, and no file") {
  const Folder folder;
  const auto write = [&](std::vector<Tensor> t) { write_safetensors(folder / "a", t); };
  const std::span w(weights);
  CHECK_THROWS_WITH_AS(write({tensor("x", {5}, w)}),
                       doctest::Contains("shape (5) of F32 does not fit its 24"), Error);
  CHECK_THROWS_WITH_AS(write({tensor("x", {6}, w), tensor("x", {6}, w)}),
                       doctest::Contains("used twice: x"), Error);
  CHECK_THROWS_WITH_AS(write({tensor("__metadata__", {6}, w)}),
                       doctest::Contains("used twice: __meta"), Error);
  CHECK(folder.names() == "");
}

TEST_CASE("files that lie") {
  const Folder folder;
  const auto refused = [&](const std::string& file, const char* part) {
    const std::string text = message(folder, file);
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  const auto entry = [](const char* type, const char* shape, const char* offsets) {
    return concat("\"x\":{\"dtype\":\"", type, "\",\"shape\":", shape,
                  ",\"data_offsets\":", offsets, "}");
  };
  const auto one = [&](const char* type, const char* shape, const char* offsets, std::size_t data) {
    return with_header(concat("{", entry(type, shape, offsets), "}"), data);
  };
  CHECK(message(folder, one("F32", "[2,2]", "[0,16]", 16)) == "(no error)");
  CHECK(message(folder, with_header("{}", 0)) == "(no error)");

  refused("", "not a safetensors file");
  refused("1234567", "not a safetensors file");
  refused(with_header("{}", 0, ~std::uint64_t{0}),
          "claims a header of 18446744073709551615 bytes, the file has 10");
  refused(with_header("{}", 0, 3), "claims a header of 3 bytes");
  refused(with_header("[1]", 0), "not a JSON object");
  refused(with_header("{\"x\"", 0), "not a JSON object");
  refused(with_header(std::string(3000, '['), 0), "not a JSON object");
  refused(with_header("{\"x\":1}", 0), "tensor x is not described by");
  refused(with_header("{\"__metadata__\":{\"a\":1}}", 0), "metadata are not texts: a");
  refused(with_header("{\"__metadata__\":[]}", 0), "metadata are not an object");
  refused(one("F31", "[2,2]", "[0,16]", 16), "unknown type: F31");
  refused(one("F32", "[2,-2]", "[0,16]", 16), "is not described by");
  refused(one("F32", "[2.5]", "[0,16]", 16), "is not described by");
  refused(one("F32", "[4]", "[0,8,16]", 16), "is not described by");
  refused(one("F32", "[2,3]", "[0,16]", 16),
          "tensor x lies: shape (2, 3) of F32 at bytes 0 to 16 of 16");
  refused(one("F32", "[4]", "[16,0]", 16), "tensor x lies");
  refused(one("F32", "[4]", "[0,16]", 15), "tensor x lies");
  refused(one("F32", "[4]", "[0,16]", 17),
          "truncated or trailing bytes: the header claims 16 bytes, there are 17");
  refused(one("F32", "[4]", "[4,20]", 20), "gap or overlap before tensor x: at byte 4, expected 0");
  refused(one("F32", "[4294967296,4294967296]", "[0,0]", 0), "tensor x lies");  // 2^66 wraps to 0
  refused(one("F32", "[4611686018427387904]", "[0,0]", 0), "tensor x lies");    // 2^64 wraps to 0
  refused(one("F32", "[184467440737095516160]", "[0,0]", 0),
          "is not described by");  // more than 64 bits
  const std::string second = entry("U8", "[2]", "[0,2]");
  refused(with_header(concat("{", second, ",\"y", second.substr(2), "}"), 2), "gap or overlap");
}

TEST_CASE("every byte of a header changed, every length cut: an error or a file of the same size") {
  const Folder folder;
  write_safetensors(folder / "a", example());
  const std::string good = read_file(folder / "a", 10000);
  int errors = 0;
  for (std::size_t at = 0; at < good.size() - 43; ++at)
    for (const char c : {'\0', '9', '"', '}', '\xff'}) {
      std::string bad = good;
      bad[at] = c;
      if (message(folder, bad) != "(no error)") ++errors;
    }
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK(message(folder, good.substr(0, length)) != "(no error)");
    ++errors;
  }
  MESSAGE(errors << " damages refused");
  CHECK(errors > 1000);
}

TEST_CASE("numbers of 16 bits are read as float and as double, each the nearest to what it was") {
  const Folder folder;
  const std::vector<float> own{0, 1, -2.5f, 1 / 3.f, 65504, 6e-8f, -1e-3f, 1234.567f};
  std::vector<Half> halves;
  for (const float x : own) halves.push_back({half_bits(x)});
  write_safetensors(folder / "half", std::vector{tensor("w", {8}, std::span<const Half>(halves))});
  const SafeTensors file = read_safetensors(folder / "half");
  CHECK(file.tensors()[0].bytes.size() == 16);
  const std::size_t shape[]{8};
  const auto floats = file.values<float>("w", shape);
  const auto doubles = file.values<double>("w", shape);
  for (std::size_t i = 0; i < own.size(); ++i) {
    CHECK(double(floats[i]) == doubles[i]);
    const double step = std::max(std::abs(double(own[i])), 0x1p-14) * 0x1p-11;  // half a unit
    CHECK(std::abs(doubles[i] - double(own[i])) <= step);
    // no neighbour is nearer
    for (const int by : {-1, 1}) {
      const double other = from_half(std::uint16_t(halves[i].bits + by));
      if (std::isfinite(other) && (halves[i].bits & 0x7fff) != 0)
        CHECK(std::abs(other - double(own[i])) >= std::abs(doubles[i] - double(own[i])));
    }
  }
}
