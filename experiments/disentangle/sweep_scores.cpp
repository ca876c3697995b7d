// Settings of a sweep, ranked by how much the runs of each agree that differ by their seed (UDR);
// and, where the factors are known, by every score that asks for them.
#include "sweep_scores.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/pictures/comparison_pictures.hpp>

namespace vaegrad {
namespace {

std::vector<FinishedRun> finished_runs(const std::filesystem::path& folder) {
  std::vector<FinishedRun> runs;
  for (const std::filesystem::path& in : runs_in(folder)) {
    if (!unfinished(in)) runs.push_back(read_finished_run(in));
    if (unfinished(in) || runs.back().interrupted) {
      say("{}: left out, it is not finished\n", in.string());
      if (!unfinished(in)) runs.pop_back();
    }
  }
  check(!runs.empty(), "--sweep ", folder.string(), ": there is no finished run in it", hint,
        "a folder of runs, as vaegrad sweep --seeds 1..5 makes it");
  return runs;
}

using Scores = std::vector<DisentanglementScore>;

struct Studied {
  const Comparison* among;
  const SettingResult* setting;
  std::size_t examples = 0;
  std::optional<DisentanglementRanking> udr;
  std::vector<Scores> scores;  // of each run; none where no factor is known

  std::vector<double> of_score(std::size_t k) const {
    std::vector<double> to;
    for (const Scores& s : scores) to.push_back(s[k].value);
    return to;
  }
  std::vector<double> distortions() const {
    std::vector<double> to;
    for (const FinishedRun& r : setting->runs) to.push_back(-r.log_likelihood);
    return to;
  }
};

void add_udr(Studied& s, std::span<const OwnedMatrix> codes, bool deterministic) {
  const auto left_out = [&](const std::string& why) {
    say("{}: left out, {}\n", s.setting->name, why);
  };
  const std::vector<FinishedRun>& runs = s.setting->runs;
  if (runs.size() < 2) return left_out("it has one seed");
  std::vector<std::vector<double>> kl;
  std::vector<TrainedCodes> trained;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    kl.push_back(recorded_kl(runs[i].folder));
    if (deterministic || Index(kl.back().size()) != codes[i].cols)
      return left_out(concat(runs[i].folder.string(), " has no KL for each latent"));
  }
  for (std::size_t i = 0; i < runs.size(); ++i) trained.push_back({codes[i], kl[i]});
  s.udr = unsupervised_ranking(trained);
}

// All runs encode the same examples: those of the first, with its pixels.
Studied study(const Comparison& among, const SettingResult& of, const Options& options) {
  Studied s{&among, &of, 0, {}, {}};
  const std::string weights = options.one_of("weights", {"last", "best"});
  LoadedRun first = load_run(of.runs[0].folder, weights);
  if (options.has("data-dir")) first.settings.data_dir = options.text("data-dir", "");
  const DataSet data = load_own_data(first);
  Examples examples = options.has("split") ? split_of(options, data) : data.train;
  const std::int64_t limit = options.integer("limit", 10000, 2, INT64_MAX);
  if (std::size_t(limit) < examples.count()) examples.rows = spread(examples, std::size_t(limit));
  s.examples = examples.count();
  std::vector<OwnedMatrix> codes;
  for (const FinishedRun& r : of.runs)
    codes.push_back(
        encode(*load_run(r.folder, weights).model, examples, first.settings, Code::mean));
  add_udr(s, codes, first.model->deterministic);
  if (examples.file->factors.names.empty()) return s;
  const FactorsOf factors(examples);
  for (const OwnedMatrix& c : codes) {
    const MutualInformationGap gap = mutual_information_gap(c, factors.known());
    s.scores.push_back(disentanglement_scores(c, factors.known(), gap));
  }
  return s;
}

// ---- UDR ----

nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(nullptr);
}
nlohmann::json as_json(const Studied& s) {
  nlohmann::json to{
      {"setting", s.setting->name}, {"udr", number(s.udr->score)}, {"images", s.examples}};
  const std::vector<FinishedRun>& runs = s.setting->runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    to["runs"].push_back({{"run", runs[i].folder.string()},
                          {"seed", runs[i].setting("seed")},
                          {"udr", number(s.udr->of_run[i])},
                          {"informative", s.udr->informative[i]}});
    for (std::size_t j = 0; j < i; ++j)
      to["pairs"].push_back({{"runs", {j, i}}, {"udr", number(s.udr->pairs[i][j])}});
  }
  return to;
}

void print_ranked(std::span<const Studied* const> ranked) {
  fmt::print(
      "UDR: how much trainings agree that differ by their seed (rank correlations of\n"
      "latents with a KL above 0.01 nats); 1: latent for latent\n\n");
  fmt::print("{:>6} {:>15} {:>12} {:>6}  {}\n", "median", "of each run", "informative", "runs",
             "setting, and its best run");
  for (const Studied* s : ranked) {
    const auto order = [](double a, double b) {
      return (std::isnan(a) ? -1 : a) < (std::isnan(b) ? -1 : b);
    };
    const DisentanglementRanking& udr = *s->udr;
    const auto [low, high] = std::minmax_element(udr.of_run.begin(), udr.of_run.end(), order);
    const auto [few, many] = std::minmax_element(udr.informative.begin(), udr.informative.end());
    fmt::print("{:>6.3f} {:>15} {:>12} {:>6}  {}\n{:44}{}\n", udr.score,
               fmt::format("{:.3f}..{:.3f}", *low, *high), fmt::format("{}..{}", *few, *many),
               s->setting->runs.size(), s->setting->name, "",
               s->setting->runs[std::size_t(high - udr.of_run.begin())].folder.string());
  }
}

