// vaegrad disentangle: whether each latent stands for one factor, on data whose factors are known.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
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

int run_disentangle(Arguments arguments) {
  const Options options(
      arguments, {"split", "bins", "seed", "out", "weights", "data-dir", "threads"}, {"sample"});
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
  return "usage: vaegrad disentangle [RUN] [options]\n\n"
         "Whether each latent stands for one of the factors that images were drawn from:\n"
         "mutual information gap (Chen 2018), FactorVAE score (Kim 2018), beta-VAE score\n"
         "(Higgins 2017), SAP (Kumar 2018), DCI by linear models (Eastwood 2018),\n"
         "modularity and explicitness (Ridgeway 2018), interventional robustness (Suter\n"
         "2019). The run's data must have known factors: shapes, squares,\n"
         "or an .npz file with latents_classes beside its images, as dSprites.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --split NAME            train, test or validation [train]\n"
         "  --sample                codes are samples of q(z|x) [its mean]\n"
         "  --bins N                of a latent [20, or as many as a factor has values]\n"
         "  --seed N                of the votes [1]\n"
         "  --out DIR               [disentangle in the run's folder]\n" +
         std::string(opened_help) +
         "\nexample: vaegrad train --data shapes --binarize threshold --objective beta \\\n"
         "           --beta 4\n"
         "         vaegrad disentangle\n";
}

}  // namespace

const Command disentangle_command{"disentangle", "how well latents stand for known factors",
                                  run_disentangle, disentangle_help};

}  // namespace vaegrad
