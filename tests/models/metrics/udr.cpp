// Unsupervised disentanglement ranking of codes whose agreement is known: the same ones in another
// order, unit and sign, rotated ones, independent noise.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/factors/disentanglement.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

template <class F>
OwnedMatrix matrix(Index rows, Index cols, F number) {
  OwnedMatrix to(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) to.view()(i, j) = Real(number(i, j));
  return to;
}
OwnedMatrix noise(Index rows, Index cols, std::uint32_t which) {
  OwnedMatrix to(rows, cols);
  Stream(3, Purpose::test, which).normal(to.view());
  return to;
}
OwnedMatrix rotated(const OwnedMatrix& z, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return matrix(z.rows, 2, [&](Index i, Index j) {
    const double a = double(z.view()(i, 0)), b = double(z.view()(i, 1));
    return j ? c * b - s * a : c * a + s * b;
  });
}
// Spearman's of two Gaussians with this correlation
double spearman(double correlation) { return 6 / std::numbers::pi * std::asin(correlation / 2); }
// Of a code with itself, rotated: each row and column of R has these two
double of_rotation(double angle) {
  const double c = spearman(std::cos(angle)), s = spearman(std::sin(angle));
  return std::max(c, s) * std::max(c, s) / (c + s);
}
// Every combination of three factors with 4, 5 and 7 values, 10 times: no two correlate.
double factor(Index i, Index k) { return double(k == 0 ? i % 4 : k == 1 ? i / 4 % 5 : i / 20 % 7); }
constexpr Index combinations = 10 * 4 * 5 * 7;

}  // namespace

TEST_CASE("the same code in another order, unit and sign agrees with itself by 1") {
  const OwnedMatrix a = matrix(combinations, 3, factor);
  const OwnedMatrix b = matrix(combinations, 3, [](Index i, Index j) {
    const double v = factor(i, (j + 1) % 3);
    return j == 1 ? 100 - 7 * v : std::exp(v);  // ranks see no more than the order
  });
  CHECK(agreement(a, b) == doctest::Approx(1).epsilon(1e-6));
  // half of a code: the others' latents have no one of theirs, 0 of nothing
  const OwnedMatrix half = matrix(combinations, 1, [](Index i, Index) { return factor(i, 1); });
  CHECK(agreement(a, half) == doctest::Approx((1.0 / 3 + 1) / 2).epsilon(1e-6));
}

TEST_CASE("collapsed latents take no part: with them the agreement is lower") {
  const OwnedMatrix junk = noise(combinations, 6, 1);
  const auto with_junk = [&](Index first) {
    return matrix(combinations, 6, [&, first](Index i, Index j) {
      return j < 3 ? factor(i, (j + first) % 3) : double(junk.view()(i, j - 3 + 3 * (first > 0)));
    });
  };
  const OwnedMatrix a = with_junk(0), b = with_junk(1);
  const std::vector<double> kl{3, 1, 0.011, 0.01, 0.001, 0}, all(6, 1.0);
  const std::vector<TrainedCodes> runs{{a, kl}, {b, kl}}, unmasked{{a, all}, {b, all}};
  const DisentanglementRanking r = unsupervised_ranking(runs);
  CHECK(r.score == doctest::Approx(1).epsilon(1e-6));
  CHECK(r.informative == std::vector<std::size_t>{3, 3});
  CHECK(unsupervised_ranking(unmasked).score < 0.7);
}

TEST_CASE("rotated codes agree less, by what the arcsine law says") {
  const Index n = 40'000;
  const OwnedMatrix z = noise(n, 2, 2);
  double before = 1.01;
  for (const double degrees : {0., 10., 20., 30., 45.}) {
    const double angle = degrees / 180 * std::numbers::pi;
    const double now = agreement(z, rotated(z, angle));
    CHECK(std::abs(now - of_rotation(angle)) < 4 / std::sqrt(double(n)));
    CHECK(now < before);
    before = now;
  }
  CHECK(before < 0.36);  // of 45 degrees: s/2 with s = 0.69
}

