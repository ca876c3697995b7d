// vaegrad probe: what simple classifiers read from the codes with few labels, beside pixels and
// PCA.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/models/metrics/pca.hpp>
#include <vaegrad/models/metrics/probe.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

std::vector<std::size_t> label_counts(const std::string& text) {
  std::vector<std::size_t> counts;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');)
    counts.push_back(one == "all" ? 0
                                  : std::size_t(integer_option("label-counts", one, 1, 1 << 30)));
  check<UsageError>(!counts.empty(), "--label-counts: no numbers in '", text, "'", hint,
                    "--label-counts 100,1000,all");
  return counts;
}

// Codes beat the other features, or lose to them, when the average difference over the same draws
// of labels is beyond two standard errors. With all labels there is one draw, and any difference
// counts.
std::string verdict(const Spread& d) {
  const bool beyond = std::abs(d.mean) > 2 * d.standard_error();
  const std::string error = d.count > 1 ? fmt::format("±{:.2f}", 100 * d.standard_error()) : "";
  return fmt::format("{:+6.2f} {:<5} {}", 100 * d.mean, error,
                     !beyond      ? "tie "
                     : d.mean > 0 ? "won "
                                  : "LOST");
}

void print_table(const std::vector<ProbeCell>& cells, const char* classifier, std::size_t sets) {
  // Cells come set by set; the i-th of each set belong together.
  const std::size_t per_set = cells.size() / sets;
  fmt::print("\n{:<8}", classifier);
  for (std::size_t s = 0; s < sets; ++s) fmt::print("{:>14}", cells[s * per_set].features);
  for (std::size_t s = 1; s < sets; ++s)
    fmt::print("{:>19}", "codes - " + cells[s * per_set].features.substr(
                                          0, cells[s * per_set].features.find(' ')));
  fmt::print("\n");
  for (std::size_t i = 0; i < per_set; ++i) {
    if (cells[i].classifier != std::string_view(classifier)) continue;
    fmt::print("{:<8}", cells[i].labels);
    for (std::size_t s = 0; s < sets; ++s) {
      const Spread a = spread(cells[s * per_set + i].accuracy);
      fmt::print("{:>14}", a.count > 1
                               ? fmt::format("{:.2f} ±{:4.2f}", 100 * a.mean, 100 * a.deviation)
                               : fmt::format("{:.2f}      ", 100 * a.mean));
    }
    for (std::size_t s = 1; s < sets; ++s)
      fmt::print("{:>19}", verdict(paired(cells[i].accuracy, cells[s * per_set + i].accuracy)));
    fmt::print("\n");
  }
}

void draw_table(const std::vector<ProbeCell>& cells, const std::filesystem::path& path) {
  std::vector<Chart> charts;
  for (const char* classifier : {"linear", "k-NN"}) {
    Chart chart{classifier == std::string_view("linear") ? "Linear probe" : "k nearest neighbours",
                "labels", "test accuracy (%)"};
    chart.log_x = true;
    for (const ProbeCell& c : cells) {
      if (c.classifier != std::string_view(classifier)) continue;
      if (chart.series.empty() || chart.series.back().title != c.features)
        chart.series.push_back({c.features});
      chart.series.back().x.push_back(double(c.labels));
      chart.series.back().y.push_back(100 * spread(c.accuracy).mean);
    }
    charts.push_back(chart);
  }
  draw(charts, path);
}

