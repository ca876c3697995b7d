#include <boost/math/quadrature/trapezoidal.hpp>
#include <cmath>
#include <vaegrad/models/numerics/quadrature.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

double log_normal(double z, double mean, double variance) {
  return -0.5 * ((z - mean) * (z - mean) / variance + std::log(2 * M_PI * variance));
}

double integral(const std::function<double(double)>& f, double reach, double tolerance) {
  constexpr int halvings = 16;
  double change = 0, size = 0;
  const double all = boost::math::quadrature::trapezoidal(f, -reach, reach, tolerance, halvings + 1,
                                                          &change, &size);
  check(std::isfinite(size) && change <= tolerance * size, "integral over [", -reach, ", ", reach,
        "]: with ", 1 << halvings, " intervals it still changes by ", change, " of ", size,
        ", above the tolerance ", tolerance, hint,
        "f may be narrower than those, jump, or have no integral");
  return all;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
