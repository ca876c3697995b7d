// What reads archives, as a row of tests/fuzz/readers.cpp. The first byte says which model and what
// is tried:
//   0  the rest is an archive
//   1  the same, after its magic, version, model and checksum are made right
//   2  the rest is a stack of so many images
//   3  the rest is images, to be compressed and to come back
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/uses/archive.hpp>
#include <vaegrad/models/coding/crc64.hpp>

#include "../models/coding/random_vae.hpp"
#include "readers.hpp"

namespace {

using namespace vaegrad;

using Scale = PixelLikelihood::Scale;
constexpr Index pixels = 4;

BitsBack coder(PixelLikelihood likelihood) {
  std::mt19937_64 random(1);
  return BitsBack(
      RandomVae{.likelihood = std::move(likelihood), .latent = 2, .hidden = {3}}.weights(random));
}

void put(std::string& to, std::size_t at, std::uint64_t x, int bytes) {
  for (int i = 0; i < bytes; ++i) to[at + std::size_t(i)] = char(x >> (8 * i) & 0xff);
}

std::string made_right(const BitsBack& c, std::string archive) {
  static const std::string start = compress(c, ImageFile{}).bytes.substr(0, 12);
  if (archive.size() < 28) archive.resize(28);
  archive.replace(0, 12, start);
  put(archive, 12, c.fingerprint(), 8);
  Crc64 sum;
  sum.add(std::string_view(archive).substr(0, archive.size() - 8));
  put(archive, archive.size() - 8, sum.value(), 8);
  return archive;
}

}  // namespace

void read_archive(std::string_view input) {
  // Half of the time the quickest.
  static const BitsBack coders[] = {coder({"bernoulli", pixels}),
                                    coder({"discretised-logistic", pixels, Scale::per_pixel}),
                                    coder({"beta-binomial", pixels})};
  set_threads(1);
  if (input.size() < 2) return;
  const int first = std::uint8_t(input[0]), second = std::uint8_t(input[1]);
  const int which = first % 8, what = first / 8 % 4;
  const BitsBack& c = coders[which < 5 ? 0 : which < 7 ? 1 : 2];
  const std::string rest(input.substr(2));
  if (what < 2) {
    const ImageFile file = decompress(c, what ? made_right(c, rest) : rest);
    if (file.pixels.size() % pixels != 0) std::abort();
  } else if (what == 2) {
    if (rest.size() < 8) return;
    std::uint64_t state = 0;
    std::memcpy(&state, rest.data(), 8);
    std::vector<std::uint32_t> words((rest.size() - 8) / 4);
    if (!words.empty()) std::memcpy(words.data(), rest.data() + 8, 4 * words.size());
    std::vector<std::uint8_t> images(pixels * std::size_t(second % 64));
    c.decompress(Rans(state, std::move(words)), images);
  } else {
    ImageFile file{rest.substr(0, std::min(rest.size(), std::size_t(second % 8))), {}};
    file.pixels.assign(rest.begin() + Index(file.header.size()), rest.end());
    file.pixels.resize(file.pixels.size() / pixels * pixels);
    const ImageFile back = decompress(c, compress(c, file).bytes);
    if (back.header != file.header || back.pixels != file.pixels) std::abort();
  }
}
