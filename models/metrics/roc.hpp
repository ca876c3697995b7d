// How well a score tells anomalous examples from normal ones: ROC curve, the areas under it and
// under the precision-recall curve, and the false alarms at 95 % detection. The larger score is the
// more anomalous one; examples of equal score are taken together.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A number with what it may be for another choice of examples.
struct Interval {
  double value, low, high;  // low..high: from the 2.5th to the 97.5th percentile of the bootstrap
};

// Three numbers for one score.
struct DetectionQuality {
  // P(anomalous scores higher) + ½ P(equal): 1 perfect, ½ chance  (Mann and Whitney 1947)
  Interval auroc;
  // Average precision Σ (R_n − R_(n−1)) P_n, the step-wise area; chance is the share of anomalies
  Interval aupr;
  // The share of normal examples above the highest threshold that finds 95 % of the anomalies
  Interval fpr95;
};

// Each resample draws as many normal and as many anomalous examples as there are, with replacement;
// low and high equal the value when resamples is 0. Errors: no examples of a kind, NaN among the
// scores.
DetectionQuality detection_quality(std::span<const double> normal,
                                   std::span<const double> anomalous, int resamples = 1000,
                                   std::uint64_t seed = 1);

// From (0, 0) to (1, 1), one point for each distinct score.
struct Roc {
  std::vector<double> false_positives, true_positives;  // rates
};
Roc roc(std::span<const double> normal, std::span<const double> anomalous);

}  // namespace vaegrad::inline VAEGRAD_ABI
