// A mean and its standard error, one number at a time.
#pragma once
#include <cmath>

namespace vaegrad::inline VAEGRAD_ABI {

struct Mean {
  double sum = 0, squares = 0, n = 0;
  void add(double x) { sum += x, squares += x * x, ++n; }
  double value() const { return sum / n; }
  double error() const { return std::sqrt((squares / n - value() * value()) / n); }
  bool is(double x) const { return std::abs(value() - x) < 4 * error(); }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
