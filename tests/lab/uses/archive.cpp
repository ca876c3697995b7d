// Archives: every file comes back whatever it holds and whoever unpacks it, and what is damaged is
// refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/uses/archive.hpp>
#include <vaegrad/lab/uses/coder.hpp>
#include <vaegrad/models/coding/crc64.hpp>

#include "../../models/coding/random_vae.hpp"
#include "../../support/threads.hpp"
#include "../folder.hpp"

using namespace vaegrad;

namespace {

BitsBack coder(const char* likelihood, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  return BitsBack(RandomVae{.likelihood = {likelihood, 16}}.weights(random));
}

// Bytes below `values`; sparse: mostly 0.
std::vector<std::uint8_t> bytes(std::size_t count, unsigned values, bool sparse = false) {
  std::mt19937_64 random(5);
  std::vector<std::uint8_t> all(count);
  for (auto& b : all) b = sparse && random() % 20 ? 0 : std::uint8_t(random() % values);
  return all;
}

std::string packed(const BitsBack& coder, const ImageFile& file) {
  return compress(coder, file).bytes;
}

std::string message(const BitsBack& coder, std::string_view archive) {
  try {
    decompress(coder, archive);
  } catch (const Error& e) {
    CHECK(std::count(e.what(), e.what() + std::string_view(e.what()).size(), '\n') == 1);
    return e.what();
  }
  return "(no error)";
}

// The checksum at the end, made right again after a change.
std::string with_checksum(std::string archive) {
  archive.resize(archive.size() - 8);
  Crc64 sum;
  sum.add(archive);
  for (int shift = 0; shift < 64; shift += 8) archive += char(sum.value() >> shift & 0xff);
  return archive;
}

}  // namespace

TEST_CASE("files come back: any bytes, any number of images, any header") {
  for (const char* name : {"bernoulli", "beta-binomial"}) {
    const BitsBack c = coder(name);
    for (const std::size_t images : {0u, 1u, 2u, 1249u, 1250u, 1251u, 2600u})
      for (const auto& pixels :
           {bytes(16 * images, 256), bytes(16 * images, 2), std::vector<std::uint8_t>(16 * images)})
        for (const std::string& header : {std::string(), std::string("header\0\xff", 8)}) {
          const ImageFile back = decompress(c, packed(c, {header, pixels}));
          CHECK(back.header == header);
          CHECK(back.pixels == pixels);
        }
  }
}

TEST_CASE("what does not compress is stored: an archive is never much larger than the file") {
  const BitsBack c = coder("bernoulli");
  const Archive noise = compress(c, {"", bytes(16 * 2600, 256)});
  CHECK(noise.streams == 3);
  CHECK(noise.stored == 3);
  CHECK(noise.start_up_bits == 0);
  CHECK(noise.bytes.size() == 16 * 2600 + 40 + 3 * 4 + 8);

  // one stream of noise among others
  auto mixed = bytes(16 * 3750, 2);
  const auto grey = bytes(16 * 1250, 256);
  std::ranges::copy(grey, mixed.begin() + 16 * 1250);
  const Archive a = compress(c, {"", mixed});
  CHECK(a.stored == 1);
  CHECK(a.start_up_bits > 0);
  CHECK(a.bytes.size() < 16 * 3750 / 2);
  CHECK(decompress(c, a.bytes).pixels == mixed);
}

TEST_CASE("threads change nothing") {
  const BitsBack c = coder("beta-binomial");
  const ImageFile file{"header", bytes(16 * 7000, 256, true)};
  std::string one;
  {
    const Threads use(1);
    one = packed(c, file);
  }
  const Threads use(8);
  CHECK(packed(c, file) == one);
  CHECK(decompress(c, one).pixels == file.pixels);
}

TEST_CASE("each bit flipped, each length cut: refused") {
  const BitsBack c = coder("bernoulli");
  const std::string good = packed(c, {"header", bytes(16 * 12, 2)});
  CHECK(message(c, good) == "(no error)");
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = char(bad[at] ^ (1 << bit));
      const std::string text = message(c, bad);
      INFO("byte ", at, ": ", text);
      CHECK(text.find(at < 8    ? "not an archive of vaegrad"
                      : at < 12 ? "an archive of version "
                                : "damaged archive: the checksum") == 0);
    }
  for (std::size_t length = 0; length < good.size(); ++length)
    REQUIRE(message(c, good.substr(0, length)) != "(no error)");
  CHECK(message(c, good + 'x') != "(no error)");
}

