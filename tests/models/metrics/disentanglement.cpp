// Codes whose scores are known: copies of the factors, mixtures of them, noise.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/factors/disentanglement.hpp>

using namespace vaegrad;

namespace {

struct Grid {  // every combination of three factors, `times` times
  std::vector<std::size_t> sizes{3, 6, 25};
  std::vector<std::uint8_t> indices;
  explicit Grid(int times = 8) {
    for (int t = 0; t < times; ++t)
      for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t b = 0; b < 6; ++b)
          for (std::size_t c = 0; c < 25; ++c)
            for (std::size_t v : {a, b, c}) indices.push_back(std::uint8_t(v));
  }
  KnownFactors known() const { return {sizes, indices}; }
  Index count() const { return Index(indices.size() / 3); }
  double of(Index i, Index k) const { return indices[std::size_t(3 * i + k)]; }
};

OwnedMatrix noise(Index rows, Index cols) {
  OwnedMatrix to(rows, cols);
  Stream(1, Purpose::test).normal(to.view());
  return to;
}

}  // namespace

TEST_CASE("copied factors score 1, in any order, unit and sign, beside latents that say nothing") {
  const Grid grid;
  OwnedMatrix z = noise(grid.count(), 5);
  for (Index i = 0; i < z.rows; ++i) {
    z.view()(i, 4) = Real(grid.of(i, 0));
    z.view()(i, 0) = Real(-7 * grid.of(i, 1) + 100);
    z.view()(i, 2) = Real(0.2 * grid.of(i, 2));
    z.view()(i, 3) *= Real(0.01);  // collapsed
  }
  const auto gap = mutual_information_gap(z, grid.known());
  // What noise seems to know: (24)(values − 1) / 2N nats of log(values)
  CHECK(gap.score > 0.95);
  CHECK(gap.information.view()(4, 0) == doctest::Approx(1));
  CHECK(gap.information.view()(0, 1) == doctest::Approx(1));
  CHECK(gap.information.view()(2, 2) == doctest::Approx(1));
  CHECK(factor_vae_score(z, grid.known()) == 1);
  CHECK(beta_vae_score(z, grid.known()) > 0.999);

  OwnedMatrix copies(grid.count(), 3);
  for (Index i = 0; i < copies.rows; ++i)
    for (Index k = 0; k < 3; ++k) copies.view()(i, k) = Real(grid.of(i, k));
  CHECK(mutual_information_gap(copies, grid.known()).score == doctest::Approx(1));
}

TEST_CASE("the FactorVAE vote is by relative variance: of blurred copies in any unit it is right") {
  const Grid grid;
  OwnedMatrix z = noise(grid.count(), 3);
  // given its factor a latent keeps 0.04 of 1.04 of its variance; the last one has the least always
  const double unit[] = {10, 1, 0.11}, deviation[] = {0.816, 1.708, 7.211};
  for (Index i = 0; i < z.rows; ++i)
    for (Index k = 0; k < 3; ++k)
      z.view()(i, k) =
          Real(unit[k] * (grid.of(i, k) / deviation[k] + 0.2 * double(z.view()(i, k))));
  CHECK(factor_vae_score(z, grid.known()) == 1);
}

TEST_CASE("noise: a gap near 0, and votes no better than guessing") {
  const Grid grid;
  const OwnedMatrix z = noise(grid.count(), 5);
  CHECK(mutual_information_gap(z, grid.known()).score < 0.02);
  // 5000 test votes: one standard error is 0.0067
  CHECK(factor_vae_score(z, grid.known()) == doctest::Approx(1 / 3.).epsilon(0.08));
  CHECK(beta_vae_score(z, grid.known()) == doctest::Approx(1 / 3.).epsilon(0.08));
}

TEST_CASE(
    "two latents that know the same leave no gap; one that knows two factors cannot tell them") {
  const Grid grid;
  OwnedMatrix twice(grid.count(), 4), mixed(grid.count(), 2);
  for (Index i = 0; i < twice.rows; ++i) {
    for (Index k = 0; k < 3; ++k) twice.view()(i, k) = Real(grid.of(i, k));
    twice.view()(i, 3) = Real(5 - grid.of(i, 1));
    mixed.view()(i, 0) = Real(grid.of(i, 0) + 3 * grid.of(i, 1));  // 18 values, one for each pair
    mixed.view()(i, 1) = Real(grid.of(i, 2));
  }
  const auto gap = mutual_information_gap(twice, grid.known());
  CHECK(gap.of_factor[1] == doctest::Approx(0).scale(1));
  CHECK(gap.of_factor[0] == doctest::Approx(1));
  CHECK(gap.score == doctest::Approx(2 / 3.));
  const auto both = mutual_information_gap(mixed, grid.known());
  CHECK(both.information.view()(0, 0) == doctest::Approx(1));
  CHECK(both.information.view()(0, 1) == doctest::Approx(1));
  CHECK(both.score ==
        doctest::Approx(1));  // the gap does not see that one latent holds two factors ..
  CHECK(factor_vae_score(mixed, grid.known()) < 0.9);  // .. a vote does
}

TEST_CASE("mutual information in closed form: a latent that halves a factor") {
  // z = [v ≥ 3] of v = 0..5, uniform: I = H(z) = log 2, of H(v) = log 6
  const Grid grid(1);
  OwnedMatrix z(grid.count(), 1);
  for (Index i = 0; i < z.rows; ++i) z.view()(i, 0) = Real(grid.of(i, 1) >= 3);
  const auto gap = mutual_information_gap(z, grid.known());
  CHECK(gap.information.view()(0, 1) == doctest::Approx(std::log(2) / std::log(6)));
  CHECK(gap.of_factor[1] == doctest::Approx(std::log(2) / std::log(6)));
  CHECK(gap.of_factor[0] == doctest::Approx(0).scale(1));
}

TEST_CASE("all latents collapsed: a guess") {
  const Grid grid(1);
  OwnedMatrix z(grid.count(), 2);
  CHECK(factor_vae_score(z, grid.known()) == doctest::Approx(1 / 3.));
  CHECK(mutual_information_gap(z, grid.known()).score == 0);
}
