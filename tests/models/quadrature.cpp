#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/numerics/quadrature.hpp>

using namespace vaegrad;

TEST_CASE("quadrature: a normal density has area 1, its mean and its variance") {
  for (double mean : {-1.5, 0., 2.})
    for (double std : {0.05, 0.5, 1.5}) {
      const auto q = [&](double z) { return std::exp(log_normal(z, mean, std * std)); };
      CHECK(std::abs(integral(q) - 1) < 1e-10);
      CHECK(std::abs(integral([&](double z) { return q(z) * z; }) - mean) < 1e-10);
      const auto spread = [&](double z) { return q(z) * (z - mean) * (z - mean); };
      CHECK(std::abs(integral(spread) / (std * std) - 1) < 1e-9);
    }
}

TEST_CASE("quadrature: a log-density far from its mean does not run out of digits") {
  CHECK(log_normal(14, 0, 1e-4) == doctest::Approx(-980000 - 0.5 * std::log(2 * M_PI * 1e-4)));
}

TEST_CASE("quadrature: what points cannot tell is an error") {
  CHECK_THROWS_AS(integral([](double z) { return std::exp(log_normal(z, 0, 1e-20)); }), Error);
  CHECK_THROWS_AS(integral([](double z) { return z > 0.123 ? 1. : 0; }), Error);
  for (const double pole : {0., 1.75, 14.})  // among the first points, or the later ones
    CHECK_THROWS_AS(integral([=](double z) { return 1 / std::abs(z - pole); }), Error);
}

TEST_CASE("quadrature: an end that f has not left counts") {
  CHECK(integral([](double z) { return z * z; }, 3, 1e-6) == doctest::Approx(18).epsilon(1e-4));
}
