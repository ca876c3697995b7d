#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include <vaegrad/lab/uses/studies/statistics.hpp>
#include <vaegrad/models/metrics/probe.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// p = 2 P(T > |t|),  t = difference / standard error
Difference tested(Difference d) {
  if (!(d.degrees > 0) || !std::isfinite(d.standard_error)) return d;
  if (d.standard_error == 0) {
    d.p = d.mean == 0 ? 1 : 0;
    return d;
  }
  const boost::math::students_t t(d.degrees);
  d.p = 2 * boost::math::cdf(boost::math::complement(t, std::abs(d.mean / d.standard_error)));
  return d;
}

}  // namespace

Difference paired_difference(std::span<const double> a, std::span<const double> b) {
  const Spread s = paired(a, b);
  if (s.count < 2) return s.count ? Difference{s.mean} : Difference{};
  return tested({s.mean, s.standard_error(), double(s.count) - 1});
}

Difference unpaired_difference(std::span<const double> a, std::span<const double> b) {
  const Spread x = spread(a), y = spread(b);
  if (x.count < 2 || y.count < 2)
    return x.count && y.count ? Difference{x.mean - y.mean} : Difference{};
  // v = s² / n of each;  degrees = (v_a + v_b)² / (v_a² / (n_a − 1) + v_b² / (n_b − 1))
  const double v = x.standard_error() * x.standard_error(),
               w = y.standard_error() * y.standard_error(), n = double(x.count) - 1,
               m = double(y.count) - 1;
  const double degrees = v + w > 0 ? (v + w) * (v + w) / (v * v / n + w * w / m) : n + m;
  return tested({x.mean - y.mean, std::sqrt(v + w), degrees});
}

}  // namespace vaegrad::inline VAEGRAD_ABI
