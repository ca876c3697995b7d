// vaegrad compare: trained runs side by side. Only runs whose test examples are the same are
// ranked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/data/known_sets.hpp>
#include <vaegrad/lab/data/shapes.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/run.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

struct Row {
  std::string folder, what;
  nlohmann::json summary;
  double elbo;
  std::string nll;  // where it was evaluated; empty elsewhere
};

// -log p(x) by vaegrad evaluate, with a mark when it is not of all test examples
std::string nll_of(const std::string& folder, const nlohmann::json& summary) {
  const std::filesystem::path file = std::filesystem::path(folder) / "evaluation.json";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return "";
  const auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
  if (!json.is_object() || !json.contains("nll") || !json["nll"].is_number()) return "";
  const bool all = json.value("examples", 0) == summary.value("test_examples", -1);
  return fmt::format("{:.2f}{}", json["nll"].get<double>(), all ? "" : "*");
}

// What makes ELBOs comparable: the examples (the files by checksum, and the seed where it decides
// which of them are for testing), how they are made 0 or 1, what is given, and whether the
// likelihood is a probability or a density. Its first line is for people.
std::string group_of(const nlohmann::json& summary) {
  const auto& s = summary.at("settings");
  const auto setting = [&](const char* name, const char* otherwise) {
    return s.value(name, std::string(otherwise));
  };
  const Likelihood& p = likelihood(setting("likelihood", "bernoulli"));
  const char* values = p.values == Values::binary ? "0 or 1"
                       : p.values == Values::grey ? "0..255"
                                                  : "density";
  const std::string data = setting("data", "?");
  std::string to =
      fmt::format("{}, binarize {}, {}, {} test examples", data, setting("binarize", "none"),
                  values, summary.value("test_examples", 0));
  if (const std::string classes = setting("classes", ""); !classes.empty())
    to += ", classes " + classes;
  if (setting("model", "vae") == "cvae" && setting("condition", "label") != "label")
    to += ", given " + setting("condition", "");
  const bool own_test = find_known_set(data) || shape_grid(data) || s.contains("test-data");
  if (!own_test) to += ", split by seed " + setting("seed", "1");
  nlohmann::json sums = summary.at("data_sha256");
  for (const char* labels : {"labels", "test-labels"}) sums.erase(setting(labels, ""));
  return to + '\n' + sums.dump();
}

Row read(const std::string& folder) {
  const std::filesystem::path file = std::filesystem::path(folder) / "summary.json";
  std::error_code error;
  check(std::filesystem::exists(file, error), folder, ": there is no summary.json in it", hint,
        "a run writes it at its end; finish it with vaegrad train --resume ", folder);
  Row row{folder, "", nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false),
          std::nan(""), ""};
  check(!row.summary.is_discarded() && row.summary.contains("settings") &&
            row.summary.contains("data_sha256"),
        file.string(), ": damaged, or not written by vaegrad", hint, "train the run again");
  if (row.summary.at("test_elbo").is_number()) row.elbo = row.summary["test_elbo"];
  row.nll = nll_of(folder, row.summary);
  const auto& s = row.summary["settings"];
  row.what = fmt::format("{} {}-{} {}", s.value("model", "vae"),
                         layers(s.value("network", "mlp"), s.value("hidden", "")),
                         s.value("latent", "?"), s.value("objective", "elbo"));
  if (s.value("beta", "1") != "1") row.what += " beta " + s.value("beta", "1");
  if (s.value("particles", "1") != "1") row.what += " K " + s.value("particles", "1");
  row.what += ", seed " + s.value("seed", "?");
  if (row.summary.value("interrupted", false)) row.what += ", unfinished";
  return row;
}

Series curve(const std::string& folder) {
  Series series;
  bool validated = false;
  for (const Metrics& m : read_metrics(folder)) {
    series.x.push_back(m.epoch);
    validated = validated || std::isfinite(m.valid_elbo);
    series.y.push_back(std::isfinite(m.valid_elbo) ? m.valid_elbo : m.train_elbo);
  }
  if (!validated) series.mark = Mark::dashes;
  return series;
}

// Nats per test example; at most 80 columns, as long as names of runs have at most 33.
void print(const std::vector<Row>& rows) {
  const bool with_nll =
      std::any_of(rows.begin(), rows.end(), [](const Row& r) { return !r.nll.empty(); });
  const auto nll = [&](const std::string& text) {
    return with_nll ? fmt::format("{:>10}", text.empty() ? "-" : text) : std::string();
  };
  fmt::print("{}  {:>9} {:>10} {:>7} {:>6} {:>6} {:>6}  {}\n", nll("NLL"), "ELBO", "log p(x|z)",
             "KL", "active", "epochs", "min", "run");
  for (const Row& r : rows) {
    const auto number = [&](const char* key) {
      const auto& x = r.summary.at(key);
      return x.is_number() ? fmt::format("{:.2f}", x.get<double>()) : std::string("-");
    };
    fmt::print("{}  {:>9} {:>10} {:>7} {:>6} {:>6} {:>6.1f}  {}\n", nll(r.nll), number("test_elbo"),
               number("test_log_likelihood"), number("test_kl"), r.summary.value("active_units", 0),
               r.summary["final"].value("epoch", 0), r.summary.value("seconds_training", 0.0) / 60,
               r.folder);
    fmt::print("  {:>{}}{}\n", "", with_nll ? 61 : 51, r.what);
  }
  for (const Row& r : rows)
    if (r.nll.ends_with('*')) {
      fmt::print("  * of some of the test examples: not comparable with the others\n");
      break;
    }
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
  for (const std::string& folder : folders) {
    std::error_code error;
    if (folders.size() > 1 &&
        std::filesystem::exists(std::filesystem::path(folder) / "config.ini", error) &&
        !std::filesystem::exists(std::filesystem::path(folder) / "summary.json", error)) {
      fmt::print(stderr, "{}: left out, it has no summary.json yet\n", folder);
      continue;
    }
    Row row = read(folder);
    groups[group_of(row.summary)].push_back(row);
  }
  check(!groups.empty(), "none of the ", folders.size(), " runs is finished", hint,
        "finish one with vaegrad train --resume ", folders[0]);
  Chart chart{"Validation ELBO (dashed: training ELBO, of a run without validation)", "epoch",
              "nats per example"};
  char letter = 'A';
  for (auto& [group, rows] : groups) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return (std::isnan(a.elbo) ? -1e300 : a.elbo) > (std::isnan(b.elbo) ? -1e300 : b.elbo);
    });
    const std::string name = groups.size() > 1 ? fmt::format("{}: ", letter++) : "";
    fmt::print("{}{}\n", name, group.substr(0, group.find('\n')));
    print(rows);
    for (const Row& r : rows) {
      chart.series.push_back(curve(r.folder));
      chart.series.back().title = name + r.folder;
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
         "A table of trained runs, best test ELBO first, and their curves in one picture.\n"
         "Runs on other data, binarization or test examples are listed apart.\n\n"
         "  RUN ..                  folders of finished runs\n"
         "  --out FILE.png          the picture [comparison.png]\n\n"
         "example: vaegrad compare runs/vae runs/iwae --out both.png\n";
}

}  // namespace

const Command compare_command{"compare", "a table and a plot of several runs", run, help};

}  // namespace vaegrad
