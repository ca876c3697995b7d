// Every elementary function on lanes against the standard library in higher precision: double
// against long double here, float against double in lanes_f32.cpp. Neighbouring lanes lie in
// different ranges of the function, where kernels that choose a branch for all lanes at once go
// wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <vaegrad/autodiff/kernels/lane_math.hpp>

using namespace vaegrad;

namespace {

using Exact = std::conditional_t<sizeof(Real) == 4, double, long double>;
using Limits = std::numeric_limits<Real>;
constexpr Real infinity = Limits::infinity(), not_a_number = Limits::quiet_NaN();
constexpr bool f32 = sizeof(Real) == 4;

struct Function {
  std::string name;
  Lanes (*lanes)(Lanes);
  Exact (*exact)(Exact);
  double low, high, ulps;
};
// clang-format off
const Function functions[] = {
#define FUNCTION(f, low, high, ulps, exact) {#f, [](Lanes x) { return f(x); }, [](Exact x) -> Exact { return exact; }, low, high, ulps},
//       name      from                  to                   ulps  exactly
FUNCTION(exp,      f32 ? -87.33 : -708., f32 ? 88.37 : 709.4, 1.5,  std::exp(x))
FUNCTION(expm1,    -1e4,                 f32 ? 88.37 : 709.4, 2.0,  std::expm1(x))
FUNCTION(log,      Limits::denorm_min(), Limits::max(),       1.0,  std::log(x))
FUNCTION(log1p,    -0.999999,            Limits::max(),       1.0,  std::log1p(x))
FUNCTION(sqrt,     0,                    Limits::max(),       0.51, std::sqrt(x))
FUNCTION(abs,      -1e30,                1e30,                0.0,  std::abs(x))
FUNCTION(floor,    -1e30,                1e30,                0.0,  std::floor(x))
FUNCTION(sin,      -1e5,                 1e5,                 2.5,  std::sin(x))
FUNCTION(cos,      -1e5,                 1e5,                 2.5,  std::cos(x))
FUNCTION(tanh,     -1e30,                1e30,                3.5,  std::tanh(x))
FUNCTION(sigmoid,  f32 ? -87.33 : -708., 1e30,                3.0,  1 / (1 + std::exp(-x)))
FUNCTION(softplus, f32 ? -87.33 : -708., 1e30,                4.0,  std::max(x, Exact(0)) + std::log1p(std::exp(-std::abs(x))))
#undef FUNCTION
};
// clang-format on

double ulps(Real y, Exact exact) {
  if (exact == Exact(y)) return 0;
  int exponent = 0;
  std::frexp(std::max(std::abs(exact), Exact(Limits::min())), &exponent);
  return double(std::abs(Exact(y) - exact) / std::ldexp(Exact(1), exponent - Limits::digits));
}

// Five kinds of numbers in turn: near 0, of order 1 and 10, over the whole range, of every
// magnitude, near ±1.
std::vector<Real> mixed(double low, double high) {
  std::mt19937 bits(1);
  auto uniform = [&](double a, double b) { return a + (b - a) * double(bits()) / 4294967296.0; };
  std::vector<Real> x(std::size_t(Lanes::size) * 10'000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double sign = uniform(0, 1) < 0.5 ? -1 : 1,
                 v[] = {uniform(-1, 1), uniform(-10, 10),
                        uniform(std::max(low, -1e4), std::min(high, 1e4)),
                        sign * std::exp(uniform(-80, 80)), sign * (1 + uniform(-1e-3, 1e-3))};
    const double inside = low >= 0 ? std::abs(v[i % 5]) : v[i % 5];
    x[i] = Real(std::clamp(inside, low, high));
  }
  return x;
}

Real one(Lanes (*f)(Lanes), Real x) {  // the other lanes hold other numbers
  Real around[Lanes::size];
  for (int k = 0; k < Lanes::size; ++k) around[k] = Real(k) / 3;
  around[Lanes::size - 1] = x;
  return f(Lanes::load(around))[Lanes::size - 1];
}

}  // namespace

TEST_CASE("functions on mixed lanes keep their bounds") {
  for (const Function& f : functions) {
    CAPTURE(f.name);
    double worst = 0;
    Real worst_x = 0;
    const std::vector<Real> xs = mixed(f.low, f.high);
    for (std::size_t i = 0; i < xs.size(); i += Lanes::size) {
      const Lanes y = f.lanes(Lanes::load(&xs[i]));
      for (int k = 0; k < Lanes::size; ++k) {
        const Real x = xs[i + std::size_t(k)];
        const Exact exact = f.exact(Exact(x));
        if (double e = ulps(y[k], exact); !(e <= worst)) worst = e, worst_x = x;
      }
    }
    CAPTURE(worst_x);
    CHECK(worst <= f.ulps);
  }
}

TEST_CASE("a value does not depend on the lane or its neighbours") {
  for (const Function& f : functions) {
    CAPTURE(f.name);
    const std::vector<Real> xs = mixed(f.low, f.high);
    for (std::size_t i = 0; i < 200 * std::size_t(Lanes::size); i += Lanes::size) {
      const Lanes y = f.lanes(Lanes::load(&xs[i]));
      for (int k = 0; k < Lanes::size; ++k)
        CHECK(y[k] == f.lanes(Lanes(xs[i + std::size_t(k)]))[0]);
    }
  }
}

