// vaegrad decode: codes to images, or to rows of a table, as numbers or as a picture.
#include <fmt/format.h>

#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/uses/decode.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

int run_decode(Arguments arguments) {
  std::vector<std::string> places, rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto& to = arguments[i].starts_with("--") ? rest : places;
    to.push_back(arguments[i]);
    if (&to == &rest && i + 1 < arguments.size()) rest.push_back(arguments[++i]);
  }
  check<UsageError>(!places.empty() && places.size() <= 2, "which codes?", hint,
                    "vaegrad decode runs/latest codes.npy");
  if (places.size() == 2) rest.insert(rest.begin(), places[0]);
  const Options options(rest, {"class", "labels", "out", "weights", "threads"});
  const std::string file = places.back();
  const LoadedRun opened = open_run(options);
  const Model& model = *opened.model;
  const std::filesystem::path out = options.text("out", (opened.folder / "decoded.npy").string());
  check_output_name(out, model.image.height > 1, true);

  const Array codes = read_array(file);
  check(codes.dims.size() == 2 || (codes.dims.size() == 1 && model.latent == 1), file,
        ": not codes: ", sizes(codes.dims), hint, "codes are (count, ", model.latent,
        "), as vaegrad encode writes them");
  OwnedMatrix z(Index(codes.dims[0]), Index(codes.dims.size() == 2 ? codes.dims[1] : 1));
  std::copy(codes.values.begin(), codes.values.end(), z.view().begin());
  std::copy(codes.bytes.begin(), codes.bytes.end(), z.view().begin());
  check(z.rows > 0, file, ": no codes: ", sizes(codes.dims), hint, "a row for each code");
  check<UsageError>(!options.has("labels") || !options.has("class"),
                    "--class and --labels: which class?", hint, "leave one of them out");
  check<UsageError>(model.classes() || !(options.has("class") || options.has("labels")),
                    options.has("class") ? "--class" : "--labels", ": the model is given no class",
                    hint, "leave it out, or train with --model cvae");
  std::vector<Label> labels;
  if (options.has("labels")) labels = read_labels(options.text("labels", ""));
  if (options.has("class")) labels = {Label(class_of(options, opened))};
  const OwnedMatrix x = vaegrad::decode(model, z, labels);
  if (is_numbers_name(out)) {
    write_numbers(out, shape_of_many(model, std::size_t(x.rows)), x);
    fmt::print("{}: {} x {} numbers\n", out.string(), x.rows, x.cols);
    return 0;
  }
  ImageGrid grid;
  grid.title = concat("Decoded: E[x|z] of ", file);
  grid.of(model.image);
  const Index shown = std::min<Index>(x.rows, 400);
  grid.pixels = grey({x.view().data, std::size_t(shown * x.cols)});
  if (!draw(grid, out)) return 1;
  fmt::print("{}: {} of {} images\n", out.string(), shown, x.rows);
  return 0;
}

std::string decode_help() {
  return "usage: vaegrad decode [RUN] CODES [options]\n\n"
         "Writes E[x|z] for each row z of CODES, in the units of the run's data. Needs the\n"
         "run's folder alone.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  CODES                   .npy or .csv: a row for each code\n"
         "  --class C               of a conditional model, for all codes\n"
         "  --labels FILE           .. or for each\n"
         "  --out FILE              numbers: .npy, .csv; a picture: .png, .svg\n"
         "                          [decoded.npy in the run's folder]\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --threads N\n\n"
         "example: vaegrad encode runs/latest --mean --out codes.npy\n"
         "         vaegrad decode runs/latest codes.npy --out images.npy\n";
}

}  // namespace

const Command decode_command{"decode", "codes to images, as numbers or as a picture", run_decode,
                             decode_help};

}  // namespace vaegrad
