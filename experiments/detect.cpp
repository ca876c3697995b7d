// vaegrad detect: how well scores of a trained run tell anomalous examples from normal ones.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/detection.hpp>
#include <vaegrad/models/metrics/roc.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

struct Sets {
  Examples normal, anomalous;
  std::string normal_name, anomalous_name;
};

Sets two_sets(const Options& options, const LoadedRun& run, const DataSet& own,
              Settings& settings) {
  const std::string name = options.text("data", "");
  DataNames names = names_of(options, true);
  const OtherData other = load_other_data(run, names, settings);
  say_note(other.examples);
  if (!options.has("anomalous-classes")) return {own.test, other.examples, run.settings.data, name};
  const auto& labels = other.examples.file->labels;
  check<UsageError>(!labels.empty(), "--anomalous-classes: ", name, " has no labels", hint,
                    "--labels FILE");
  const std::string list = options.text("anomalous-classes", "");
  const std::vector<std::string>& known = other.examples.file->label_names;
  std::vector<bool> anomalous(other.classes);
  std::istringstream in(list);
  for (std::string one; std::getline(in, one, ',');)
    anomalous[std::size_t(
        class_option("anomalous-classes", one, known, std::int64_t(other.classes) - 1))] = true;
  Sets sets{other.examples, other.examples, name, "class " + list};
  std::erase_if(sets.normal.rows, [&](auto row) { return anomalous[labels[row]]; });
  std::erase_if(sets.anomalous.rows, [&](auto row) { return !anomalous[labels[row]]; });
  check(sets.normal.count() && sets.anomalous.count(), "--anomalous-classes ", list, ": ",
        sets.normal.count(), " normal and ", sets.anomalous.count(), " anomalous examples of ",
        name, hint, "some of both are needed");
  return sets;
}

// All that the model and the data allow; those that they do not are named.
std::vector<AnomalyScore> chosen_scores(const Options& options, const Model& model, bool real) {
  const std::string name = options.text("score", "all");
  std::vector<AnomalyScore> chosen;
  std::string known = "all", left_out;
  for (const AnomalyScore& s : anomaly_scores()) {
    known += concat(", ", s.name);
    const bool pixels = s.needs == AnomalyScore::plane || s.needs == AnomalyScore::neighbours;
    const bool possible = !model.deterministic || pixels || s.needs == AnomalyScore::code;
    const bool measured = !s.of_log_px() || model.has_likelihood();
    const bool bytes = s.needs != AnomalyScore::bytes || !real;
    const bool plane = s.needs != AnomalyScore::plane || model.dimensions() > 1;
    const bool given = s.needs != AnomalyScore::background || options.has("background");
    if (name == "all" && given && !(possible && bytes && plane && measured))
      left_out += concat(left_out.empty() ? "" : "; ", s.name,
                         !plane      ? " (needs two columns)"
                         : !possible ? " (needs a distribution of codes)"
                         : !measured ? " (needs a likelihood)"
                                     : " (needs images of bytes)");
    if (name == "all" ? possible && given && bytes && plane && measured : name == s.name) {
      check<UsageError>(plane, "--score ", name, ": one column, which is every plane of it", hint,
                        "--score knn");
      check<UsageError>(possible, "--score ", name, ": an autoencoder has no p(x)", hint,
                        "--score reconstruction");
      if (!measured) check_is_likelihood(*model.decoder.head.row, concat("--score ", name));
      check<UsageError>(given, "--score ", name, ": it needs a background model", hint,
                        "train one with --mutate 0.2, then --background RUN");
      check<UsageError>(bytes, "--score ", name, ": the data are real numbers", hint,
                        "it needs images with bytes 0..255; --score all takes what there is");
      chosen.push_back(s);
    }
  }
  check<UsageError>(!chosen.empty(), "--score: there is no '", name, "'", hint, "one of ", known);
  if (!left_out.empty()) say("left out: {}\n", left_out);
  return chosen;
}

LoadedRun open_background(const Options& options, const LoadedRun& run) {
  LoadedRun b =
      load_run(options.text("background", ""), options.one_of("weights", {"last", "best"}));
  check<UsageError>(b.settings.mutate > 0, b.folder.string(),
                    ": no background model: it was trained without --mutate", hint,
                    "vaegrad train --mutate 0.2, with the other settings as they were");
  const Model &m = *run.model, &n = *b.model;
  check<UsageError>(m.image == n.image && m.decoder.head.row == n.decoder.head.row &&
                        run.settings.binarize == b.settings.binarize,
                    b.folder.string(), ": its log p(x) cannot be compared: ", n.image, " ",
                    n.decoder.head.row->name, ", the run has ", m.image, " ",
                    m.decoder.head.row->name, hint,
                    "a background model has the run's data, --likelihood and --binarize");
  return b;
}