// ---- scores by known factors ----

void print_scores(std::span<const Studied* const> scored) {
  fmt::print(
      "\nscores by known factors, and below them their deviations over seeds; inf, dis,\n"
      "com: DCI's informativeness, disentanglement, completeness\n\n{:>8} {:>4}",
      "log p", "seeds");
  for (const DisentanglementScore& k : scored[0]->scores[0]) fmt::print(" {:>5}", k.brief);
  fmt::print("\n{:>8}\n", "(x|z)");
  for (const Studied* s : scored) {
    const Spread distortion = spread(s->distortions());
    fmt::print("{}\n{:>8.1f} {:>5}", s->setting->name, -distortion.mean, s->scores.size());
    std::string deviations = fmt::format("{:>8.1f} {:>5}", distortion.deviation, "");
    for (std::size_t k = 0; k < s->scores[0].size(); ++k) {
      const Spread of = spread(s->of_score(k));
      fmt::print(" {:>5.2f}", of.mean);
      deviations += fmt::format(" {:>5.2f}", of.deviation);
    }
    fmt::print("\n{}", s->scores.size() > 1 ? deviations + '\n' : "");
  }
}

std::string scores_csv(std::span<const Studied* const> scored) {
  std::string to = "run,setting,seed,log_likelihood,kl";
  for (const DisentanglementScore& k : scored[0]->scores[0]) {
    std::string name = k.key;
    std::replace(name.begin(), name.end(), '/', '_');
    to += ',' + name;
  }
  for (const Studied* s : scored)
    for (std::size_t i = 0; i < s->scores.size(); ++i) {
      const FinishedRun& r = s->setting->runs[i];
      const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
      to += fmt::format("\n{},{},{},{},{}", quoted(r.folder.string()), quoted(s->setting->name),
                        r.setting("seed"), r.log_likelihood, r.kl);
      for (const DisentanglementScore& k : s->scores[i]) to += fmt::format(",{}", k.value);
    }
  return to + '\n';
}

// What is no number in a setting: elbo of objective=elbo beta=4.
std::string family_of(const Studied& s) {
  std::string to;
  for (const std::string& value : s.setting->values) {
    double x = 0;
    const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), x);
    const bool a_number = status == std::errc{} && end == value.data() + value.size();
    if (!value.empty() && !a_number) to += (to.empty() ? "" : " ") + value;
  }
  return to;
}

bool draw(std::span<const Studied* const> scored, const std::filesystem::path& path) {
  std::vector<ScoredSetting> settings;
  std::vector<std::string> names;
  for (const DisentanglementScore& k : scored[0]->scores[0]) names.push_back(k.name);
  for (const Studied* s : scored) {
    settings.push_back({s->setting->name, family_of(*s), spread(s->distortions()), {}});
    for (std::size_t k = 0; k < names.size(); ++k)
      settings.back().scores.push_back(spread(s->of_score(k)));
  }
  return draw_trade_offs(settings, names, path);
}

}  // namespace

int disentangle_sweep(const Options& options) {
  const std::filesystem::path folder = options.text("sweep", "");
  for (const char* other : {"bins", "seed", "sample"})
    check<UsageError>(!options.has(other), "--", other, " would be ignored: of a sweep the means ",
                      "of its codes are studied", hint, "leave --", other, " out");
  if (options.has("threads")) set_threads(int(options.integer("threads", 1, 1, 1024)));
  const std::vector<Comparison> comparisons = compare_by_setting(finished_runs(folder));
  std::vector<Studied> all;
  for (const Comparison& c : comparisons)
    for (const SettingResult& r : c.results) all.push_back(study(c, r, options));
  std::vector<const Studied*> ranked, scored;
  for (const Studied& s : all) {
    if (s.udr) ranked.push_back(&s);
    if (!s.scores.empty()) scored.push_back(&s);
  }
  check(!ranked.empty() || !scored.empty(), "--sweep ", folder.string(),
        ": no setting has two runs with a KL for each latent, that differ by their seed", hint,
        "vaegrad sweep --seeds 1..5");
  std::stable_sort(ranked.begin(), ranked.end(), [](const Studied* a, const Studied* b) {
    const auto worth = [](double udr) { return std::isnan(udr) ? -1 : udr; };
    return worth(a->udr->score) > worth(b->udr->score);
  });
  const std::filesystem::path out = options.text("out", folder.string());
  std::error_code error;
  std::filesystem::create_directories(out, error);
  std::string written;
  if (!ranked.empty()) {
    print_ranked(ranked);
    nlohmann::json json = nlohmann::json::array();
    for (const Studied* s : ranked) json.push_back(as_json(*s));
    write_atomically(out / "udr.json", json_text(json));
    written = "udr.json";
  }
  if (!scored.empty()) {
    print_scores(scored);
    write_atomically(out / "scores.csv", std::string_view(scores_csv(scored)));
    written += written.empty() ? "scores.csv" : ", scores.csv";
    if (draw(scored, out / "pareto.png")) written += ", pareto.png";
  }
  fmt::print("\n{}: {}\n", out.string(), written);
  return 0;
}

}  // namespace vaegrad
