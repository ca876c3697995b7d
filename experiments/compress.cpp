// vaegrad compress and decompress: a file of images through a trained model and back.
#include <fmt/format.h>

#include <chrono>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/uses/archive.hpp>
#include <vaegrad/lab/uses/coder.hpp>

#include "options.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

struct Call {
  std::string run;
  fs::path in, out;
  RunFiles files;
  BitsBack coder;
};

// RUN IN OUT, and options that all take a value.
Call read(Arguments arguments) {
  std::vector<std::string> places, rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto& to = arguments[i].starts_with("--") ? rest : places;
    to.push_back(arguments[i]);
    if (&to == &rest && i + 1 < arguments.size()) rest.push_back(arguments[++i]);
  }
  const Options options(rest, {"weights", "threads"});
  const std::string weights = options.one_of("weights", {"last", "best"});
  if (options.has("threads")) set_threads(int(options.integer("threads", 1, 1, 1024)));
  check<UsageError>(places.size() == 3, places.size(), " names given, 3 are needed: RUN IN OUT",
                    hint, "vaegrad compress runs/latest images.idx images.vae");
  std::error_code error;
  check<UsageError>(!fs::equivalent(places[1], places[2], error), places[2],
                    ": IN and OUT are the same file", hint, "OUT names a new file");
  RunFiles files = read_run_files(places[0], weights);
  BitsBack coder = make_coder(files);
  return {places[0], places[1], places[2], std::move(files), std::move(coder)};
}

std::string with_commas(std::size_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  std::string rate(std::size_t bytes) const {
    return fmt::format("{:.2f} s, {:.1f} MB/s", seconds(), 1e-6 * double(bytes) / seconds());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int run_compress(Arguments arguments) {
  const Call call = read(arguments);
  const ImageFile file = read_image_file(call.in, call.files.image.height, call.files.image.width);
  const Clock clock;
  const Archive archive = compress(call.coder, file);
  const std::string rate = clock.rate(file.pixels.size());
  write_atomically(call.out, archive.bytes);

  const std::size_t pixels = file.pixels.size();
  const auto per_dimension = [&](double bits) { return pixels ? bits / double(pixels) : 0; };
  fmt::print("{:<10} {:>13} bytes  {} images of {} x {}\n", "images",
             with_commas(file.header.size() + pixels),
             with_commas(pixels / std::size_t(call.coder.dimensions())), call.files.image.height,
             call.files.image.width);
  fmt::print("{:<10} {:>13} bytes  {:.4f} bits per dimension, 1 : {:.1f}\n", "archive",
             with_commas(archive.bytes.size()), per_dimension(8 * double(archive.bytes.size())),
             double(file.header.size() + pixels) / double(archive.bytes.size()));
  fmt::print("{:<10} {:>13} bytes  {:.4f} bits per dimension, borrowed by {} streams\n", "start-up",
             with_commas(archive.start_up_bits / 8), per_dimension(double(archive.start_up_bits)),
             archive.streams - archive.stored);
  if (archive.stored)
    fmt::print("{:<10} {:>13} of {} streams do not compress and are stored as they are\n", "stored",
               archive.stored, archive.streams);
  fmt::print("{:<10} {:>13} bytes  needed to decompress, and not in the archive\n", "model",
             with_commas(fs::file_size(call.files.weights_file)));
  fmt::print("{:<10} {}\n", "time", rate);
  return 0;
}

int run_decompress(Arguments arguments) {
  const Call call = read(arguments);
  const std::string bytes = read_file(call.in, std::size_t{1} << 40);
  const Clock clock;
  ImageFile file;
  try {
    file = decompress(call.coder, bytes);
  } catch (const Error& e) {
    fail(call.in.string(), ": ", e.what());
  }
  const std::string rate = clock.rate(file.pixels.size());
  const std::string_view parts[] = {file.header,
                                    as_text(std::span<const std::uint8_t>(file.pixels))};
  write_atomically(call.out, parts);
  fmt::print("{:<10} {:>13} bytes  {} images of {} x {}\n", "images",
             with_commas(file.header.size() + file.pixels.size()),
             with_commas(file.pixels.size() / std::size_t(call.coder.dimensions())),
             call.files.image.height, call.files.image.width);
  fmt::print("{:<10} {}\n", "time", rate);
  return 0;
}

std::string options() {
  return "  RUN                     the trained model: a vae with a bernoulli,\n"
         "                          beta-binomial, discretised-logistic or categorical\n"
         "                          likelihood\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --threads N             [as many as this process may use]\n\n";
}
std::string help_compress() {
  return "usage: vaegrad compress RUN IN OUT [options]\n\n"
         "Compresses IN, an IDX or NPY file of images of the size that RUN was trained on,\n"
         "without loss; the same RUN is needed to decompress. Any bytes can be compressed,\n"
         "but only images like those it was trained on become small.\n\n" +
         options() +
         "example: vaegrad data mnist --binarize sample --seed 1 --out test.idx\n"
         "         vaegrad compress runs/latest test.idx test.vae\n";
}
std::string help_decompress() {
  return "usage: vaegrad decompress RUN IN OUT [options]\n\n"
         "Writes the file that was compressed with RUN, byte for byte.\n\n" +
         options() + "example: vaegrad decompress runs/latest test.vae test.idx\n";
}

}  // namespace

const Command compress_command{"compress", "a file of images, without loss, by a trained model",
                               run_compress, help_compress};
const Command decompress_command{"decompress", "the file that was compressed", run_decompress,
                                 help_decompress};

}  // namespace vaegrad
