// How heavy the tail of importance weights is: the shape k of a generalised Pareto distribution fitted to
// the largest ones. Above 0.7 an average of them, and its error, cannot be trusted at usual numbers of
// draws. Vehtari, Simpson, Gelman, Yao and Gabry, arXiv 1507.02646 (JMLR 2024), sections 2 and 3; the fit
// is that of Zhang and Stephens, Technometrics 2009, with the prior of appendix G.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The k above which an average of weights cannot be trusted.
inline constexpr double pareto_k_limit = 0.7;

// k of exceedances x > 0, in rising order.
inline double fit_pareto_k(const std::vector<double>& x) {
  const std::size_t n = x.size(), points = 30 + std::size_t(std::sqrt(double(n)));
  const double largest = x.back(), quarter = x[std::size_t(double(n) / 4 + 0.5) - 1];
  if (n < 5 || !(quarter > 0)) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> theta, log_likelihood;
  const auto mean_log = [&](double t) {  // −k for θ = t
    double sum = 0;
    for (const double v : x) sum += std::log1p(-t * v);
    return sum / double(n);
  };
  for (std::size_t i = 1; i <= points; ++i) {
    const double t =
        1 / largest + (1 - std::sqrt(double(points) / (double(i) - 0.5))) / (3 * quarter);
    const double k = mean_log(t);
    theta.push_back(t);
    log_likelihood.push_back(double(n) * (std::log(-t / k) - k - 1));
  }
  double mean = 0;  // of θ under its posterior on these points
  for (std::size_t i = 0; i < points; ++i) {
    double sum = 0;
    for (const double other : log_likelihood) sum += std::exp(other - log_likelihood[i]);
    mean += theta[i] / sum;
  }
  const double k = mean_log(mean);
  return (double(n) * k + 10 * 0.5) / (double(n) + 10);
}

// The largest min(S / 5, 3 √S) of S weights, one more for the threshold; given one by one as logarithms.
class WeightTail {
 public:
  explicit WeightTail(std::size_t draws = 0)
      : keep_(1 + std::size_t(std::min(double(draws) / 5, 3 * std::sqrt(double(draws))))) {}

  static bool enough(std::size_t draws) { return draws >= 25; }  // five in the tail

  // One weight, by its logarithm.
  void add(double log_w) {
    if (heap_.size() == keep_ && log_w <= heap_.front()) return;
    if (heap_.size() == keep_) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      heap_.pop_back();
    }
    heap_.push_back(log_w);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  // NaN for fewer than five in the tail, or when they do not differ.
  double k() const {
    std::vector<double> sorted(heap_);
    std::sort(sorted.begin(), sorted.end());
    if (sorted.size() < 6) return std::numeric_limits<double>::quiet_NaN();
    std::vector<double> exceedances;
    for (std::size_t i = 1; i < sorted.size(); ++i)
      exceedances.push_back(std::exp(sorted[i] - sorted.back()) -
                            std::exp(sorted[0] - sorted.back()));
    return fit_pareto_k(exceedances);
  }

 private:
  std::size_t keep_;
  std::vector<double> heap_;  // the least in front
};

}  // namespace vaegrad::inline VAEGRAD_ABI
