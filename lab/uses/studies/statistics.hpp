// Whether two means differ. Mean and deviation of one sample are `spread` of models/metrics/probe.hpp.
#pragma once
#include <limits>
#include <span>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Of two means. NaN where the samples are too small to tell.
struct Difference {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  double degrees = std::numeric_limits<double>::quiet_NaN();  // of freedom
  double p = std::numeric_limits<double>::quiet_NaN();        // two-sided, by Student's t
};
// The mean of a_i − b_i, by its own spread, with n − 1 degrees of freedom (Student, Biometrika
// 1908). Error: they differ in number.
Difference paired_difference(std::span<const double> a, std::span<const double> b);
// ā − b̄ of independent samples with variances of their own (Welch, Biometrika 1947).
Difference unpaired_difference(std::span<const double> a, std::span<const double> b);

}  // namespace vaegrad::inline VAEGRAD_ABI
