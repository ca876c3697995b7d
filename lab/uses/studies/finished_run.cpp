#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include <vaegrad/lab/data/drawn/drawn_sets.hpp>
#include <vaegrad/lab/data/known_sets.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/files/natural_order.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>
#include <vaegrad/lab/uses/studies/finished_run.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

nlohmann::json read_json(const fs::path& file) {
  return nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
}

std::optional<RecordedEvaluation> evaluation_of(const fs::path& folder, std::int64_t tested,
                                                const std::string& binarize) {
  const fs::path file = folder / "evaluation.json";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const nlohmann::json json = read_json(file);
  if (!json.is_object() || !json.contains("nll") || !json["nll"].is_number()) return {};
  const auto pixels = json.find("binarize");
  if (pixels != json.end() && (pixels->is_string() ? pixels->get<std::string>() : "") != binarize)
    return {};  // of other pixels than its test ELBO
  const auto error_of = json.value("nll_standard_error", nlohmann::json());
  const std::int64_t examples = json.value("examples", std::int64_t{0});
  return RecordedEvaluation{json["nll"],
                            error_of.is_number() ? error_of.get<double>() : 0,
                            json.value("particles", std::int64_t{0}),
                            examples,
                            json.value("weights", "last"),
                            examples == tested};
}

void set_comparable(FinishedRun& r, const nlohmann::json& summary) {
  const auto setting = [&](const char* name, const char* otherwise) {
    const auto found = r.settings.find(name);
    return found == r.settings.end() ? std::string(otherwise) : found->second;
  };
  const Likelihood& p = likelihood(setting("likelihood", "bernoulli"));
  const char* values = p.instead                    ? p.name
                       : p.values == Values::binary ? "0 or 1"
                       : p.values == Values::grey   ? "0..255"
                                                    : "density";
  const std::string data = setting("data", "?");
  r.comparable =
      fmt::format("{}, binarize {}, {}, {} test examples", data, setting("binarize", "none"),
                  values, summary.value("test_examples", 0));
  for (const char* of : {"classes", "resize", "label-column", "drop-columns", "drop-constant"})
    if (const std::string value = setting(of, ""); !value.empty() && value != "0")
      r.comparable += concat(", ", of, ' ', value);
  if (setting("model", "vae") == "cvae" && setting("condition", "label") != "label")
    r.comparable += ", given " + setting("condition", "");
  if (!find_known_set(data) && !drawn_set(data) && setting("test-data", "").empty())
    r.split_seed = setting("seed", "1");
  nlohmann::json sums = summary.at("data_sha256");
  for (const char* labels : {"labels", "test-labels"}) sums.erase(setting(labels, ""));
  r.comparable += '\n' + json_line(sums);
}

void set_words(FinishedRun& r) {
  r.what = fmt::format("{} {}-{} {}", r.setting("model"),
                       layers(r.setting("network"), r.setting("hidden")), r.setting("latent"),
                       r.setting("objective"));
  if (r.setting("beta") != "1") r.what += " beta " + r.setting("beta");
  if (r.setting("particles") != "1") r.what += " K " + r.setting("particles");
  r.what += ", seed " + r.setting("seed");
  if (r.interrupted) r.what += ", unfinished";
}

}  // namespace

std::string FinishedRun::setting(const std::string& name) const {
  const auto found = settings.find(name);
  if (found != settings.end()) return found->second;
  for (const Setting& s : all_settings())
    if (s.name == name) return s.get(Settings{});
  return "";
}

std::vector<double> FinishedRun::each(bool nll) const {
  const fs::path file = folder / "evaluation.csv";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  std::istringstream in(read_file(file, std::size_t{1} << 30));
  std::vector<double> to;
  double sum = 0;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    const std::size_t first = line.find(','), second = line.find(',', first + 1);
    if (second == line.npos) return {};
    const std::string number =
        nll ? line.substr(second + 1) : line.substr(first + 1, second - first - 1);
    if (number.empty()) return {};
    to.push_back(std::strtod(number.c_str(), nullptr));
    sum += to.back();
  }
  // a process that died between the two files of an evaluation
  const double mean = nll ? (evaluation ? evaluation->nll : NAN) : elbo;
  return std::abs(sum / double(to.size()) - mean) <= 1e-4 ? to : std::vector<double>{};
}

FinishedRun read_finished_run(const fs::path& folder) {
  const fs::path file = folder / "summary.json";
  std::error_code error;
  check(fs::exists(file, error), folder.string(), ": there is no summary.json in it", hint,
        "a run writes it at its end; finish it with vaegrad train --resume ", typed(folder));
  const nlohmann::json json = read_json(file);
  check(!json.is_discarded() && json.contains("settings") && json.contains("data_sha256"),
        file.string(), ": damaged, or not written by vaegrad", hint, "train the run again");
  FinishedRun r;
  r.folder = folder;
  try {
    r.settings = json.at("settings").get<std::map<std::string, std::string>>();
    const auto number = [&](const char* key) {
      const auto& x = json.at(key);
      return x.is_number() ? x.get<double>() : NAN;
    };
    r.elbo = number("test_elbo");
    r.log_likelihood = number("test_log_likelihood"), r.kl = number("test_kl");
    r.test_examples = json.value("test_examples", std::int64_t{-1});
    r.active_units = json.value("active_units", 0);
    r.epochs = json.at("final").value("epoch", 0);
    r.seconds = json.value("seconds_training", 0.0);
    r.interrupted = json.value("interrupted", false);
    r.evaluation = evaluation_of(folder, r.test_examples, r.setting("binarize"));
    set_comparable(r, json);
  } catch (const nlohmann::json::exception& e) {
    fail(file.string(), ": damaged: ", e.what(), hint, "train the run again");
  }
  set_words(r);
  return r;
}

bool unfinished(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "config.ini", error) && !fs::exists(folder / "summary.json", error);
}

std::vector<fs::path> runs_in(const fs::path& folder) {
  std::error_code error;
  check(fs::is_directory(folder, error), folder.string(), ": there is no such folder", hint,
        "the folder of a run, or of a sweep");
  if (fs::exists(folder / "config.ini", error)) return {folder};
  std::vector<fs::path> to;
  for (const fs::directory_entry& e : fs::directory_iterator(folder, error)) {
    if (e.is_symlink(error)) continue;
    if (fs::exists(e.path() / "config.ini", error)) to.push_back(e.path());
    if (!fs::exists(e.path() / "sweep.json", error)) continue;
    const std::vector<fs::path> of_sweep = runs_in(e.path());
    to.insert(to.end(), of_sweep.begin(), of_sweep.end());
  }
  std::sort(to.begin(), to.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.native(), b.native());
  });
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
