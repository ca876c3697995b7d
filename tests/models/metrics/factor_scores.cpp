// Codes whose scores are known: copies of the factors, rotated, shuffled, mixed, noise.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/factors/factor_scores.hpp>

using namespace vaegrad;

namespace {

struct Square {  // every pair of two factors of `values` values, `times` times
  std::vector<std::size_t> sizes;
  std::vector<std::uint8_t> indices;
  Square(std::size_t values, int times) : sizes{values, values} {
    for (int t = 0; t < times; ++t)
      for (std::size_t a = 0; a < values; ++a)
        for (std::size_t b = 0; b < values; ++b)
          for (std::size_t v : {a, b}) indices.push_back(std::uint8_t(v));
  }
  KnownFactors known() const { return {sizes, indices}; }
  Index count() const { return Index(indices.size() / 2); }
  double of(Index i, Index k) const { return indices[std::size_t(2 * i + k)]; }
};

template <class F>
OwnedMatrix codes(const Square& s, Index latents, F number) {
  OwnedMatrix to(s.count(), latents);
  for (Index i = 0; i < to.rows; ++i)
    for (Index j = 0; j < latents; ++j) to.view()(i, j) = Real(number(i, j));
  return to;
}

}  // namespace

TEST_CASE("copies of the factors: every score is 1, in any order, unit and sign") {
  const Square s(5, 40);
  const OwnedMatrix z =
      codes(s, 2, [&](Index i, Index j) { return j ? 100 - 7 * s.of(i, 0) : 0.3 * s.of(i, 1); });
  CHECK(std::abs(sap_score(z, s.known()) - 1) < 1e-9);
  CHECK(std::abs(modularity(z, s.known()) - 1) < 1e-9);
  CHECK(explicitness(z, s.known()) > 0.99);
  CHECK(std::abs(interventional_robustness(z, s.known()).score - 1) < 1e-9);
  const Dci d = dci(z, s.known());
  CHECK(std::abs(d.disentanglement - 1) < 1e-9);
  CHECK(std::abs(d.completeness - 1) < 1e-9);
  CHECK(d.informativeness > 0.9999);
  CHECK(d.importance.view()(1, 0) > 0.99);
}

TEST_CASE("rotated by 45 degrees: all is known of the factors, and nothing of one alone") {
  const Square s(5, 40);
  const OwnedMatrix z =
      codes(s, 2, [&](Index i, Index j) { return s.of(i, 0) + (j ? -1 : 1) * s.of(i, 1); });
  // each latent gives each factor an R² of ½
  CHECK(sap_score(z, s.known()) < 0.02);
  CHECK(modularity(z, s.known()) < 0.02);
  CHECK(explicitness(z, s.known()) > 0.99);
  // given one factor a latent moves by 2 about its mean, of 4 in all; with nothing given 0.99 of it
  // lie within 4, since the two outermost of 25 are there
  CHECK(std::abs(interventional_robustness(z, s.known()).score - 0.5) < 1e-9);
  CHECK(interventional_robustness(z, s.known()).chance < 1e-9);
  const Dci d = dci(z, s.known());
  CHECK(d.disentanglement < 0.02);
  CHECK(d.completeness < 0.02);
  CHECK(d.informativeness > 0.9999);
}

TEST_CASE("turned by a third of that: as derived") {
  const Square s(5, 40);
  const double angle = 0.3, c = std::cos(angle), t = std::sin(angle);
  const OwnedMatrix z = codes(s, 2, [&](Index i, Index j) {
    return j ? c * s.of(i, 1) - t * s.of(i, 0) : c * s.of(i, 0) + t * s.of(i, 1);
  });
  // R² = cos², sin²;  weights |cos|, |sin| up to the penalty of 0.001
  CHECK(std::abs(sap_score(z, s.known()) - (c * c - t * t)) < 1e-9);
  const double p = c / (c + t), h = -(p * std::log(p) + (1 - p) * std::log(1 - p)) / std::log(2);
  const Dci d = dci(z, s.known());
  CHECK(std::abs(d.disentanglement - (1 - h)) < 0.01);
  CHECK(std::abs(d.completeness - (1 - h)) < 0.01);
}

TEST_CASE("one latent that holds both factors, a second that copies one") {
  const Square s(5, 40);
  const OwnedMatrix z =
      codes(s, 2, [&](Index i, Index j) { return j ? s.of(i, 0) : s.of(i, 0) + 5 * s.of(i, 1); });
  // latent 0 knows log 5 of both: 1 − 1/1 = 0; latent 1 of one: 1
  CHECK(std::abs(modularity(z, s.known(), 25) - 0.5) < 1e-6);
}

TEST_CASE("modularity is by nats: one latent that holds a factor of two values and one of five") {
  const std::vector<std::size_t> sizes{2, 5};
  std::vector<std::uint8_t> indices;
  OwnedMatrix z(10 * 40, 1);
  for (Index i = 0; i < z.rows; ++i) {
    indices.push_back(std::uint8_t(i % 2)), indices.push_back(std::uint8_t(i % 10 / 2));
    z.view()(i, 0) = Real(i % 10);
  }
  // it knows log 2 and log 5: 1 − (log 2 / log 5)², where shares of 1 and 1 would give 0
  const double share = std::log(2.) / std::log(5.);
  CHECK(std::abs(modularity(z, {sizes, indices}, 10) - (1 - share * share)) < 1e-6);
}

TEST_CASE("noise, and copies of the factors of other images: what chance gives") {
  const Square s(5, 80);  // N = 2000
  OwnedMatrix z(s.count(), 4);
  Stream(1, Purpose::test).normal(z.view());
  const auto order = permutation(std::uint32_t(s.count()), 3, Purpose::test);
  for (const bool shuffled : {false, true}) {
    if (shuffled)
      z = codes(s, 2, [&](Index i, Index j) { return s.of(Index(order[std::size_t(i)]), j); });
    // R² of a line in noise is 1/N in the mean, χ² with one degree of freedom
    CHECK(sap_score(z, s.known()) < 16 / double(s.count()));
    // the AUC of chance has a deviation of √((n₀ + n₁ + 1) / 12 n₀ n₁) = 0.023, of 10 its 0.0072
    CHECK(std::abs(explicitness(z, s.known()) - 0.5) < 4 * 0.0072);
    CHECK(dci(z, s.known()).informativeness < 16 / double(s.count()));
    // of 400 draws the 0.99 quantile of |z| has a deviation of √(0.01 0.99 / 400) / density 0.029
    // = 0.17, of largest distances above 3; the best of two factors, the mean of five values each
    const InterventionalRobustness robust = interventional_robustness(z, s.known());
    INFO(robust.score, " by chance ", robust.chance);
    CHECK(std::abs(robust.score - robust.chance) < 4 * 0.17 / 3 / std::sqrt(5.));
  }
}
