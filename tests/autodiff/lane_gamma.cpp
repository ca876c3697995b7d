// The functions of lane_gamma.hpp (and log1mexp) against Boost's in 50 digits: double here, float
// in lane_gamma_f32.cpp. Neighbouring lanes lie in different ranges. Errors are in ulps of the
// exact value, and of max(1, |value|) where the function changes sign away from 0.
#include <doctest/doctest.h>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <random>
#include <vaegrad/autodiff/kernels/lane_gamma.hpp>

using namespace vaegrad;

namespace {

using Exact = boost::multiprecision::cpp_bin_float_50;
using Limits = std::numeric_limits<Real>;
constexpr Real infinity = Limits::infinity(), not_a_number = Limits::quiet_NaN();
constexpr bool f32 = sizeof(Real) == 4;

const Exact half("0.5"), log_2pi = log(2 * boost::math::constants::pi<Exact>());
Exact log_sinhc(Exact x) {
  if (abs(x) > 1) return log(sinh(x) / x);
  Exact sum = 0, term = 1;
  for (int k = 1; k < 30; ++k) sum += term *= x * x / (2 * k * (2 * k + 1));
  return boost::math::log1p(sum);
}
Exact remainder(Exact z) {
  return boost::math::lgamma(z) - (z - half) * log(z) + z - half * log_2pi;
}
Exact remainder_slope(Exact z) { return boost::math::digamma(z) - log(z) + 1 / (2 * z); }
Exact langevin(Exact x) {
  if (abs(x) > Exact("1e-6")) return 1 / tanh(x) - 1 / x;
  return x / 3 - x * x * x / 45;
}
Exact langevin_slope(Exact x) {
  if (abs(x) > Exact("1e-6")) return 1 / (x * x) - 1 / (sinh(x) * sinh(x));
  return Exact(1) / 3 - x * x / 15;
}
Exact cdf(Exact x) { return boost::math::erfc(Exact(-x / sqrt(Exact(2)))) / 2; }

struct Function {
  const char* name;
  Lanes (*lanes)(Lanes);
  Exact (*exact)(const Exact&);
  double low, high, ulps;  // a positive low: the function is for x > 0
  bool relative;           // else ulps of max(1, |y|)
};
// clang-format off
const double tiny = f32 ? 1e-30 : 1e-200;
const Function functions[] = {
#define FUNCTION(f, low, high, ulps, relative, exact) {#f, [](Lanes x) { return f; }, [](const Exact& x) -> Exact { return exact; }, low, high, ulps, relative},
//       function                        from   to                  ulps relative exactly
FUNCTION(lgamma(x),                      tiny,  f32 ? 1e30 : 1e200, 6,   true,  boost::math::lgamma(x))
FUNCTION(digamma(x),                     tiny,  f32 ? 1e30 : 1e200, 3,   false, boost::math::digamma(x))
FUNCTION(lgamma_remainder(x),            tiny,  1e6,                8,   true,  remainder(x))
FUNCTION(lgamma_remainder_slope(x),      tiny,  1e6,                6,   false, remainder_slope(x))
FUNCTION(erf(x),                         -10,   10,                 3,   true,  boost::math::erf(x))
FUNCTION(normal_cdf(x),                  -12,   12,                 6,   true,  cdf(x))
FUNCTION(log_sinhc(x),                   -1e6,  1e6,                5,   true,  ::log_sinhc(x))
FUNCTION(langevin(x),                    -1e6,  1e6,                4,   true,  ::langevin(x))
FUNCTION(langevin_slope(x, langevin(x)), -80,   80,                 4,   false, ::langevin_slope(x))
FUNCTION(log1mexp(x),                    tiny,  f32 ? 80 : 700,     3,   true,  x < 1 ? log(-boost::math::expm1(Exact(-x))) : boost::math::log1p(Exact(-exp(-x))))
#undef FUNCTION
};
// clang-format on

double ulps(Real y, const Exact& exact, bool relative) {
  const Exact size = relative ? std::max(Exact(abs(exact)), Exact(Limits::min()))
                              : std::max(Exact(abs(exact)), Exact(half));
  int exponent = 0;
  std::frexp(double(size), &exponent);
  return double(abs(Exact(y) - exact) / Exact(std::ldexp(1., exponent - Limits::digits)));
}

// In turn: near 0, of order 1 and 10, over the range, of every magnitude, near ±1, ±2, and ±3.
std::vector<Real> mixed(const Function& f) {
  std::mt19937 bits(1);
  auto uniform = [&](double a, double b) { return a + (b - a) * double(bits()) / 4294967296.0; };
  std::vector<Real> x(1600);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double sign = uniform(0, 1) < 0.5 ? -1 : 1,
                 v[] = {uniform(-1, 1),
                        uniform(-5, 5),
                        uniform(f.low, f.high),
                        sign * std::exp(uniform(-60, 12)),
                        sign * (double(1 + i % 3) + uniform(-1e-3, 1e-3)),
                        uniform(-20, 20)};
    x[i] = Real(std::clamp(f.low > 0 ? std::abs(v[i % 6]) : v[i % 6], f.low, f.high));
  }
  return x;
}

}  // namespace

