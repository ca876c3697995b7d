#include <limits>

#include <vaegrad/models/metrics/factors/all_scores.hpp>
#include <vaegrad/models/metrics/factors/factor_scores.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<DisentanglementScore> disentanglement_scores(ConstMatrix codes,
                                                         const KnownFactors& factors,
                                                         const MutualInformationGap& gap,
                                                         Index bins, std::uint64_t seed) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  VoteSettings votes;
  votes.seed = seed;
  const double guess = 1 / double(factors.count());
  const Dci linear = dci(codes, factors, seed);
  const InterventionalRobustness irs = interventional_robustness(codes, factors);
  // clang-format off
  return {
      {"MIG",                 "MIG",  "mig",                 gap.score,                                0},
      {"FactorVAE score",     "FVAE", "factor_vae_score",    factor_vae_score(codes, factors, votes),  guess},
      {"beta-VAE score",      "bVAE", "beta_vae_score",      beta_vae_score(codes, factors, votes),    guess},
      {"SAP",                 "SAP",  "sap",                 sap_score(codes, factors),                0},
      {"DCI informativeness", "inf",  "dci/informativeness", linear.informativeness,                   0},
      {"DCI disentanglement", "dis",  "dci/disentanglement", linear.disentanglement,                   unknown},
      {"DCI completeness",    "com",  "dci/completeness",    linear.completeness,                      unknown},
      {"explicitness",        "expl", "explicitness",        explicitness(codes, factors, seed),       0.5},
      {"modularity",          "mod",  "modularity",          modularity(codes, factors, bins),         unknown},
      {"IRS",                 "IRS",  "irs",                 irs.score,                                irs.chance},
  };
  // clang-format on
}

}  // namespace vaegrad::inline VAEGRAD_ABI
