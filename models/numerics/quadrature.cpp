#include <boost/math/quadrature/trapezoidal.hpp>
#include <cmath>
#include <vaegrad/models/numerics/quadrature.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

double log_normal(double z, double mean, double variance) {
  return -0.5 * ((z - mean) * (z - mean) / variance + std::log(2 * M_PI * variance));
}

double integral(const std::function<double(double)>& f, double reach, double tolerance) {
  return boost::math::quadrature::trapezoidal(f, -reach, reach, tolerance);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
