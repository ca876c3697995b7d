// vaegrad disentangle: whether each latent stands for one factor, on data whose factors are known;
// or, of a sweep and without factors, whether trainings that differ by their seed agree.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/uses/studies/comparison.hpp>
#include <vaegrad/models/metrics/factor_scores.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

// What each latent knows of each factor; the latents that know most first.
void print_information(const OwnedMatrix& information, const Factors& factors) {
  const ConstMatrix I = information;
  std::vector<Index> order(std::size_t(I.rows));
  std::iota(order.begin(), order.end(), Index{0});
  const auto most = [&](Index j) { return *std::max_element(I.row(j), I.row(j) + I.cols); };
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return most(a) > most(b); });
  fmt::print("\nI(z; v) / H(v): what a latent knows of a factor\n{:<8}", "");
  for (const std::string& name : factors.names) fmt::print("{:>10}", name);
  fmt::print("\n");
  for (Index j : order) {
    fmt::print("{:<8}", fmt::format("z{}", j));
    for (Index k = 0; k < I.cols; ++k) fmt::print("{:>10.3f}", I(j, k));
    fmt::print("\n");
  }
}

// ---- of a sweep ----

std::vector<FinishedRun> finished_runs(const std::filesystem::path& folder) {
  std::vector<FinishedRun> runs;
  for (const std::filesystem::path& in : runs_in(folder)) {
    if (!unfinished(in)) runs.push_back(read_finished_run(in));
    if (unfinished(in) || runs.back().interrupted) {
      fmt::print(stderr, "{}: left out, it is not finished\n", in.string());
      if (!unfinished(in)) runs.pop_back();
    }
  }
  check(!runs.empty(), "--sweep ", folder.string(), ": there is no finished run in it", hint,
        "a folder of runs, as vaegrad sweep --seeds 1..5 makes it");
  return runs;
}

struct RankedSetting {
  std::string name;
  std::vector<FinishedRun> runs;
  DisentanglementRanking udr;
  std::size_t examples = 0;
};
// All runs encode the same examples: those of the first, with its pixels. Nothing, and said: there
// is but one run, or one of them has no KL of each latent.
std::optional<RankedSetting> rank_runs(const SettingResult& of, const Options& options) {
  const auto left_out = [&](const std::string& why) {
    fmt::print(stderr, "{}: left out, {}\n", of.name, why);
    return std::nullopt;
  };
  if (of.runs.size() < 2) return left_out("it has one seed");
  const std::string weights = options.one_of("weights", {"last", "best"});
  std::vector<std::vector<double>> kl;
  std::vector<OwnedMatrix> codes;
  LoadedRun first = load_run(of.runs[0].folder, weights);
  if (options.has("data-dir")) first.settings.data_dir = options.text("data-dir", "");
  const DataSet data = load_own_data(first);
  Examples examples = options.has("split") ? split_of(options, data) : data.train;
  const std::int64_t limit = options.integer("limit", 10000, 2, INT64_MAX);
  if (std::size_t(limit) < examples.count()) examples.rows = spread(examples, std::size_t(limit));
  for (const FinishedRun& r : of.runs) {
    const LoadedRun run = load_run(r.folder, weights);
    kl.push_back(recorded_kl(r.folder));
    codes.push_back(encode(*run.model, examples, first.settings, Code::mean));
    if (run.model->deterministic || Index(kl.back().size()) != codes.back().cols)
      return left_out(concat(r.folder.string(), " has no KL for each latent"));
  }
  std::vector<TrainedCodes> trained;
  for (std::size_t i = 0; i < codes.size(); ++i) trained.push_back({codes[i], kl[i]});
  return RankedSetting{of.name, of.runs, unsupervised_ranking(trained), examples.count()};
}

nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(nullptr);
}
nlohmann::json as_json(const RankedSetting& s) {
  nlohmann::json to{{"setting", s.name}, {"udr", number(s.udr.score)}, {"images", s.examples}};
  for (std::size_t i = 0; i < s.runs.size(); ++i) {
    to["runs"].push_back({{"run", s.runs[i].folder.string()},
                          {"seed", s.runs[i].setting("seed")},
                          {"udr", number(s.udr.of_run[i])},
                          {"informative", s.udr.informative[i]}});
    for (std::size_t j = 0; j < i; ++j)
      to["pairs"].push_back({{"runs", {j, i}}, {"udr", number(s.udr.pairs[i][j])}});
  }
  return to;
}

