// The discrete posterior: a partition that can be searched, and the KL divergence it costs.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <vaegrad/models/coding/latent_buckets.hpp>

using namespace vaegrad;

TEST_CASE("buckets have equal mass under the prior") {
  const LatentBuckets buckets;
  for (std::uint32_t b = 0; b < LatentBuckets::count; ++b) {
    const double share =
        0.5 * std::erfc(-buckets.centre(b) / std::sqrt(2.0)) * LatentBuckets::count;
    // the tables' straight lines, and the grid of 2^-12, which is coarse beside the middle buckets
    REQUIRE(std::abs(share - (b + 0.5)) < 0.35);
    REQUIRE(std::abs(buckets.centre(b)) <= buckets.bound());
    REQUIRE((b == 0 || buckets.centre(b) >= buckets.centre(b - 1)));
  }
}

TEST_CASE("counts of any posterior: each bucket at least one, together 2^24, and find finds them") {
  const LatentBuckets buckets;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 60; ++round) {
    const double mean = round < 40 ? 2 * normal(random) : 1e7 * normal(random);
    const double inverse_scale = round < 5 ? 0 : std::exp(4 * normal(random));
    std::uint32_t next = 0;
    for (std::uint32_t b = 0; b < LatentBuckets::count; ++b) {
      const CodeInterval i = buckets.interval(b, mean, inverse_scale);
      REQUIRE(i.start == next);
      REQUIRE(i.count > 0);
      REQUIRE(i.count <= 1u << LatentBuckets::posterior_bits);
      next = i.start + i.count;
    }
    REQUIRE(next == 1u << LatentBuckets::posterior_bits);
    for (int k = 0; k < 100; ++k) {
      const auto c = std::uint32_t(random() & ((1u << LatentBuckets::posterior_bits) - 1));
      const auto [b, i] = buckets.find(c, mean, inverse_scale);
      const CodeInterval again = buckets.interval(b, mean, inverse_scale);
      REQUIRE((c >= i.start && c - i.start < i.count));
      REQUIRE((again.start == i.start && again.count == i.count));
    }
  }
}

// Σ_b Q(b) log2 (Q(b) / 2^-12) is what a latent costs net of the bits that come back.
TEST_CASE("the cost of a latent is KL(N(μ, σ²) ‖ N(0, 1)) in bits") {
  const LatentBuckets buckets;
  for (const double mean : {0.0, 0.3, -1.0, 2.0})
    for (const double scale : {1.0, 0.5, 0.1, 0.03}) {
      double cost = 0;
      for (std::uint32_t b = 0; b < LatentBuckets::count; ++b) {
        const double q = buckets.interval(b, mean, 1 / scale).count * 0x1p-24;
        cost += q * (std::log2(q) + LatentBuckets::prior_bits);
      }
      const double kl =
          0.5 * (mean * mean + scale * scale - 1 - 2 * std::log(scale)) / std::log(2.0);
      INFO("mean ", mean, " scale ", scale, ": ", cost, " bits, KL ", kl);
      CHECK(cost < kl + 0.002);  // what is told apart less cannot differ more
      CHECK(cost > kl - 0.03);   // the outermost buckets reach from 3.5 to infinity
    }
}

TEST_CASE("posterior scales by name") {
  for (const double h : {-3.0, -0.2, 0.0, 1.0, 2.5}) {
    const auto inverse = [&](const char* name) { return exact_posterior_scale(name).inverse(h); };
    CHECK(inverse("log-variance") == doctest::Approx(std::exp(-0.5 * h)).epsilon(1e-12));
    CHECK(inverse("log-std") == doctest::Approx(std::exp(-h)).epsilon(1e-12));
    const double s = std::log1p(std::exp(h)), t = std::tanh(h);
    CHECK(inverse("softplus") == doctest::Approx(1 / std::sqrt(s * s + 1e-6)).epsilon(1e-12));
    CHECK(inverse("tanh") == doctest::Approx(1 / std::sqrt(t * t + 1e-6)).epsilon(1e-12));
  }
  CHECK_THROWS_WITH_AS(exact_posterior_scale("cubic"), doctest::Contains("one of log-variance"),
                       Error);
}
