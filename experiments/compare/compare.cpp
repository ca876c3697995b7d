// vaegrad compare: trained runs side by side, or by setting where a folder holds a sweep of them.
// Only runs whose test examples are the same are ranked.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/comparison_pictures.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/metrics.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

// -log p(x) by vaegrad evaluate, with a mark when it is not of all test examples
std::string nll_of(const FinishedRun& run) {
  if (!run.evaluation) return "";
  return fmt::format("{:.2f}{}", run.evaluation->nll, run.evaluation->whole ? "" : "*");
}

// Without points where the run has kept none of its epochs.
Series curve(const fs::path& folder) {
  Series series;
  bool validated = false;
  std::error_code error;
  if (!fs::exists(folder / "metrics.csv", error)) return series;
  for (const Metrics& m : read_metrics(folder)) {
    series.x.push_back(m.epoch);
    validated = validated || std::isfinite(m.valid_elbo);
    series.y.push_back(std::isfinite(m.valid_elbo) ? m.valid_elbo : m.train_elbo);
  }
  if (!validated) series.mark = Mark::dashes;
  return series;
}

// Nats per test example; at most 80 columns, as long as names of runs have at most 33.
void print(const std::vector<FinishedRun>& runs) {
  const bool with_nll = std::any_of(runs.begin(), runs.end(),
                                    [](const FinishedRun& r) { return !nll_of(r).empty(); });
  const auto nll = [&](const std::string& text) {
    return with_nll ? fmt::format("{:>10}", text.empty() ? "-" : text) : std::string();
  };
  fmt::print("{}  {:>9} {:>10} {:>7} {:>6} {:>6} {:>6}  {}\n", nll("NLL"), "ELBO", "log p(x|z)",
             "KL", "active", "epochs", "min", "run");
  const auto number = [&](double x) {
    return std::isfinite(x) ? fmt::format("{:.2f}", x) : std::string("-");
  };
  for (const FinishedRun& r : runs) {
    fmt::print("{}  {:>9} {:>10} {:>7} {:>6} {:>6} {:>6.1f}  {}\n", nll(nll_of(r)), number(r.elbo),
               number(r.log_likelihood), number(r.kl), r.active_units, r.epochs, r.seconds / 60,
               r.folder.string());
    fmt::print("  {:>{}}{}\n", "", with_nll ? 61 : 51, r.what);
  }
  for (const FinishedRun& r : runs)
    if (nll_of(r).ends_with('*')) {
      fmt::print("  * of some of the test examples: not comparable with the others\n");
      break;
    }
}

// Best first: by NLL where all of them have one of the same kind, else by ELBO.
void rank(std::vector<FinishedRun>& runs) {
  const auto& first = runs[0].evaluation;
  const bool by_nll = std::all_of(runs.begin(), runs.end(), [&](const FinishedRun& r) {
    const auto& e = r.evaluation;
    return e && e->whole && e->particles == first->particles && e->weights == first->weights;
  });
  std::stable_sort(runs.begin(), runs.end(), [&](const FinishedRun& a, const FinishedRun& b) {
    const auto worth = [&](const FinishedRun& r) {
      return by_nll ? -r.evaluation->nll : std::isnan(r.elbo) ? -1e300 : r.elbo;
    };
    return worth(a) > worth(b);
  });
}

// Says where a picture is; false where it could not be drawn.
bool announced(std::optional<bool> ok, const fs::path& picture) {
  if (ok == true) fmt::print("{}\n", picture.string());
  return ok != false;
}

// Whether its pictures could be drawn, as below
bool compare_runs(const std::vector<FinishedRun>& runs, const fs::path& picture) {
  std::map<std::string, std::vector<FinishedRun>> groups;
  for (const FinishedRun& r : runs)
    groups[r.split_seed.empty() ? r.comparable : concat(r.comparable, r.split_seed)].push_back(r);
  Chart chart{"Validation ELBO (dashed: training ELBO, of a run without validation)", "epoch",
              "nats per example"};
  char letter = 'A';
  for (auto& [group, same] : groups) {
    rank(same);
    const std::string name = groups.size() > 1 ? fmt::format("{}: ", letter++) : "";
    const std::string& seed = same[0].split_seed;
    fmt::print("{}{}{}\n", name, group.substr(0, group.find('\n')),
               seed.empty() ? "" : ", split by seed " + seed);
    if (const std::string why = by_elbo_because(same); !why.empty()) fmt::print("  {}\n", why);
    print(same);
    for (const FinishedRun& r : same) {
      Series one = curve(r.folder);
      one.title = name + r.folder.string();
      if (has_points(one)) chart.series.push_back(std::move(one));
    }
  }
  if (groups.size() > 1)
    fmt::print(
        "runs on other data, binarization or examples stand apart: their numbers do not compare\n");
  if (chart.series.empty()) return true;  // autoencoders have no ELBO, shipped runs no epochs
  return announced(draw(chart, picture), picture);
}

