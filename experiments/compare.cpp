// vaegrad compare: trained runs side by side. Only runs whose test examples are the same are
// ranked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/file.hpp>
#include <vaegrad/lab/plot.hpp>
#include <vaegrad/lab/run.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

struct Row {
  std::string folder, what;
  nlohmann::json summary;
  double elbo;
};

// What makes ELBOs comparable: the data (by checksum), how they are made 0 or 1, the split, and
// whether the likelihood is a probability or a density.
std::string group_of(const nlohmann::json& summary) {
  const auto& s = summary.at("settings");
  const Likelihood& p = likelihood(s.value("likelihood", "bernoulli"));
  const char* values = p.values == Values::binary ? "0 or 1"
                       : p.values == Values::grey ? "0..255"
                                                  : "density";
  std::string to =
      fmt::format("{}, binarize {}, {}", s.value("data", "?"), s.value("binarize", "none"), values);
  std::string sums = summary.at("data_sha256").dump();
  to += fmt::format(", {} test examples", summary.value("test_examples", 0));
  return to + '\n' + sums;
}

int run(Arguments arguments) {
  std::vector<std::string> folders;
  std::filesystem::path out = "comparison.png";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--out" && i + 1 < arguments.size())
      out = arguments[++i];
    else {
      check<UsageError>(!arguments[i].starts_with("--"), "unrecognised option '", arguments[i], "'",
                        hint, "vaegrad compare RUN RUN .. [--out FILE.png]");
      folders.push_back(arguments[i]);
    }
  }
  check<UsageError>(!folders.empty(), "which runs?", hint, "vaegrad compare runs/a runs/b");

  std::map<std::string, std::vector<Row>> groups;
  Chart chart;
  chart.title = "ELBO on validation (or training, dashed)";
  chart.x_label = "epoch";
  chart.y_label = "nats per example";
  for (const std::string& folder : folders) {
    const std::filesystem::path file = std::filesystem::path(folder) / "summary.json";
    std::error_code error;
    check(std::filesystem::exists(file, error), folder, ": there is no summary.json in it", hint,
          "a run writes it at its end; finish it with vaegrad train --resume ", folder);
    Row row{folder, "",
            nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false),
            std::nan("")};
    check(!row.summary.is_discarded() && row.summary.contains("settings") &&
              row.summary.contains("data_sha256"),
          file.string(), ": damaged, or not written by vaegrad", hint, "train the run again");
    if (row.summary.at("test_elbo").is_number()) row.elbo = row.summary["test_elbo"];
    const auto& s = row.summary["settings"];
    row.what = fmt::format("{} {} z{} {}", s.value("model", "vae"), s.value("hidden", "?"),
                           s.value("latent", "?"), s.value("objective", "elbo"));
    if (s.value("beta", "1") != "1") row.what += " beta " + s.value("beta", "1");
    if (s.value("particles", "1") != "1") row.what += " K " + s.value("particles", "1");
    groups[group_of(row.summary)].push_back(row);

    Series series{.title = folder};
    bool validated = false;
    for (const Metrics& m : read_metrics(folder)) {
      series.x.push_back(m.epoch);
      validated = validated || std::isfinite(m.valid_elbo);
      series.y.push_back(std::isfinite(m.valid_elbo) ? m.valid_elbo : m.train_elbo);
    }
    if (!validated) series.mark = Mark::dashes;
    chart.series.push_back(series);
  }
  for (auto& [group, rows] : groups) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return (std::isnan(a.elbo) ? -1e300 : a.elbo) > (std::isnan(b.elbo) ? -1e300 : b.elbo);
    });
    fmt::print("{}\n", group.substr(0, group.find('\n')));
    fmt::print("  {:>9} {:>9} {:>7} {:>4} {:>6} {:>6}  {}\n", "ELBO", "log p(x|z)", "KL", "act.",
               "epochs", "min", "run");
    for (const Row& r : rows) {
      const auto number = [&](const char* key) {
        return r.summary.at(key).is_number() ? fmt::format("{:.2f}", r.summary[key].get<double>())
                                             : std::string("-");
      };
      fmt::print("  {:>9} {:>10} {:>7} {:>4} {:>6} {:>6.1f}  {}\n", number("test_elbo"),
                 number("test_log_likelihood"), number("test_kl"),
                 r.summary.value("active_units", 0), r.summary["final"].value("epoch", 0),
                 r.summary.value("seconds_training", 0.0) / 60, r.folder);
      fmt::print("  {:>49}{}\n", "", r.what);
    }
  }
  if (groups.size() > 1)
    fmt::print(
        "runs on other data, binarization or examples stand apart: their numbers do not compare\n");
  if (draw(chart, out)) fmt::print("{}\n", out.string());
  return 0;
}

std::string help() {
  return "usage: vaegrad compare RUN RUN .. [--out FILE.png]\n\n"
         "A table of trained runs, best test ELBO first, and their curves in one picture\n"
         "[comparison.png]. Runs with other test examples are listed apart.\n\n"
         "example: vaegrad compare runs/vae runs/iwae --out both.png\n";
}

}  // namespace

const Command compare_command{"compare", "a table and a plot of several runs", run, help};

}  // namespace vaegrad
