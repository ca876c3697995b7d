// vaegrad sample, reconstruct, traverse, interpolate: pictures of a trained run.
#include <fmt/format.h>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>
#include <vaegrad/lab/uses/decode.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

using Path = std::filesystem::path;

// Where it goes: --out, or NAME.png in the run's folder. Error: no format that is written.
Path out_file(const Options& options, const LoadedRun& run, const char* name, bool numbers = true) {
  const Path out = options.text("out", (run.folder / concat(name, ".png")).string());
  check_output_name(out, true, numbers);
  return out;
}
int drawn(bool ok, const Path& path) {
  if (ok) fmt::print("{}\n", path.string());
  return ok ? 0 : 1;
}
int written(const Model& model, const OwnedMatrix& x, const Path& path) {
  const auto dims = shape_of_many(model, std::size_t(x.rows));
  write_numbers(path, dims, x);
  fmt::print("{}: {} x {} numbers\n", path.string(), x.rows, x.cols);
  return 0;
}
void needs_a_prior(const LoadedRun& run) {
  check<UsageError>(!run.model->deterministic || run.model->fitted_prior,
                    "an autoencoder has no distribution of codes to draw from", hint,
                    "vaegrad fit-prior ", typed(run.folder), ", then --from mixture");
}
// --split of the run's data, all of others that --data names, or the --images of them
Examples examples_of(const Options& options, LoadedRun& run, RunData& data) {
  data = load_named_data(run, names_of(options, true));
  const bool all = !data.own && data.set.train.file == data.set.test.file && !options.has("split");
  Examples examples = all ? choose_split(data.set, "all") : split_of(options, data.set);
  if (options.has("images")) {
    std::vector<std::uint32_t> rows;
    for (const std::int64_t i : options.integers("images", 0, std::int64_t(examples.count()) - 1))
      rows.push_back(examples.rows[std::size_t(i)]);
    examples.rows = rows;
  }
  return examples;
}

// That a prior fitted to the codes may draw better, where one can be.
void say_fitted(const LoadedRun& run) {
  if (!run.model->standard_normal || run.model->hierarchical() || is_table(*run.model)) return;
  for (const Fit* fit : fits())
    if (is_fitted(run, *fit))
      return say("--from {} draws from what was fitted to the codes of this run\n", fit->name);
  say("closer to the data: vaegrad fit-prior {}, then --from mixture\n", run.folder.string());
}

// What codes are drawn from.
std::vector<std::string> origins() {
  std::vector<std::string> names = names_of(fits());
  names.insert(names.begin(), {"prior", "aggregate"});
  return names;
}

