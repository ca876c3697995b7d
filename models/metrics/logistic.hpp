// Multinomial logistic regression: the linear probe.
#pragma once
#include <cstdint>

#include <vaegrad/models/label.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// P(y = c | x) = softmax(x W + b)_c
struct LogisticRegression {
  OwnedMatrix weight;  // (D, C)
  OwnedMatrix bias;    // (1, C)
  double objective = 0;
  bool converged = false;

  OwnedMatrix logits(ConstMatrix x) const;          // (B, C)
  std::vector<Label> predict(ConstMatrix x) const;  // the most probable class
};

// Minimises −average log P(y|x) + ½ l2 ‖W‖² exactly (it is convex), by L-BFGS; the bias is free.
// `start`, when given, is where it begins. Errors: labels that are not one per row or not below C.
LogisticRegression fit_logistic(ConstMatrix x, std::span<const Label> labels, Index classes,
                                double l2, const LogisticRegression* start = nullptr);

// The strength of the regulariser, the one of `strengths` with the highest accuracy on held-out
// folds; of equals the strongest.
struct LogisticSettings {
  std::vector<double> strengths = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
  std::size_t folds = 5;
  std::size_t one_fold_from = 10000;  // with as many examples one fold is held out, once
  std::uint64_t seed = 1;             // of the folds
};
LogisticRegression fit_logistic_cross_validated(ConstMatrix x, std::span<const Label> labels,
                                                Index classes,
                                                const LogisticSettings& settings = {});

// The share of equal entries.
double accuracy(std::span<const Label> predicted, std::span<const Label> labels);

}  // namespace vaegrad::inline VAEGRAD_ABI
