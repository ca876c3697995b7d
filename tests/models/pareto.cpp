// The tail of importance weights: the shape of a generalised Pareto distribution is found, and what
// has no tail has none.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/pareto.hpp>

using namespace vaegrad;

TEST_CASE("k of draws from generalised Pareto distributions, within its own spread") {
  for (const double k : {-0.2, 0.2, 0.5, 0.9, 1.4}) {
    double mean = 0, squares = 0;
    constexpr int trials = 100, n = 400;
    for (int t = 0; t < trials; ++t) {
      Stream noise(1, Purpose::generate, std::uint32_t(t), std::uint32_t(100 * (k + 1)));
      std::vector<double> x;
      for (int i = 0; i < n; ++i)  // F⁻¹(u) = ((1 − u)^−k − 1) / k
        x.push_back((std::pow(1 - (double(noise.below(1 << 30)) + 0.5) / (1 << 30), -k) - 1) / k);
      std::sort(x.begin(), x.end());
      const double fitted = fit_pareto_k(x);
      mean += fitted / trials, squares += fitted * fitted / trials;
    }
    const double deviation = std::sqrt(squares - mean * mean);
    CAPTURE(k);
    CAPTURE(mean);
    // the prior, ten draws of 1/2, pulls by 10 / 410 of the distance
    CHECK(std::abs(mean - (n * k + 5) / (n + 10)) < 0.02 + 4 * deviation / std::sqrt(trials));
    CHECK(deviation < 1.5 * (1 + std::max(k, 0.0)) / std::sqrt(n));
  }
}

TEST_CASE("the tail keeps the largest weights, whatever their scale or order") {
  WeightTail rising(1000), falling(1000), shifted(1000);
  for (int i = 0; i < 1000; ++i) {
    const double log_w = -0.8 * std::log((i + 0.5) / 1000);  // k = 0.8
    falling.add(log_w), shifted.add(log_w - 5000);
  }
  for (int i = 999; i >= 0; --i) rising.add(-0.8 * std::log((i + 0.5) / 1000));
  CHECK(rising.k() == doctest::Approx(falling.k()).epsilon(1e-12));
  CHECK(shifted.k() == doctest::Approx(falling.k()).epsilon(1e-9));
  CHECK(falling.k() == doctest::Approx(0.8).epsilon(0.15));
  WeightTail flat(1000), few(20);
  for (int i = 0; i < 1000; ++i) flat.add(-3);
  for (int i = 0; i < 20; ++i) few.add(i);
  CHECK(std::isnan(flat.k()));
  CHECK(std::isnan(few.k()));
}