TEST_CASE("gamma, error and Langevin functions on mixed lanes keep their bounds") {
  for (const Function& f : functions) {
    CAPTURE(f.name);
    double worst = 0;
    Real worst_x = 0;
    const std::vector<Real> xs = mixed(f);
    for (std::size_t i = 0; i < xs.size(); i += Lanes::size) {
      const Lanes y = f.lanes(Lanes::load(&xs[i]));
      for (int k = 0; k < Lanes::size; ++k) {
        const Real x = xs[i + std::size_t(k)];
        if (double e = ulps(y[k], f.exact(Exact(x)), f.relative); !(e <= worst))
          worst = e, worst_x = x;
        CHECK(y[k] == f.lanes(Lanes(x))[0]);  // no matter what the neighbours hold
      }
    }
    MESSAGE(std::string(f.name), ": ", worst, " ulps at ", worst_x);
    CHECK(worst <= f.ulps);
  }
}

TEST_CASE("gamma, error and Langevin functions at the ends") {
  const auto at = [](Lanes (*f)(Lanes), Real x) { return f(Lanes(x))[0]; };
  for (const Function& f : functions) {
    CAPTURE(f.name);
    CHECK(std::isnan(at(f.lanes, not_a_number)));
    if (f.low > 0) CHECK(std::isnan(at(f.lanes, Real(-0.5))));
  }
  CHECK(lgamma(Lanes(1))[0] == 0);
  CHECK(lgamma(Lanes(2))[0] == 0);
  CHECK(lgamma(Lanes(0))[0] == infinity);
  CHECK(lgamma(Lanes(infinity))[0] == infinity);
  CHECK(digamma(Lanes(0))[0] == -infinity);
  CHECK(digamma(Lanes(infinity))[0] == infinity);
  CHECK(lgamma_remainder(Lanes(0))[0] == infinity);
  CHECK(lgamma_remainder(Lanes(infinity))[0] < Limits::min());
  CHECK(erf(Lanes(infinity))[0] == 1);
  CHECK(erf(Lanes(-infinity))[0] == -1);
  CHECK(erf(Lanes(0))[0] == 0);
  CHECK(normal_cdf(Lanes(-infinity))[0] == 0);
  CHECK(normal_cdf(Lanes(infinity))[0] == 1);
  CHECK(log_sinhc(Lanes(0))[0] == 0);
  CHECK(log_sinhc(Lanes(-infinity))[0] == infinity);
  CHECK(log_sinhc(Lanes(Limits::max()))[0] == Limits::max());
  CHECK(langevin(Lanes(0))[0] == 0);
  CHECK(langevin(Lanes(-infinity))[0] == -1);
  CHECK(log1mexp(Lanes(0))[0] == -infinity);
  CHECK(log1mexp(Lanes(infinity))[0] == 0);
}
