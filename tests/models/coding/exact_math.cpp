// Functions made of IEEE operations against libm, tables against their definition, and the numbers
// that every build must give.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <vaegrad/models/coding/exact_math.hpp>

using namespace vaegrad;

namespace {

double relative(double x, double y) { return y == 0 ? std::abs(x) : std::abs(x / y - 1); }

}  // namespace

TEST_CASE("exact functions agree with libm") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> wide(-700, 700), narrow(-3, 3), exponent(-300, 300);
  double worst_exp = 0, worst_log = 0, worst_tanh = 0, worst_sigmoid = 0, worst_softplus = 0;
  for (int i = 0; i < 100000; ++i)
    for (const double x : {wide(random), narrow(random), 0.01 * narrow(random)}) {
      worst_exp = std::max(worst_exp, relative(exact_exp(x), std::exp(x)));
      worst_tanh = std::max(worst_tanh, relative(exact_tanh(x), std::tanh(x)));
      worst_sigmoid = std::max(worst_sigmoid, relative(exact_sigmoid(x), 1 / (1 + std::exp(-x))));
      const double softplus = std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
      worst_softplus = std::max(worst_softplus, relative(exact_softplus(x), softplus));
      const double y = std::pow(10, exponent(random));
      worst_log = std::max(
          worst_log, std::abs(exact_log(y) - std::log(y)) / std::max(1.0, std::abs(std::log(y))));
    }
  CHECK(worst_exp < 1e-15);
  CHECK(worst_log < 1e-15);
  CHECK(worst_sigmoid < 1e-15);
  CHECK(worst_tanh < 1e-13);     // 1 − 2/(e²ˣ + 1) cancels at x = 0.01
  CHECK(worst_softplus < 1e-2);  // relative, where 1 + eˣ rounds; absolute below
  for (double x = -50; x < 50; x += 0.37)
    CHECK(std::abs(exact_softplus(x) - std::log1p(std::exp(x))) < 2e-14);
  CHECK(exact_exp(0) == 1);
  CHECK(exact_tanh(0) == 0);
  CHECK(exact_tanh(-1e9) == -1);
  CHECK(exact_sigmoid(0) == 0.5);
  CHECK(exact_sigmoid(-1e9) == 0);
  CHECK(exact_softplus(1e9) == 1e9);
  CHECK(exact_log(1) == 0);
}

TEST_CASE("the grid: nearest multiples, ties to even") {
  CHECK(to_grid(0.3, 2) == 0.25);
  CHECK(to_grid(-0.3, 2) == -0.25);
  CHECK(to_grid(0.125, 2) == 0);
  CHECK(to_grid(0.375, 2) == 0.5);
  CHECK(to_grid(1e6 + 0.4, 0) == 1e6);
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> x(-1e8, 1e8);
  for (int i = 0; i < 1000; ++i) {
    const double v = x(random);
    CHECK(to_grid(v, 12) == std::nearbyint(v * 4096) / 4096);
  }
}

TEST_CASE("distribution functions: right, and never falling") {
  for (double x = -9; x < 9; x += 0.0371) {
    CHECK(std::abs(double(normal_cdf()(x)) * 0x1p-32 - 0.5 * std::erfc(-x / std::sqrt(2.0))) <
          1e-6);
    CHECK(std::abs(double(logistic_cdf()(3 * x)) * 0x1p-32 - 1 / (1 + std::exp(-3 * x))) < 1e-6);
  }
  for (const CdfTable* f : {&normal_cdf(), &logistic_cdf()}) {
    CHECK((*f)(-INFINITY) <= 1u);
    CHECK((*f)(INFINITY) >= (std::uint64_t{1} << 32) - 1);
    CHECK((*f)(INFINITY) <= std::uint64_t{1} << 32);
    CHECK((*f)(0) == std::uint64_t{1} << 31);
    std::uint64_t before = 0;
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> step(0, 1e-3);
    for (double x = -25; x < 25; x += step(random)) {
      const std::uint64_t now = (*f)(x);
      if (now < before) FAIL("falls at " << x);
      before = now;
    }
    for (const double node : {-3.0, -0.00390625, 1.0, 2.5}) {  // neighbouring numbers at a node
      double x = node;
      for (int i = 0; i < 1000; ++i) x = std::nextafter(x, -9);
      for (int i = 0; i < 2000; ++i) {
        const double next = std::nextafter(x, 9);
        REQUIRE((*f)(x) <= (*f)(next));
        x = next;
      }
    }
  }
}

TEST_CASE("this build computes as the format demands") { CHECK_NOTHROW(check_arithmetic()); }
