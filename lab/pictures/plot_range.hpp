// The range of an axis, and what stands along it. Internal to the plots.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <vaegrad/lab/pictures/plot_picture.hpp>

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

// What gnuplot is to write along an axis. On a logarithmic one of two decades or so, where powers
// of ten alone would leave one or two numbers to read, 1, 2 and 5 of each decade.
// .. or names of 1, 2, ..
inline std::string axis_ticks(Range range, bool log, bool counts,
                              const std::vector<std::string>& names = {}) {
  if (!names.empty()) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i)
      list += fmt::format("{}{} {}", i ? ", " : "", literal(names[i]), i + 1);
    return "(" + list + ")";
  }
  if (!log || range.high > 200 * range.low)
    return counts && range.high - range.low < 13 ? "1" : "autofreq";
  std::string list;
  for (int power = int(std::floor(std::log10(range.low))); std::pow(10, power) <= range.high;
       ++power)
    for (double tick : {1, 2, 5})
      list += fmt::format("{}{}", list.empty() ? "" : ", ", tick * std::pow(10, power));
  return "(" + list + ")";
}

}  // namespace vaegrad::inline VAEGRAD_ABI
