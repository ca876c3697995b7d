// vaegrad disentangle: whether each latent stands for one factor, on data whose factors are known.
// Of a sweep: sweep_scores.cpp.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>

#include "sweep_scores.hpp"

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

nlohmann::json as_json(std::span<const DisentanglementScore> scores) {
  nlohmann::json to;
  for (const DisentanglementScore& s : scores)
    to[nlohmann::json::json_pointer(concat('/', s.key))] = s.value;
  return to;
}

int run_disentangle(Arguments arguments) {
  const Options options(
      arguments,
      {"split", "bins", "seed", "out", "weights", "data-dir", "threads", "sweep", "limit"},
      {"sample"});
  if (options.has("sweep")) return disentangle_sweep(options);
  check<UsageError>(!options.has("limit"), "--limit would be ignored: only --sweep heeds it", hint,
                    "--sweep DIR");
  const Index bins = Index(options.integer("bins", 0, 2, 100000));
  const auto seed = std::uint64_t(options.integer("seed", 1, 0, INT64_MAX));
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
  const FactorsOf of(examples);
  const MutualInformationGap gap = mutual_information_gap(codes, of.known(), bins);
  const auto scores = disentanglement_scores(codes, of.known(), gap, bins, seed);

  fmt::print("{} images of {}, {} latents\n\n", examples.count(), opened.settings.data, codes.cols);
  fmt::print("{:<20}{:>8}{:>12}\n", "score", "", "no better");
  fmt::print("{:<20}{:>8}{:>12}\n", "", "", "than noise");
  for (const DisentanglementScore& s : scores)
    fmt::print("{:<20}{:>8.3f}{:>12}\n", s.name, s.value,
               std::isnan(s.chance) ? "" : fmt::format("{:.3f}", s.chance));
  print_information(gap.information, factors);
  nlohmann::json json = as_json(scores);
  json["images"] = examples.count();
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
         "how much the runs of each setting agree that differ by their seed; where factors\n"
         "are known all scores too, over seeds, and each drawn against -log p(x|z).\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --sweep DIR             of the settings of the runs in it, or in sweeps in it\n"
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
