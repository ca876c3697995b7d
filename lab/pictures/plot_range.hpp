// The range of an axis.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void include(double value) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  // A little air around the values; a single value (one epoch) is a range too.
  Range padded(double share, bool log) const {
    if (low > high) return log ? Range{1, 10} : Range{0, 1};
    if (log)
      return {low / std::pow(high / low, share) / 1.05, high * std::pow(high / low, share) * 1.05};
    const double air = high > low ? share * (high - low) : std::max(0.5, 1e-3 * std::abs(high));
    return {low - air, high + air};
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