std::vector<std::uint8_t> bytes_of(const Examples& examples, std::size_t i) {
  Examples one = examples;
  one.rows = {examples.rows[i]};
  return grey(pixels(one).numbers);
}

// Two rows of the highest scores, two of the lowest.
void draw_extremes(const Sets& sets, const std::vector<double>& score, const char* name,
                   const std::filesystem::path& path) {
  constexpr std::size_t columns = 10;
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
  ImageGrid grid;
  grid.title = concat("Most and least anomalous by ", name, ", and how many of a row are");
  grid.of(sets.normal.file->shape());
  grid.columns = int(columns), grid.rows_per_group = 2;
  const std::size_t n = order.size(), normal = sets.normal.count();
  const std::size_t shown = std::min<std::size_t>(2 * columns, n / 2 / columns * columns);
  const auto row = [&](std::size_t first) {
    std::size_t anomalous = 0;
    for (std::size_t r = first; r < first + columns; ++r) {
      const std::size_t i = order[r];
      const bool is = i >= normal;
      anomalous += is;
      const auto bytes = is ? bytes_of(sets.anomalous, i - normal) : bytes_of(sets.normal, i);
      grid.pixels.insert(grid.pixels.end(), bytes.begin(), bytes.end());
    }
    const bool high = first < n / 2;
    grid.row_labels.push_back(fmt::format("{} {}-{}: {} of {}", high ? "highest" : "lowest",
                                          high ? first + 1 : n - first - columns + 1,
                                          high ? first + columns : n - first, anomalous, columns));
  };
  for (std::size_t r = 0; r < shown; r += columns) row(r);
  for (std::size_t r = n - shown; r < n; r += columns) row(r);
  if (shown) draw(grid, path);
}

// One score of all the examples, and how well it tells them apart.
struct Judged {
  const char* name;
  std::vector<double> normal, anomalous;  // scores, by example
  DetectionQuality quality;
};

std::vector<Judged> judge(const std::vector<AnomalyScore>& scores, const Measured& normal,
                          const Measured& anomalous, int resamples) {
  std::vector<Judged> all;
  for (const AnomalyScore& s : scores) {
    all.push_back({s.name, s.of(normal), s.of(anomalous), {}});
    all.back().quality = detection_quality(all.back().normal, all.back().anomalous, resamples);
  }
  return all;
}

void print_table(const std::vector<Judged>& judged) {
  const auto shown = [](const Interval& i) {
    return fmt::format("{:.3f} [{:.3f}, {:.3f}]", i.value, i.low, i.high);
  };
  fmt::print("{:<16}{:<22}{:<22}{}\n", "score", "AUROC", "AUPR", "FPR at 95 % TPR");
  for (const Judged& j : judged)
    fmt::print("{:<16}{:<22}{:<22}{}\n", j.name, shown(j.quality.auroc), shown(j.quality.aupr),
               shown(j.quality.fpr95));
}

nlohmann::json as_json(const std::vector<Judged>& judged) {
  const auto numbers = [](const Interval& i) { return nlohmann::json{i.value, i.low, i.high}; };
  nlohmann::json json;
  for (const Judged& j : judged)
    json[j.name] = {{"auroc", numbers(j.quality.auroc)},
                    {"aupr", numbers(j.quality.aupr)},
                    {"fpr_at_95_tpr", numbers(j.quality.fpr95)}};
  return json;
}

// A line an example: normal ones first.
std::string as_csv(const std::vector<Judged>& judged, const Sets& sets) {
  std::string csv = "anomalous,row,label";
  for (const Judged& j : judged) csv += concat(',', j.name);
  const auto lines = [&](const Examples& from, bool anomalous) {
    for (std::size_t i = 0; i < from.count(); ++i) {
      csv += fmt::format("\n{:d},{},", anomalous, from.rows[i]);
      if (!from.file->labels.empty()) csv += std::to_string(from.file->labels[from.rows[i]]);
      for (const Judged& j : judged)
        csv += fmt::format(",{:.9g}", (anomalous ? j.anomalous : j.normal)[i]);
    }
  };
  lines(sets.normal, false), lines(sets.anomalous, true);
  return csv + '\n';
}

Chart roc_chart(const std::vector<Judged>& judged) {
  Chart chart{"Anomaly detection", "false positive rate", "true positive rate"};
  chart.square = true, chart.x_range = chart.y_range = std::pair(0.0, 1.0);
  for (const Judged& j : judged) {
    const Roc curve = roc(j.normal, j.anomalous);
    chart.series.push_back({j.name, curve.false_positives, curve.true_positives, Mark::line});
  }
  return chart;
}