int run_probe(Arguments arguments) {
  const Options options(arguments, of_a_run({"label-counts", "draws", "seed", "out"}), {"sample"});
  ProbeSettings settings;
  settings.label_counts = label_counts(options.text("label-counts", "100,600,1000,3000,all"));
  settings.draws = int(options.integer("draws", 10, 1, 1000));
  settings.seed = std::uint64_t(options.integer("seed", 1, 0, INT64_MAX));
  LoadedRun opened = open_run(options);
  const DataSet data = load_named_data(opened, names_of(options)).set;
  check(data.classes > 0, opened.settings.data, ": there are no labels to probe for", hint,
        "train with --labels FILE");
  const std::vector<Label> given = labels_of(data.train);
  check(std::any_of(given.begin(), given.end(), [&](auto y) { return y != given[0]; }),
        opened.settings.data, ": one class: all ", given.size(), " training labels are ",
        int{given[0]}, ", there is nothing to tell apart", hint,
        "give labels of two classes or more");
  if (!options.has("label-counts")) {  // of the usual ones those that there are
    const std::size_t least = 2 * occurring_classes(given, Index(data.classes)),
                      most = most_labels(given, Index(data.classes));
    std::erase_if(settings.label_counts,
                  [&](std::size_t n) { return n && (n < least || n > most || n >= given.size()); });
  }
  const std::filesystem::path out = out_folder(options, opened, "probe");
  const Index latents = opened.model->latent;
  const Code code = options.has("sample") ? Code::sample : Code::mean;

  Progress progress;
  const OwnedMatrix codes = encode(*opened.model, data.train, opened.settings, code);
  const OwnedMatrix test_codes = encode(*opened.model, data.test, opened.settings, code);
  const OwnedMatrix train_pixels = pixels(data.train), test_pixels = pixels(data.test);
  const Pca plane = pca(train_pixels, std::min(latents, train_pixels.cols));
  const OwnedMatrix train_plane = plane.codes(train_pixels), test_plane = plane.codes(test_pixels);
  const Features sets[] = {
      {fmt::format("codes ({})", latents), codes, test_codes},
      {fmt::format("{} ({})", is_table(*opened.model) ? "columns" : "pixels", train_pixels.cols),
       train_pixels, test_pixels},
      {fmt::format("PCA ({})", train_plane.cols), train_plane, test_plane}};
  const auto cells = probe(sets, labels_of(data.train), labels_of(data.test), Index(data.classes),
                           settings, [&](std::size_t done, std::size_t of) {
                             progress.update(fmt::format("probe: {} of {} cells", done, of));
                           });
  progress.finish(fmt::format("probe: {} cells in {}", cells.size(), duration(progress.seconds())));

  fmt::print(
      "accuracy in % on {} test examples: mean and deviation over {} draws of labels;\n"
      "differences over the same draws with their standard error\n",
      data.test.count(), settings.draws);
  for (const char* classifier : {"linear", "k-NN"}) print_table(cells, classifier, std::size(sets));
  nlohmann::json json;
  for (const ProbeCell& c : cells)
    json.push_back({{"features", c.features},
                    {"classifier", c.classifier},
                    {"labels", c.labels},
                    {"accuracy", c.accuracy}});
  write_atomically(out / "probe.json", json_text(json));
  draw_table(cells, out / "probe.png");
  fmt::print("\n{}: probe.json, probe.png\n", out.string());
  return 0;
}

std::string probe_help() {
  return "usage: vaegrad probe [RUN] [options]\n\n"
         "What can be read from the codes with few labels: a linear probe (multinomial\n"
         "logistic regression) and k nearest neighbours on the codes, beside raw pixels\n"
         "and PCA of the same size. Test accuracy over draws of labels, with paired\n"
         "differences.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --label-counts N,N..    [those of 100,600,1000,3000,all that there are]\n"
         "  --draws N               of labels, as many of each class [10]\n"
         "  --sample                codes are samples of q(z|x) [its mean]\n"
         "  --seed N                of the draws [1]\n"
         "  --out DIR               for probe.json and probe.png [RUN/probe]\n"
         "  --data NAME|PATH        the run's own data, where they lie now\n" +
         std::string(opened_help) +
         "\nexample: vaegrad probe runs/latest --label-counts 100,1000\n";
}

}  // namespace

const Command probe_command{"probe", "what classifiers read from the codes with few labels",
                            run_probe, probe_help};

}  // namespace vaegrad
