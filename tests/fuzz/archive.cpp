// Fuzzing what reads archives (libFuzzer). The first byte says which model and what is tried:
//   0  the rest is an archive
//   1  the same, after its magic, version, model and checksum are made right
//   2  the rest is a stack of so many images
//   3  the rest is images, to be compressed and to come back
// An Error is an answer; anything else that ends the program is a defect.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <vaegrad/autodiff/parallel.hpp>
#include <vaegrad/lab/archive.hpp>
#include <vaegrad/models/coding/crc64.hpp>

#include "../models/coding/random_vae.hpp"

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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Half of the time the quickest.
  static const BitsBack coders[] = {coder({"bernoulli", pixels}),
                                    coder({"discretised-logistic", pixels, Scale::per_pixel}),
                                    coder({"beta-binomial", pixels})};
  set_threads(1);
  if (size < 2) return 0;
  const int which = data[0] % 8, what = data[0] / 8 % 4;
  const BitsBack& c = coders[which < 5 ? 0 : which < 7 ? 1 : 2];
  const std::string rest(reinterpret_cast<const char*>(data + 2), size - 2);
  try {
    if (what < 2) {
      const ImageFile file = decompress(c, what ? made_right(c, rest) : rest);
      if (file.pixels.size() % pixels != 0) std::abort();
    } else if (what == 2) {
      if (rest.size() < 8) return 0;
      std::uint64_t state = 0;
      std::memcpy(&state, rest.data(), 8);
      std::vector<std::uint32_t> words((rest.size() - 8) / 4);
      if (!words.empty()) std::memcpy(words.data(), rest.data() + 8, 4 * words.size());
      std::vector<std::uint8_t> images(pixels * std::size_t(data[1] % 64));
      c.decompress(Rans(state, std::move(words)), images);
    } else {
      ImageFile file{rest.substr(0, std::min<std::size_t>(rest.size(), data[1] % 8)), {}};
      file.pixels.assign(rest.begin() + Index(file.header.size()), rest.end());
      file.pixels.resize(file.pixels.size() / pixels * pixels);
      const ImageFile back = decompress(c, compress(c, file).bytes);
      if (back.header != file.header || back.pixels != file.pixels) std::abort();
    }
  } catch (const Error&) {
  }
  return 0;
}