TEST_CASE("NaN and infinities") {
  for (const Function& f : functions) {
    CAPTURE(f.name);
    CHECK(std::isnan(one(f.lanes, not_a_number)));
    for (const Real x :
         {infinity, -infinity, Limits::max(), Limits::lowest(), Real(0), Real(-0.0)}) {
      CAPTURE(x);
      const Real y = one(f.lanes, x), exact = Real(f.exact(Exact(x)));
      if (std::isnan(exact)) {
        CHECK(std::isnan(y));
      } else if (std::isinf(exact) || exact == 0) {
        CHECK(y == exact);
      } else {
        CHECK(ulps(y, f.exact(Exact(x))) <= std::max(f.ulps, 0.5));
      }
    }
  }
}

TEST_CASE("no denormals: small results become 0, not noise") {
  for (auto f : {+[](Lanes x) { return exp(x); }, +[](Lanes x) { return sigmoid(x); },
                 +[](Lanes x) { return softplus(x); }}) {
    CHECK(one(f, f32 ? Real(-100) : Real(-720)) == 0);
    CHECK(one(f, -infinity) == 0);
  }
  CHECK(one([](Lanes x) { return tanh(x); }, Real(1e-30)) == doctest::Approx(1e-30));
  CHECK(one([](Lanes x) { return softplus(x); }, Real(1e5)) == Real(1e5));
}

TEST_CASE("max and min hand NaN on from both sides") {
  CHECK(max(Lanes(2), Lanes(3))[0] == 3);
  CHECK(min(Lanes(2), Lanes(3))[0] == 2);
  for (auto f :
       {+[](Lanes a, Lanes b) { return max(a, b); }, +[](Lanes a, Lanes b) { return min(a, b); }}) {
    CHECK(std::isnan(f(Lanes(not_a_number), Lanes(1))[0]));
    CHECK(std::isnan(f(Lanes(1), Lanes(not_a_number))[0]));
  }
}

TEST_CASE("pow") {
  for (const double y : {-3., -1.5, -1., 0., 0.5, 1., 2., 3., 10.}) {
    const std::vector<Real> xs = mixed(1e-3, 1e3);
    for (std::size_t i = 0; i < xs.size(); i += Lanes::size) {
      const Lanes z = pow(Lanes::load(&xs[i]), Lanes(Real(y)));
      for (int k = 0; k < Lanes::size; ++k) {
        const Exact x = Exact(xs[i + std::size_t(k)]), exact = std::pow(x, Exact(y));
        REQUIRE(ulps(z[k], exact) <= 2 + 2 * std::abs(y * double(std::log(x))));
      }
    }
  }
  CHECK(pow(Lanes(0), Lanes(2))[0] == 0);
  CHECK(pow(Lanes(0), Lanes(-2))[0] == infinity);
  CHECK(pow(Lanes(0), Lanes(0))[0] == 1);
  CHECK(std::isnan(pow(Lanes(0), Lanes(not_a_number))[0]));
  CHECK(pow(Lanes(-2), Lanes(3))[0] == doctest::Approx(-8));
}

TEST_CASE("partial loads and stores touch nothing past live") {
  for (int live = 0; live <= Lanes::size; ++live) {
    std::vector<Real> from(std::size_t(live), Real(7)), to(std::size_t(live) + 1, Real(-1));
    const Lanes x = Lanes::load(from.data(), live);
    for (int k = 0; k < Lanes::size; ++k) CHECK(x[k] == (k < live ? 7 : 0));
    (x + Lanes(1)).store(to.data(), live);
    for (int k = 0; k < live; ++k) CHECK(to[std::size_t(k)] == 8);
    CHECK(to[std::size_t(live)] == -1);
    const Lanes chosen = select(first(live), Lanes(1), Lanes(0));
    CHECK(horizontal_sum(chosen) == Real(live));
  }
}

TEST_CASE("sums and maxima over lanes take their fixed order") {
  Real x[Lanes::size], fold[Lanes::size];
  for (int k = 0; k < Lanes::size; ++k)
    x[k] = fold[k] = Real(1) / Real(3 * k + 1) * (k % 2 ? -1 : 1);
  for (int half = Lanes::size / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) fold[k] = fold[k] + fold[k + half];
  CHECK(horizontal_sum(Lanes::load(x)) == fold[0]);
  CHECK(horizontal_max(Lanes::load(x)) == 1);
  for (int k = 0; k < Lanes::size; ++k) {
    Real with_nan[Lanes::size] = {};
    with_nan[k] = not_a_number;
    CHECK(std::isnan(horizontal_max(Lanes::load(with_nan))));
  }
}

#if defined(__FMA__) || defined(__AVX512F__)
TEST_CASE("fma rounds once") {
  const Real e = Limits::epsilon();  // (1 + e)(1 - e) - 1 = -e², lost when the product is rounded
  CHECK(fma(Lanes(1 + e), Lanes(1 - e), Lanes(-1))[0] == -e * e);
}
#endif
