// vaegrad sample, reconstruct, traverse, interpolate: pictures of a trained run.
#include <fmt/format.h>

#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>
#include <vaegrad/lab/run/run.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

struct Opened {
  LoadedRun run;
  DataSet data;
  Examples examples;
  std::filesystem::path out;
};
// The run, its data, and where the picture goes: --out, or NAME.png in the run's folder.
Opened open(const Options& options, const char* name) {
  Opened o{open_run(options), {}, {}, {}};
  o.data = load_data(o.run.settings);
  o.examples = split_of(options, o.data);
  o.out = options.text("out", (o.run.folder / concat(name, ".png")).string());
  return o;
}
int drawn(bool ok, const std::filesystem::path& path) {
  if (ok) fmt::print("{}\n", path.string());
  return ok ? 0 : 1;
}
void needs_a_prior(const Model& model) {
  check<UsageError>(!model.deterministic,
                    "an autoencoder has no distribution of codes to draw from", hint,
                    "train with --model vae");
}

int sample(Arguments arguments) {
  const Options options(arguments, {"count", "class", "from", "temperature", "out", "data-dir",
                                    "threads", "seed", "weights", "split"});
  const Opened o = open(options, "samples");
  needs_a_prior(*o.run.model);
  Sampling s;
  s.count = std::size_t(options.integer("count", 100, 1, 10000));
  if (options.has("class")) s.of_class = Index(options.integer("class", 0, 0, 1000000));
  s.temperature = options.real("temperature", 1, 0, 100);
  s.seed = std::uint64_t(options.integer("seed", std::int64_t(o.run.settings.seed), 0, INT64_MAX));
  if (options.one_of("from", {"prior", "aggregate"}) == "aggregate") s.aggregate = &o.data.train;
  s.completed = &o.examples;
  if (is_table(*o.run.model))
    return drawn(draw_table_samples(*o.run.model, o.examples, o.run.settings, s, o.out), o.out);
  return drawn(draw_samples(*o.run.model, o.run.settings, s, o.out), o.out);
}
int reconstruct(Arguments arguments) {
  const Options options(arguments, {"out", "data-dir", "threads", "weights", "split"});
  const Opened o = open(options, "reconstructions");
  if (is_table(*o.run.model))
    return drawn(draw_table_reconstructions(*o.run.model, o.examples, o.run.settings, o.out),
                 o.out);
  return drawn(draw_reconstructions(*o.run.model, o.examples, o.run.settings, o.out), o.out);
}
int traverse(Arguments arguments) {
  const Options options(arguments, {"out", "data-dir", "threads", "weights", "split"});
  const Opened o = open(options, "traversals");
  return drawn(draw_traversal(*o.run.model, o.examples, o.run.settings, o.out), o.out);
}
int interpolate(Arguments arguments) {
  const Options options(arguments,
                        {"path", "out", "data-dir", "threads", "seed", "weights", "split"});
  const bool spherical = options.one_of("path", {"linear", "spherical"}) == "spherical";
  const Opened o = open(options, spherical ? "interpolation-spherical" : "interpolation");
  return drawn(draw_interpolation(*o.run.model, o.examples, o.run.settings, spherical, o.out),
               o.out);
}

std::string described(const char* usage, const char* what, const char* more, const char* example) {
  return fmt::format(
      "usage: vaegrad {}\n\n{}\n\n  RUN                     its folder [runs/latest]\n{}"
      "  --out FILE.png          [in the run's folder]\n"
      "  --weights NAME          last, or best on validation [last]\n"
      "  --data-dir DIR          where the data lie now [as in training]\n"
      "  --threads N\n\nexample: vaegrad {}\n",
      usage, what, more, example);
}
std::string sample_help() {
  return described(
      "sample [RUN] [options]", "Draws E[x|z] for z from the prior.",
      "  --count N               [100]\n"
      "  --class C               of a conditional model [a row for each]\n"
      "  --from WHAT             prior, or aggregate: z ~ q(z|x) of training x [prior]\n"
      "  --temperature T         factor on z [1]\n"
      "  --seed N                [the run's]\n",
      "sample runs/latest --count 25 --temperature 0.7 --out few.png");
}
std::string reconstruct_help() {
  return described("reconstruct [RUN] [options]", "Draws images and what the model makes of them.",
                   "  --split NAME            train, validation or test [test]\n",
                   "reconstruct --split train");
}
std::string traverse_help() {
  return described(
      "traverse [RUN] [options]", "Draws what each latent does: one row for each, from -3 to 3.",
      "  --split NAME            whose first image is changed [test]\n", "traverse runs/latest");
}
std::string interpolate_help() {
  return described("interpolate [RUN] [options]",
                   "Draws the way from image to image through the code.",
                   "  --path NAME             linear or spherical [linear]\n"
                   "  --split NAME            train, validation or test [test]\n",
                   "interpolate --path spherical");
}

}  // namespace

const Command sample_command{"sample", "draws images from the prior", sample, sample_help};
const Command reconstruct_command{"reconstruct", "draws images beside their reconstructions",
                                  reconstruct, reconstruct_help};
const Command traverse_command{"traverse", "draws what each latent does", traverse, traverse_help};
const Command interpolate_command{"interpolate", "draws the way from image to image", interpolate,
                                  interpolate_help};

}  // namespace vaegrad