TEST_CASE("with a checksum that is right: claims are held against what is there") {
  const BitsBack c = coder("bernoulli");
  const std::string good = packed(c, {"header", bytes(16 * 60, 2)});
  CHECK(with_checksum(good) == good);
  const auto changed = [&](std::size_t at, char value) {
    std::string bad = good;
    bad[at] = value;
    return message(c, with_checksum(bad));
  };
  const auto says = [&](const std::string& text, const char* part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  says(changed(12, char(good[12] ^ 1)), "compressed with another model");
  says(message(coder("categorical"), good), "compressed with another model");
  says(message(coder("bernoulli", 2), good), "compressed with another model");
  says(changed(20, char(good[20] ^ 1)), "what comes out is not what was compressed");
  says(changed(28, 61), "damaged");                    // images
  says(changed(35, 0x7f), "images announced");         // 2^62 of them
  says(changed(36, 100), "bytes announced");           // header
  says(changed(36, 5), "damaged archive");             // its end is taken for a length
  says(changed(46, char(good[46] + 4)), "announced");  // length of the stream
  says(changed(49, '\x80'), "damaged archive: a stream of");
  says(changed(40, 'H'), "what comes out is not what was compressed");
}

TEST_CASE("IDX and NPY files of the model's images, with their headers as they are") {
  const Folder folder;
  const auto pixels = bytes(3 * 16, 256);
  const std::size_t cube[] = {3, 4, 4}, flat[] = {3, 16}, other[] = {3, 2, 8};
  write_idx(folder / "a.idx", cube, pixels);
  write_npy<std::uint8_t>(folder / "a.npy", cube, pixels);
  write_npy<std::uint8_t>(folder / "flat.npy", flat, pixels);
  for (const char* name : {"a.idx", "a.npy", "flat.npy"}) {
    const ImageFile file = read_image_file(folder / name, 4, 4);
    CHECK(file.pixels == pixels);
    CHECK(file.header + std::string(as_text(std::span<const std::uint8_t>(pixels))) ==
          read_file(folder / name, 1000));
  }
  write_idx(folder / "packed.gz", cube, pixels);
  write_idx(folder / "other.idx", other, pixels);
  const std::vector<float> floats(48);
  write_npy<float>(folder / "floats.npy", cube, floats);
  write_atomically(folder / "trailing.idx", read_file(folder / "a.idx", 1000) + "x");
  write_atomically(folder / "table.csv", "1,2\n3,4\n");
  const auto refuses = [&](const char* name, const char* part) {
    CHECK_THROWS_WITH_AS(read_image_file(folder / name, 4, 4), doctest::Contains(part), Error);
  };
  refuses("packed.gz", "hint: gunzip --keep");
  refuses("other.idx", "its size is (3, 2, 8), but the model's images are 4 x 4");
  refuses("floats.npy", "its elements are not bytes");
  refuses("trailing.idx", "trailing bytes");
  refuses("table.csv", "not a file of bytes");
}

TEST_CASE("a run becomes a coder: its weights, its likelihood, and nothing that is left over") {
  const Folder folder;
  const auto run_with = [&](std::vector<std::string> more, const char* file = "model.safetensors") {
    std::vector<std::string> arguments{"--data",     "mnist", "--hidden", "7",
                                       "--latent",   "3",     "--out",    (folder / "run").native(),
                                       "--overwrite"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Settings settings = read_settings(arguments);
    const Run run(settings);
    const Index conditions = settings.model == "cvae" ? 10 : 0;
    run.write_model(Model(architecture(settings, {4, 4}, conditions)), file);
    return read_run_files(folder / "run");
  };
  const auto pixels = bytes(16 * 30, 2);
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--binarize", "sample"},
        {"--likelihood", "beta-binomial", "--posterior-scale", "softplus"},
        {"--likelihood", "discretised-logistic"},
        {"--likelihood", "discretised-logistic", "--likelihood-scale", "fixed:0.1"},
        {"--likelihood", "discretised-logistic", "--likelihood-scale", "per-dimension"},
        {"--likelihood", "categorical", "--activation", "tanh"}}) {
    const BitsBack c = make_coder(run_with(more));
    CHECK(c.dimensions() == 16);
    CHECK(c.latent() == 3);
    CHECK(decompress(c, packed(c, {"h", pixels})).pixels == pixels);
  }
  const auto refuses = [&](std::vector<std::string> more, const char* part) {
    CHECK_THROWS_WITH_AS(make_coder(run_with(more)), doctest::Contains(part), Error);
  };
  refuses({"--model", "autoencoder", "--binarize", "sample"},
          "--model autoencoder has no posterior");
  refuses({"--model", "cvae", "--binarize", "sample"}, "what its images are conditioned on");
  refuses({"--likelihood", "gaussian"}, "no probability of bytes");

  run_with({"--binarize", "sample"});
  std::vector<float> more(4);
  const SafeTensors weights = read_safetensors(folder / "run" / "model.safetensors");
  auto tensors = weights.tensors();
  tensors.push_back(tensor("prior.centres", {2, 2}, std::span<const float>(more)));
  write_safetensors(folder / "run" / "model.safetensors", tensors, weights.metadata());
  CHECK_THROWS_WITH_AS(make_coder(read_run_files(folder / "run")),
                       doctest::Contains("1 weights that the coder does not know"), Error);
}
