// Every score of a code whose factors are known (disentanglement.hpp, factor_scores.hpp): a row
// each, for tables, files and pictures.
#pragma once
#include <vaegrad/models/metrics/factors/disentanglement.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct DisentanglementScore {
  const char *name, *brief;  // for people; brief: at most five letters
  const char* key;           // of a file
  double value;              // at most 1, and more is better
  double chance;             // of a code of noise; NaN where it depends on the code
};

// `gap` is the gap of the same codes by the same bins; seed: of votes and of halves of the examples.
std::vector<DisentanglementScore> disentanglement_scores(ConstMatrix codes,
                                                         const KnownFactors& factors,
                                                         const MutualInformationGap& gap,
                                                         Index bins = 0, std::uint64_t seed = 1);

}  // namespace vaegrad::inline VAEGRAD_ABI