bool compare_settings(const std::vector<Comparison>& comparisons, const fs::path& picture) {
  fmt::print("{}", comparison_text(comparisons));
  if (comparisons.size() > 1)
    fmt::print(
        "runs on other data, binarization or examples stand apart: their numbers do not compare\n");
  bool all = announced(draw_comparison_curves(comparisons, picture), picture);
  const auto beside = [&](const std::string& name) {
    return picture.parent_path() /
           concat(picture.stem().string(), '-', name, picture.extension().string());
  };
  all &= announced(draw_rate_distortion(comparisons, beside("plane")), beside("plane"));
  std::set<std::string> varied;
  for (const Comparison& c : comparisons) varied.insert(c.varied.begin(), c.varied.end());
  for (const std::string& name : varied) {
    const fs::path file = beside(name);
    all &= announced(draw_varied(comparisons, name, file), file);
  }
  return all;
}

struct CompareCall {
  std::vector<fs::path> folders;
  fs::path picture;
  std::map<std::string, fs::path> tables;  // by option
};
CompareCall compare_call(Arguments arguments) {
  CompareCall a;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--out" || word == "--csv" || word == "--markdown" || word == "--latex") {
      check<UsageError>(i + 1 < arguments.size() && !arguments[i + 1].starts_with("--"), word,
                        ": it needs a value", hint, word,
                        word == "--out"     ? " FILE.png"
                        : word == "--csv"   ? " FILE.csv"
                        : word == "--latex" ? " FILE.tex"
                                            : " FILE.md");
      (word == "--out" ? a.picture : a.tables[word]) = arguments[i + 1];
      if (word == "--out") check_output_name(a.picture, true, false);
      if (word == "--csv") check_output_end(a.tables[word], {".csv"}, word);
      if (word == "--markdown") check_output_end(a.tables[word], {".md"}, word);
      if (word == "--latex") check_output_end(a.tables[word], {".tex"}, word);
      ++i;
    } else {
      check<UsageError>(!word.starts_with("--"), "unrecognised option '", word, "'", hint,
                        "vaegrad compare DIR|RUN .. [--out FILE.png]");
      a.folders.push_back(word);
    }
  }
  check<UsageError>(!a.folders.empty(), "which runs?", hint, "vaegrad compare runs/a runs/b");
  return a;
}

int run_compare(Arguments arguments) {
  const CompareCall asked = compare_call(arguments);
  std::vector<fs::path> folders;
  bool sweeps = false;
  for (const fs::path& folder : asked.folders) {
    const std::vector<fs::path> in = runs_in(folder);
    sweeps = sweeps || in.empty() || in[0] != folder;
    check(!in.empty(), folder.string(), ": there is no run in it", hint,
          "the folder of a run, or of a sweep");
    folders.insert(folders.end(), in.begin(), in.end());
  }
  std::vector<FinishedRun> runs;
  std::set<fs::path> seen;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!seen.insert(fs::weakly_canonical(folder, error)).second) continue;
    if (folders.size() > 1 && unfinished(folder)) {
      say("{}: left out, it has no summary.json yet\n", folder.string());
      continue;
    }
    try {
      runs.push_back(read_finished_run(folder));
    } catch (const Error& e) {
      if (folders.size() == 1) throw;
      say("{}: left out: {}\n", folder.string(), e.what());
      continue;
    }
    if (sweeps && runs.back().interrupted) {
      say("{}: left out, it is not finished\n", folder.string());
      runs.pop_back();
    }
  }
  check(!runs.empty(), "none of the ", folders.size(), " runs is finished", hint,
        "finish one with vaegrad train --resume ", typed(folders[0]));
  std::vector<Comparison> comparisons;
  if (sweeps || !asked.tables.empty()) comparisons = compare_by_setting(runs);
  for (const Comparison& c : comparisons)
    for (const fs::path& folder : c.repeated)
      say("{}: left out, another run has its setting and seed\n", folder.string());
  for (const auto& [option, file] : asked.tables) {
    write_atomically(file,
                     std::string_view(option == "--csv"        ? comparison_csv(comparisons)
                                      : option == "--markdown" ? comparison_markdown(comparisons)
                                                               : comparison_latex(comparisons)));
    fmt::print("{}\n", file.string());
  }
  const fs::path beside = sweeps ? asked.folders[0] / "comparison.png" : "comparison.png";
  const fs::path& picture = asked.picture.empty() ? beside : asked.picture;
  return (sweeps ? compare_settings(comparisons, picture) : compare_runs(runs, picture)) ? 0 : 1;
}

std::string compare_help() {
  return "usage: vaegrad compare DIR|RUN .. [options]\n\n"
         "A table of trained runs, the best first: by NLL where evaluate has left one of\n"
         "the same kind for each, else by test ELBO; and their curves in one picture.\n"
         "Of folders of runs, as sweep makes them: by setting, with mean and standard\n"
         "deviation over seeds, the difference to the best with its standard error, and a\n"
         "picture for each setting that varies and one of all by rate and distortion (KL\n"
         "and -log p(x|z)). Runs on other data, binarization or test examples are listed\n"
         "apart.\n\n"
         "  DIR|RUN ..              folders of runs, or of finished runs\n"
         "  --out FILE.png          the picture [comparison.png, in the first DIR]\n"
         "  --csv FILE.csv          the table by setting, with all digits\n"
         "  --markdown FILE.md      .. and with two\n"
         "  --latex FILE.tex        .. for the package booktabs\n\n"
         "example: vaegrad compare runs/vae runs/iwae --out both.png\n";
}

}  // namespace

const Command compare_command{"compare", "runs, or the settings of a sweep, in tables and pictures",
                              run_compare, compare_help};

}  // namespace vaegrad
