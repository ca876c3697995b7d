// The von Mises-Fisher normaliser against multiprecision, and its angle against quadrature.
#include <doctest/doctest.h>

#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <vaegrad/models/numerics/sphere.hpp>

using namespace vaegrad;

namespace {

using Many = boost::multiprecision::cpp_bin_float_50;

// Σ_k (κ²/4)^k / (k! (a)_k), term by term from the first
Many series(Many a, Many kappa) {
  const Many q = kappa * kappa / 4;
  Many sum = 1, t = 1;
  for (int k = 1;; ++k) {
    t *= q / (Many(k) * (a + (k - 1)));
    sum += t;
    if (t < sum * Many("1e-45") && Many(k) > kappa / 2) return sum;
  }
}
double off(double value, const Many& want) { return double(abs((Many(value) - want) / want)); }

constexpr double kappas[] = {1e-3, 0.03, 0.7, 5,   40,  99,  101, 400,
                             699,  701,  2e3, 8e3, 3e4, 6e4, 1e5};

}  // namespace

TEST_CASE("sphere: log normaliser, Bessel ratio and KL are those of fifty digits") {
  double log = 0, below = 0, ratio = 0, slope = 0, kl = 0;
  for (const Index m : {2, 3, 4, 5, 11, 20, 49, 50})
    for (const double kappa : kappas) {
      const Many half = Many(m) / 2, k = kappa, sum = series(half, k);
      const Many F = boost::multiprecision::log(sum);
      const Many A = k / (2 * half) * series(half + 1, k) / sum;
      const SphereNormaliser n = sphere_normaliser(m, kappa);
      INFO("m = ", m, ", kappa = ", kappa);
      CHECK(off(n.log, F) < 1e-10);
      CHECK(off(n.ratio, A) < 1e-10);
      CHECK(off(n.kl, k * A - F) < 1e-9);
      log = std::max(log, off(n.log, F)), ratio = std::max(ratio, off(n.ratio, A));
      below = std::max(below, off(n.below, k - F)), kl = std::max(kl, off(n.kl, k * A - F));
      slope = std::max(slope, off(n.slope, 1 - A * A - (m - 1) * A / k));
    }
  CHECK(below < 1e-10);
  CHECK(slope < 1e-9);
  MESSAGE("relative errors: F ", log, ", kappa - F ", below, ", A ", ratio, ", A' ", slope, ", KL ",
          kl);
  CHECK(sphere_normaliser(7, 0).log == 0);
  CHECK(sphere_normaliser(7, 0).slope == doctest::Approx(1.0 / 7));
  CHECK(std::isnan(sphere_normaliser(7, std::nan("")).log));
  CHECK(std::isnan(sphere_normaliser(7, INFINITY).log));
}

TEST_CASE("sphere: the area, in a few dimensions by hand") {
  CHECK(log_sphere_area(2) == doctest::Approx(std::log(2 * M_PI)));
  CHECK(log_sphere_area(3) == doctest::Approx(std::log(4 * M_PI)));
  CHECK(log_sphere_area(4) == doctest::Approx(std::log(2 * M_PI * M_PI)));
}

TEST_CASE("sphere: the angle is where the distribution function is u, and moves as that does") {
  // In R³ in closed form: 1 − cos θ = −log(1 − u (1 − e^−2κ)) / κ
  double closed = 0;
  for (const double kappa : {0.01, 1.0, 30.0, 1e3, 1e5})
    for (const double u : {1e-9, 0.001, 0.2, 0.5, 0.8, 0.999, 1 - 1e-7}) {
      const double away = -std::log1p(u * std::expm1(-2 * kappa)) / kappa;
      const double theta = PolarAngle(3, kappa).at(u).theta;
      const double s = std::sin(theta / 2);
      closed = std::max(closed, std::abs(2 * s * s / away - 1));
    }
  CHECK(closed < 1e-7);  // of u = 1e-9 that is one ulp of 1
  // Elsewhere by quadrature and differences
  boost::math::quadrature::tanh_sinh<double> integrate;
  double worst = 0, worst_slope = 0;
  for (const Index m : {2, 3, 4, 10, 50})
    for (const double kappa : {0.3, 1.0, 12.0, 500.0, 2e4})
      for (const double u : {0.003, 0.3, 0.6, 0.99}) {
        const auto [theta, slope] = PolarAngle(m, kappa).at(u);
        const double mode = [&, power = double(m - 2)] {
          return std::atan2(std::sqrt(power * 2 / (power + std::hypot(power, 2 * kappa))),
                            2 * kappa / (power + std::hypot(power, 2 * kappa)));
        }();
        const auto log_f = [&](double t) {
          const double s = std::sin(t / 2);
          return -2 * kappa * s * s + (m > 2 ? double(m - 2) * std::log(std::sin(t)) : 0);
        };
        const double top = log_f(std::max(mode, 1e-9));
        const auto f = [&](double t) { return t > 0 ? std::exp(log_f(t) - top) : 0.0; };
        const double reach = 12 / std::sqrt(kappa + 0.5 + double(m - 2));
        const double end = std::min(M_PI, std::max(mode, theta) + 3 * reach);
        const double start = std::max(0.0, mode - reach * 2);
        const double left = integrate.integrate(f, start, theta);
        const double right = integrate.integrate(f, theta, end);
        INFO("m = ", m, ", kappa = ", kappa, ", u = ", u);
        const double error = std::abs(left / (left + right) - u);
        CHECK(error < 1e-8);
        worst = std::max(worst, error);
        const double h = 1e-3 * kappa;
        const auto at = [&](double by) { return PolarAngle(m, kappa + by).at(u).theta; };
        const double by_differences = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        CHECK(slope == doctest::Approx(by_differences).epsilon(1e-7));
        worst_slope = std::max(worst_slope, std::abs(slope / by_differences - 1));
      }
  MESSAGE("in R^3 ", closed, "; distribution function ", worst, ", slope ", worst_slope);
  CHECK(std::isnan(PolarAngle(4, std::nan("")).at(0.5).theta));
}