TEST_CASE("independent noise is at chance: what half-normal correlations give") {
  const Index n = 400, A = 4, B = 3;
  const auto score = [](const OwnedMatrix& R) {
    double rows = 0, columns = 0;
    for (Index a = 0; a < R.rows; ++a) {
      double most = 0, sum = 0;
      for (Index b = 0; b < R.cols; ++b)
        most = std::max(most, double(R.view()(a, b))), sum += double(R.view()(a, b));
      rows += most * most / sum / double(R.rows);
    }
    for (Index b = 0; b < R.cols; ++b) {
      double most = 0, sum = 0;
      for (Index a = 0; a < R.rows; ++a)
        most = std::max(most, double(R.view()(a, b))), sum += double(R.view()(a, b));
      columns += most * most / sum / double(R.cols);
    }
    return (rows + columns) / 2;
  };
  // ranks of independent numbers: mean 0, variance 1 / (n − 1), nearly Gaussian
  double chance = 0, mean = 0, squares = 0;
  const int draws = 20'000, trials = 300;
  for (int t = 0; t < draws; ++t) {
    OwnedMatrix R = noise(A, B, 1000 + std::uint32_t(t));
    for (Real& r : R.numbers) r = std::abs(r) / Real(std::sqrt(double(n - 1)));
    chance += score(R) / draws;
  }
  for (std::uint32_t t = 0; t < trials; ++t) {
    const double s = agreement(noise(n, A, 100'000 + 2 * t), noise(n, B, 100'001 + 2 * t));
    mean += s / trials, squares += s * s / trials;
  }
  const double error = std::sqrt((squares - mean * mean) / trials);
  MESSAGE("chance ", chance, ", measured ", mean, " +- ", error);
  CHECK(std::abs(mean - chance) < 4 * error);
  CHECK(mean < 0.1);
}

TEST_CASE("medians: of all pairs, and of each run's") {
  const double quarter = std::numbers::pi / 4, half = of_rotation(quarter);
  const OwnedMatrix z = noise(20'000, 2, 5), turned = rotated(z, quarter);
  const std::vector<double> kl{1, 1};
  const std::vector<TrainedCodes> runs{{z, kl}, {z, kl}, {turned, kl}};
  const DisentanglementRanking r = unsupervised_ranking(runs);
  const double own = agreement(z, z);  // not 1: two columns of noise correlate a little
  CHECK(own > 0.97);
  CHECK(std::abs(r.score - half) < 0.02);
  CHECK(r.pairs[0][1] == own);
  CHECK(r.pairs[1][0] == own);
  CHECK(std::isnan(r.pairs[1][1]));
  CHECK(std::abs(r.of_run[0] - (own + half) / 2) < 0.02);
  CHECK(std::abs(r.of_run[2] - half) < 0.02);
}

TEST_CASE("rank correlations by hand, and what there is no agreement of") {
  // ranks 1.5 1.5 3 4 and 1 2 3 4, less 2.5: products 1.5 + 0.5 + 0.25 + 2.25, lengths² 4.5 and 5
  const OwnedMatrix a = matrix(4, 2, [](Index i, Index j) {
    return j ? 7. : i < 2 ? 1. : double(i);
  });
  const OwnedMatrix b = matrix(4, 1, [](Index i, Index) { return -double(i * i); });
  const OwnedMatrix R = rank_correlations(a, b);
  CHECK(double(R.view()(0, 0)) == doctest::Approx(4.5 / std::sqrt(4.5 * 5)).epsilon(1e-6));
  CHECK(R.view()(1, 0) == 0);
  const std::vector<double> none{0, 0}, one{1};
  const std::vector<TrainedCodes> collapsed{{a, none}, {a, none}};
  CHECK(std::isnan(unsupervised_ranking(collapsed).score));
  CHECK(message_of([&] {
          unsupervised_ranking({collapsed.data(), 1});
        }) == "udr: 1 training\n  hint: two or more, that differ by their seed");
  CHECK(message_of([&] {
          unsupervised_ranking(std::vector<TrainedCodes>{{a, one}, {a, one}});
        }) == "udr: there are 2 latents, but 1 numbers of KL\n  hint: one for each latent");
  CHECK(message_of([&] { rank_correlations(a, noise(3, 1, 1)); }) ==
        "rank_correlations: 4 and 3 rows\n  hint: codes of the same examples");
}