int rank_sweep(const Options& options) {
  const std::filesystem::path folder = options.text("sweep", "");
  for (const char* other : {"bins", "seed", "sample"})
    check<UsageError>(!options.has(other), "--", other, " would be ignored: a sweep is ranked by ",
                      "the means of its codes, without factors", hint, "leave --", other, " out");
  if (options.has("threads")) set_threads(int(options.integer("threads", 1, 1, 1024)));
  std::vector<RankedSetting> ranked;
  for (const Comparison& c : compare_by_setting(finished_runs(folder)))
    for (const SettingResult& r : c.results)
      if (auto one = rank_runs(r, options)) ranked.push_back(std::move(*one));
  check(!ranked.empty(), "--sweep ", folder.string(),
        ": no setting has two runs with a KL for each latent, that differ by their seed", hint,
        "vaegrad sweep --seeds 1..5");
  const auto worth = [](double udr) { return std::isnan(udr) ? -1 : udr; };
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
    return worth(a.udr.score) > worth(b.udr.score);
  });
  fmt::print(
      "UDR: how much trainings agree that differ by their seed (rank correlations of\n"
      "latents with a KL above 0.01 nats); 1: latent for latent\n\n");
  fmt::print("{:>6} {:>15} {:>12} {:>6}  {}\n", "median", "of each run", "informative", "runs",
             "setting, and its best run");
  nlohmann::json json = nlohmann::json::array();
  for (const RankedSetting& s : ranked) {
    const auto order = [&](double a, double b) { return worth(a) < worth(b); };
    const auto [low, high] = std::minmax_element(s.udr.of_run.begin(), s.udr.of_run.end(), order);
    const auto [few, many] =
        std::minmax_element(s.udr.informative.begin(), s.udr.informative.end());
    fmt::print("{:>6.3f} {:>15} {:>12} {:>6}  {}\n{:44}{}\n", s.udr.score,
               fmt::format("{:.3f}..{:.3f}", *low, *high), fmt::format("{}..{}", *few, *many),
               s.runs.size(), s.name, "",
               s.runs[std::size_t(high - s.udr.of_run.begin())].folder.string());
    json.push_back(as_json(s));
  }
  const std::filesystem::path out = options.text("out", folder.string());
  std::error_code error;
  std::filesystem::create_directories(out, error);
  write_atomically(out / "udr.json", json_text(json));
  fmt::print("\n{}: udr.json\n", out.string());
  return 0;
}

