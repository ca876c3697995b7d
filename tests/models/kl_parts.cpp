// What the KL is made of, against the mixture of all N posteriors summed exactly.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/estimators.hpp>

using namespace vaegrad;

namespace {

// N posteriors N(μ_n, σ² I) with μ_n ~ N(0, (1 − σ²) I): the aggregate is close to N(0, I).
struct Posteriors {
  Index examples, latents;
  double sigma;
  std::vector<Real> mean;

  Posteriors(Index n, Index d, double s)
      : examples(n), latents(d), sigma(s), mean(std::size_t(n * d)) {
    Stream(1, Purpose::test).normal({mean.data(), n, d});
    for (Real& m : mean) m *= std::sqrt(1 - sigma * sigma);
  }
  // A batch, of `rows`, as kl_parts wants it
  struct Batch {
    std::vector<Real> mean, log_variance, z;
    Index rows, cols;
    ConstMatrix of(const std::vector<Real>& v) const { return {v.data(), rows, cols}; }
  };
  Batch batch(std::span<const std::uint32_t> rows, std::uint32_t draw) const {
    const std::size_t d = std::size_t(latents), n = rows.size() * d;
    Batch b{{},
            std::vector<Real>(n, Real(2 * std::log(sigma))),
            std::vector<Real>(n),
            Index(rows.size()),
            latents};
    Stream(2, Purpose::latent, draw, rows).normal({b.z.data(), b.rows, latents});
    for (const auto row : rows) b.mean.insert(b.mean.end(), &mean[row * d], &mean[row * d] + d);
    for (std::size_t k = 0; k < n; ++k) b.z[k] = b.mean[k] + sigma * b.z[k];
    return b;
  }
  // All N in each sum; z of `count` of them
  KlParts exact(std::size_t count) const {
    KlParts to;
    const std::size_t d = std::size_t(latents), n = std::size_t(examples);
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(std::uint32_t(i * n / count));
    const Batch b = batch(rows, 999);
    const double norm = -0.5 * std::log(2 * std::numbers::pi) - std::log(sigma);
    std::vector<double> marginal(d);
    for (std::size_t i = 0; i < count; ++i) {
      double joint = 0, own = 0, prior = 0, product = 0;
      std::fill(marginal.begin(), marginal.end(), 0.0);
      for (std::size_t j = 0; j < n; ++j) {
        double all = 0;
        for (std::size_t k = 0; k < d; ++k) {
          const double r = (b.z[i * d + k] - mean[j * d + k]) / sigma, one = norm - 0.5 * r * r;
          marginal[k] += std::exp(one), all += one;
        }
        joint += std::exp(all);
        if (j == rows[i]) own = all;
      }
      for (std::size_t k = 0; k < d; ++k) {
        product += std::log(marginal[k] / double(n));
        prior -= 0.5 * (b.z[i * d + k] * b.z[i * d + k] + std::log(2 * std::numbers::pi));
      }
      joint = std::log(joint / double(n));
      to.mutual_information += (own - joint) / double(count);
      to.total_correlation += (joint - product) / double(count);
      to.dimension_wise_kl += (product - prior) / double(count);
    }
    return to;
  }
  // The average over batches
  template <class Weights>
  KlParts estimated(const Weights& weights, std::size_t size, int batches) const {
    KlParts to;
    for (int t = 0; t < batches; ++t) {
      std::vector<std::uint32_t> rows =
          permutation(std::uint32_t(examples), std::uint64_t(t + 1), Purpose::test);
      rows.resize(size);
      const Batch b = batch(rows, std::uint32_t(t));
      const KlParts one = kl_parts(b.of(b.mean), b.of(b.log_variance), b.of(b.z), weights);
      to.mutual_information += one.mutual_information / batches;
      to.total_correlation += one.total_correlation / batches;
      to.dimension_wise_kl += one.dimension_wise_kl / batches;
    }
    return to;
  }
};

// The matrix as it is widely copied: its strides, meant for a diagonal, fill the first two columns.
struct CopiedWeights {
  std::size_t batch, examples;
  double operator()(std::size_t i, std::size_t j) const {
    const double n = double(examples), m = double(batch - 1), last = (n - m) / (n * m);
    if (j == 0) return i == batch - 2 ? last : 1 / n;
    return j == 1 ? last : 1 / m;
  }
};

}  // namespace

TEST_CASE(
    "mutual information and total correlation, where batches are small and the code is sharp") {
  const Posteriors p(20'000, 10, 0.3);
  constexpr std::size_t batch = 64;
  constexpr int batches = 200;
  const KlParts exact = p.exact(400),
                right = p.estimated(StratifiedWeights{batch, 20'000}, batch, batches),
                copied = p.estimated(CopiedWeights{batch, 20'000}, batch, batches);
  MESSAGE("exact ", exact.mutual_information, ' ', exact.total_correlation, ' ',
          exact.dimension_wise_kl, "  estimated ", right.mutual_information, ' ',
          right.total_correlation, ' ', right.dimension_wise_kl, "  with the copied weights ",
          copied.mutual_information, ' ', copied.total_correlation, ' ', copied.dimension_wise_kl);
  CHECK(std::abs(right.mutual_information - exact.mutual_information) < 0.4);
  CHECK(std::abs(right.total_correlation - exact.total_correlation) < 0.4);
  CHECK(std::abs(right.dimension_wise_kl - exact.dimension_wise_kl) < 0.6);
  CHECK(std::abs(copied.total_correlation - exact.total_correlation) > 3);
  // Their sum is the KL whatever the weights: E ½ (σ² + μ² − 1 − log σ²), summed
  double kl = 0;
  for (const Real m : p.mean) kl += 0.5 * (0.09 + m * m - 1 - std::log(0.09)) / 20'000;
  for (const KlParts& parts : {exact, right, copied})
    CHECK(parts.sum() == doctest::Approx(kl).epsilon(0.03));
}

TEST_CASE("a batch of all examples leaves nothing to estimate") {
  const Posteriors p(50, 3, 0.4);
  std::vector<std::uint32_t> rows(50);
  for (std::uint32_t r = 0; r < 50; ++r) rows[r] = r;
  const auto b = p.batch(rows, 999);
  const KlParts all =
      kl_parts(b.of(b.mean), b.of(b.log_variance), b.of(b.z), StratifiedWeights{50, 50});
  const KlParts exact = p.exact(50);
  CHECK(all.mutual_information == doctest::Approx(exact.mutual_information).epsilon(1e-10));
  CHECK(all.total_correlation == doctest::Approx(exact.total_correlation).epsilon(1e-10));
  CHECK(all.dimension_wise_kl == doctest::Approx(exact.dimension_wise_kl).epsilon(1e-10));
}