int sample(Arguments arguments) {
  const Options options(
      arguments, of_a_run({"count", "class", "from", "temperature", "out", "seed", "split"}));
  LoadedRun run = open_run(options);
  const Model& model = *run.model;
  const std::string from = options.one_of("from", origins());
  if (from != "prior" && from != "aggregate") use_fitted_prior(run, fit(from));

  needs_a_prior(run);
  const Path out = out_file(options, run, "samples");
  Sampling s;
  if (model.fitted_prior) s.prior = concat("a ", from, " fitted to its codes");
  s.count = std::size_t(options.integer("count", 100, 1, is_numbers_name(out) ? 1000000 : 10000));
  if (options.has("class")) s.of_class = class_of(options, run);
  s.class_names = class_names(run);
  s.temperature = options.real("temperature", 1, 0, 100);
  check_temperature(model, s);
  s.seed = std::uint64_t(options.integer("seed", std::int64_t(run.settings.seed), 0, INT64_MAX));
  const bool aggregate = from == "aggregate";
  // The prior needs no data; codes of training images do, and so do images that are completed.
  RunData data;
  Examples completed;
  const bool needs_data = aggregate || !model.given_pixels.empty();
  const auto asked = [&](std::string_view name) {
    check<UsageError>(needs_data || !options.has(std::string(name)), "--", name,
                      ": z is drawn from the prior, which needs no data", hint,
                      "leave it out, or --from aggregate");
  };
  std::ranges::for_each(data_options, asked), asked("split");
  if (needs_data) {
    data = load_named_data(run, names_of(options));
    completed = split_of(options, data.set);
    s.completed = &completed;
    if (aggregate) s.aggregate = &data.set.train;
  }
  if (from == "prior") say_fitted(run);
  if (is_numbers_name(out)) return written(model, vaegrad::sample(model, run.settings, s), out);
  if (is_table(model)) return drawn(draw_table_samples(model, nullptr, run.settings, s, out), out);
  return drawn(draw_samples(model, run.settings, s, out), out);
}
int reconstruct(Arguments arguments) {
  const Options options(arguments, of_a_run({"images", "out", "split"}));
  LoadedRun run = open_run(options);
  const Path out = out_file(options, run, "reconstructions");
  RunData data;
  const Examples examples = examples_of(options, run, data);
  const Model& model = *run.model;
  if (is_numbers_name(out))
    return written(model, vaegrad::reconstruct(model, examples, run.settings), out);
  if (is_table(model))
    return drawn(draw_table_reconstructions(model, examples, run.settings, out), out);
  return drawn(draw_reconstructions(model, examples, run.settings, out), out);
}
int traverse(Arguments arguments) {
  const Options options(arguments, of_a_run({"images", "class", "out", "split"}));
  LoadedRun run = open_run(options);
  const Path out = out_file(options, run, "traversals", false);
  const Model& model = *run.model;
  const bool of_image = options.has("split") || options.has("data") || options.has("images");
  if (of_image || model.deterministic || !model.given_pixels.empty()) {
    check<UsageError>(!options.has("class"), "--class: an image brings its own", hint,
                      "leave out --class, or --split, --data and --images");
    RunData data;
    const Examples examples = examples_of(options, run, data);
    return drawn(draw_traversal(model, &examples, run.settings, out), out);
  }
  Index c = model.classes() ? model.class_in_turn(0) : 0;
  if (options.has("class")) c = class_of(options, run);
  return drawn(draw_traversal(model, nullptr, run.settings, out, recorded_kl(run.folder), c), out);
}
int interpolate(Arguments arguments) {
  const Options options(arguments, of_a_run({"path", "steps", "images", "out", "seed", "split"}));
  bool spherical = options.one_of("path", {"linear", "spherical"}) == "spherical";
  const Index steps = Index(options.integer("steps", 11, 2, 1000));
  LoadedRun run = open_run(options);
  const bool sphere = run.model->posterior->sphere;
  check<UsageError>(!sphere || spherical || !options.has("path"),
                    "--path linear: it leaves the unit sphere, on which the model's codes lie",
                    hint, "--path spherical, which needs no saying");
  spherical |= sphere;
  const Path out = out_file(options, run, spherical ? "interpolation-spherical" : "interpolation");
  RunData data;
  const Examples examples = examples_of(options, run, data);
  check<UsageError>(!options.has("images") || examples.count() % 2 == 0,
                    "--images: ", examples.count(), " of them, but each way has two ends", hint,
                    "--images 3,7 goes from image 3 to image 7");
  if (is_numbers_name(out))
    return written(*run.model, interpolated(*run.model, examples, run.settings, spherical, steps),
                   out);
  return drawn(draw_interpolation(*run.model, examples, run.settings, spherical, out, steps), out);
}

std::string described(const char* usage, const char* what, const char* more, const char* example,
                      const char* kinds = "a picture: .png, .svg; numbers: .npy, .csv [in RUN]") {
  return fmt::format(
      "usage: vaegrad {}\n\n{}\n\n  RUN                     its folder [runs/latest]\n{}"
      "  --out FILE              {}\n"
      "  --weights NAME          last, or best on validation [last]\n"
      "  --data NAME|PATH        other images; or the run's own, where they lie now\n"
      "  --data-dir DIR          holds mnist/ .. [as in training]\n"
      "  --threads N\n\nexample: vaegrad {}\n",
      usage, what, more, kinds, example);
}
std::string sample_help() {
  return described("sample [RUN] [options]", "Draws E[x|z] for z from the prior.",
                   "  --count N               [100]\n"
                   "  --class C               number or name, of a conditional model [all]\n"
                   "  --from WHAT             prior; aggregate: z ~ q(z|x) of training x; or what\n"
                   "                          fit-prior fitted: mixture, two-stage, flow [prior]\n"
                   "  --temperature T         factor on z [1]\n"
                   "  --seed N                [the run's]\n",
                   "sample runs/latest --count 25 --temperature 0.7 --out few.png");
}
std::string reconstruct_help() {
  return described("reconstruct [RUN] [options]", "Draws images and what the model makes of them.",
                   "  --split NAME            train, validation or test [test]\n"
                   "  --images N,N..          these, counted from 0 [spread evenly]\n",
                   "reconstruct --data photos --out photos.npy");
}
std::string traverse_help() {
  return described("traverse [RUN] [options]",
                   "Draws what each latent does: one row for each, from -3 to 3.",
                   "  --class C               of a conditional model [the first]\n"
                   "  --split NAME            .. around a split's first image [the prior's mean]\n",
                   "traverse runs/latest", "a picture: .png, .svg [in RUN]");
}
std::string interpolate_help() {
  return described("interpolate [RUN] [options]",
                   "Draws the way from image to image through the code.",
                   "  --path NAME             linear or spherical [linear; spherical on a sphere]\n"
                   "  --images N,N..          from each first to each second [spread evenly]\n"
                   "  --steps N               points on the way, its ends included [11]\n"
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