int run_disentangle(Arguments arguments) {
  const Options options(
      arguments,
      {"split", "bins", "seed", "out", "weights", "data-dir", "threads", "sweep", "limit"},
      {"sample"});
  if (options.has("sweep")) return rank_sweep(options);
  check<UsageError>(!options.has("limit"), "--limit would be ignored: only --sweep heeds it", hint,
                    "--sweep DIR");
  const Index bins = Index(options.integer("bins", 0, 2, 100000));
  VoteSettings votes;
  votes.seed = std::uint64_t(options.integer("seed", 1, 0, INT64_MAX));
  const LoadedRun opened = open_run(options);
  const DataSet data = load_own_data(opened);
  const Examples& examples = options.has("split") ? split_of(options, data) : data.train;
  const Factors& factors = examples.file->factors;
  check<UsageError>(!factors.names.empty(), opened.settings.data,
                    ": the factors of its images are not known", hint,
                    "train on --data shapes or squares, or on an .npz with latents_classes");
  const std::filesystem::path out = out_folder(options, opened, "disentangle");
  const OwnedMatrix codes = encode(*opened.model, examples, opened.settings,
                                   options.has("sample") ? Code::sample : Code::mean);
  std::vector<std::uint8_t> indices;
  for (std::uint32_t row : examples.rows) {
    const auto* first = factors.indices.data() + row * factors.names.size();
    indices.insert(indices.end(), first, first + factors.names.size());
  }
  const KnownFactors known{factors.sizes, indices};
  const MutualInformationGap gap = mutual_information_gap(codes, known, bins);
  const double of_factor_vae = factor_vae_score(codes, known, votes);
  const double of_beta_vae = beta_vae_score(codes, known, votes);
  const double sap = sap_score(codes, known), modular = modularity(codes, known, bins),
               explicit_ = explicitness(codes, known, votes.seed);
  const Dci of_lines = dci(codes, known, votes.seed);
  const InterventionalRobustness robust = interventional_robustness(codes, known);

  const double guess = 1 / double(factors.names.size());
  fmt::print("{} images of {}, {} latents\n\n", examples.count(), opened.settings.data, codes.cols);
  fmt::print("{:<20}{:>8}{:>12}\n", "score", "", "no better");
  fmt::print("{:<20}{:>8}{:>12}\n", "", "", "than noise");
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "MIG", gap.score, 0.0);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "FactorVAE score", of_factor_vae, guess);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "beta-VAE score", of_beta_vae, guess);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "SAP", sap, 0.0);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "DCI informativeness", of_lines.informativeness, 0.0);
  fmt::print("{:<20}{:>8.3f}\n", "  disentanglement", of_lines.disentanglement);
  fmt::print("{:<20}{:>8.3f}\n", "  completeness", of_lines.completeness);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "explicitness", explicit_, 0.5);
  fmt::print("{:<20}{:>8.3f}\n", "modularity", modular);
  fmt::print("{:<20}{:>8.3f}{:>12.3f}\n", "IRS", robust.score, robust.chance);
  print_information(gap.information, factors);
  nlohmann::json json{{"mig", gap.score},
                      {"factor_vae_score", of_factor_vae},
                      {"beta_vae_score", of_beta_vae},
                      {"sap", sap},
                      {"dci",
                       {{"disentanglement", of_lines.disentanglement},
                        {"completeness", of_lines.completeness},
                        {"informativeness", of_lines.informativeness}}},
                      {"modularity", modular},
                      {"explicitness", explicit_},
                      {"irs", robust.score},
                      {"images", examples.count()}};
  for (std::size_t k = 0; k < factors.names.size(); ++k)
    json["gap"][factors.names[k]] = gap.of_factor[k];
  write_atomically(out / "disentangle.json", json_text(json));
  fmt::print("\n{}: disentangle.json\n", out.string());
  return 0;
}

std::string disentangle_help() {
  return "usage: vaegrad disentangle [RUN | --sweep DIR] [options]\n\n"
         "Whether each latent stands for one of the factors that images were drawn from:\n"
         "mutual information gap (Chen 2018), FactorVAE score (Kim 2018), beta-VAE score\n"
         "(Higgins 2017), SAP (Kumar 2018), DCI by linear models (Eastwood 2018),\n"
         "modularity and explicitness (Ridgeway 2018), interventional robustness (Suter\n"
         "2019). The run's data must have known factors: shapes, squares,\n"
         "or an .npz file with latents_classes beside its images, as dSprites.\n"
         "Of a sweep, on any data: UDR, unsupervised disentanglement ranking (Duan 2020),\n"
         "how much the runs of each setting agree that differ by their seed.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --sweep DIR             rank the settings of the runs in it by UDR\n"
         "  --limit N               .. on N images, spread evenly [10000]\n"
         "  --split NAME            train, test or validation [train]\n"
         "  --sample                codes are samples of q(z|x) [its mean]\n"
         "  --bins N                of a latent [20, or as many as a factor has values]\n"
         "  --seed N                of the votes [1]\n"
         "  --out DIR               [disentangle in the run's folder; DIR]\n" +
         std::string(opened_help) +
         "\nexample: vaegrad train --data shapes --binarize threshold --objective beta \\\n"
         "           --beta 4\n"
         "         vaegrad disentangle\n";
}

}  // namespace

const Command disentangle_command{"disentangle", "how well latents stand for known factors",
                                  run_disentangle, disentangle_help};

}  // namespace vaegrad