int run_detect(Arguments arguments) {
  const Options options(arguments,
                        {"data", "labels", "anomalous-classes", "background", "score", "particles",
                         "resamples", "limit", "out", "weights", "data-dir", "threads", "binarize",
                         "train-data", "train-labels", "label-column", "drop-columns"});
  check<UsageError>(options.has("data"), "--data: what shall be looked at?", hint,
                    "--data mnist, or a file");
  const Index particles = Index(options.integer("particles", 100, 1, 10000));
  const int resamples = int(options.integer("resamples", 1000, 0, 100000));
  const std::size_t limit = std::size_t(options.integer("limit", 0, 1, 1 << 30));
  LoadedRun opened = open_run(options);
  std::optional<LoadedRun> background;
  if (options.has("background")) background = open_background(options, opened);
  const DataSet own = load_named_data(opened, {.data = options.text("train-data", ""),
                                               .labels = options.text("train-labels", ""),
                                               .option = "--train-data"})
                          .set;
  Settings of_other = opened.settings;
  Sets sets = two_sets(options, opened, own, of_other);
  const bool real = sets.normal.file->real() || sets.anomalous.file->real();
  const auto scores = chosen_scores(options, *opened.model, real);
  // what is 0 and 1 already is not drawn again
  if (options.has("binarize")) opened.settings.binarize = of_other.binarize;
  for (Examples* examples : {&sets.normal, &sets.anomalous})
    if (limit) examples->rows = spread(*examples, limit);
  const std::filesystem::path out = out_folder(options, opened, "detect");

  Progress progress;
  const auto measured = [&](const Examples& examples) {
    return measure(opened, background ? &*background : nullptr, own.train, examples, scores,
                   particles, [&](const std::string& line) { progress.update(line); });
  };
  const Measured of_normal = measured(sets.normal), of_anomalous = measured(sets.anomalous);
  progress.finish(fmt::format("{} scores of {} examples in {}", scores.size(),
                              sets.normal.count() + sets.anomalous.count(),
                              duration(progress.seconds())));
  const auto judged = judge(scores, of_normal, of_anomalous, resamples);

  fmt::print(
      "normal: {} examples of {}; anomalous: {} of {}\n"
      "{} samples of z each; [95 % of {} bootstrap resamples]\n\n",
      sets.normal.count(), sets.normal_name, sets.anomalous.count(), sets.anomalous_name, particles,
      resamples);
  print_table(judged);
  write_atomically(out / "scores.csv", as_csv(judged, sets));
  write_atomically(out / "detect.json", json_text(as_json(judged)));
  draw(roc_chart(judged), out / "roc.png");
  const bool images = sets.normal.file->height > 1;
  if (images) {
    std::vector<double> first = judged[0].normal;
    first.insert(first.end(), judged[0].anomalous.begin(), judged[0].anomalous.end());
    draw_extremes(sets, first, judged[0].name, out / "anomalies.png");
  }
  fmt::print("\n{}: detect.json, scores.csv, roc.png{}\n", out.string(),
             images ? ", anomalies.png" : "");
  return 0;
}

std::string detect_help() {
  std::string to =
      "usage: vaegrad detect [RUN] --data NAME|PATH [options]\n\n"
      "Scores how anomalous examples are to a trained run, and how well each score\n"
      "tells anomalous from normal ones. Without --anomalous-classes the run's own test\n"
      "examples are normal and --data is anomalous.\n\n"
      "  RUN                     its folder [runs/latest]\n"
      "  --data NAME|PATH        a set's test images, or all of a file\n"
      "  --labels FILE           .. and their labels; of a table --label-column NAME|N\n"
      "  --anomalous-classes N,N..  by number or name: these are anomalous, the others\n"
      "                          of --data normal\n"
      "  --background RUN        a run trained with --mutate RATE, for the score ratio\n"
      "  --score NAME            one of these, or all of them [all]\n";
  for (const AnomalyScore& s : anomaly_scores())
    to += fmt::format("      {:<20}{}\n", s.name, s.what);
  return to +
         "  --binarize HOW          of --data, when it is grey [as in training]\n"
         "  --train-data NAME|PATH  where the run's own data lie now [as in training]\n"
         "  --particles K           samples of z per example [100]\n"
         "  --resamples N           of the bootstrap [1000]\n"
         "  --limit N               only N examples of each kind, spread evenly\n"
         "  --out DIR               [detect in the run's folder]\n" +
         opened_help +
         "\nexample: vaegrad train --data mnist --binarize sample \\\n           --classes "
         "0,1,2,3,4,5,6,8,9\n"
         "         vaegrad detect --data mnist --anomalous-classes 7\n";
}

}  // namespace

const Command detect_command{"detect", "finds anomalous images, and says how well", run_detect,
                             detect_help};

}  // namespace vaegrad
