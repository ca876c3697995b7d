// Objectives that shape the codes of a batch together: each penalty against what it estimates.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/estimators.hpp>
#include <vaegrad/models/numerics/quadrature.hpp>
#include <vaegrad/models/objectives/objective.hpp>

using namespace vaegrad;

namespace {

// Codes z ~ N(mean, diag deviation²), independent, and as many draws of N(0, I)
struct Codes {
  Draw draw;
  Var log_px;

  Codes(Tape& tape, Index n, std::vector<double> mean, std::vector<double> deviation,
        std::uint32_t step) {
    const Index Z = Index(mean.size());
    const Var z = tape.constant(Shape{n, Z}), p = tape.constant(Shape{n, Z});
    Stream(1, Purpose::test, 2 * step).normal(z.val());
    Stream(1, Purpose::test, 2 * step + 1).normal(p.val());
    for (Index i = 0; i < n; ++i)
      for (Index k = 0; k < Z; ++k)
        z.val()(i, k) = mean[std::size_t(k)] + deviation[std::size_t(k)] * z.val()(i, k);
    draw.z = z, draw.prior_draws = p, draw.kl = 0 * z, log_px = 0 * row_sums(z);
  }
};

// The penalty of the objective at a weight of 1, and its standard error over the batches
std::pair<double, double> mean_mmd(std::vector<double> mean, std::vector<double> deviation,
                                   double kernel, Index n = 64) {
  ObjectiveSettings s;
  s.set("mmd-weight", 1), s.set("kernel", kernel);
  double sum = 0, squares = 0;
  const int batches = 400;
  Tape tape;
  for (int t = 0; t < batches; ++t) {
    tape.reset();
    const Codes c(tape, n, mean, deviation, std::uint32_t(t));
    const double v = -Var(average(mmd_objective.bound(c.log_px, c.draw, s).objective)).item();
    sum += v, squares += v * v;
  }
  const double m = sum / batches;
  return {m, std::sqrt((squares / batches - m * m) / batches)};
}

}  // namespace

TEST_CASE("mmd, rbf: between two Gaussians as in closed form") {
  const std::vector<double> mean{0.7, -0.2}, deviation{0.5, 1.4};
  // E k(a, b) = Π_d √(c / (c + 2 v)) exp(−δ² / (c + 2 v)),  a − b ~ N(δ, v) in each latent, c = 2 Z
  const auto between = [&](double shifts, double of_codes, double of_prior) {
    double to = 1;
    for (std::size_t k = 0; k < 2; ++k) {
      const double c = 4, v = of_codes * deviation[k] * deviation[k] + of_prior,
                   by = shifts * mean[k];
      to *= std::sqrt(c / (c + 2 * v)) * std::exp(-by * by / (c + 2 * v));
    }
    return to;
  };
  const double want = between(0, 2, 0) + between(0, 0, 2) - 2 * between(1, 1, 1);
  const auto measured = mean_mmd(mean, deviation, 0);
  INFO(measured.first, " ± ", measured.second, " of ", want);
  CHECK(std::abs(measured.first - want) < 4 * measured.second);
  CHECK(measured.second < 0.05 * want);
  // of equal distributions 0 in the mean: it is unbiased at any number of codes
  const auto equal = mean_mmd({0, 0}, {1, 1}, 0, 5);
  CHECK(std::abs(equal.first) < 4 * equal.second);
}

TEST_CASE("mmd, imq: between two Gaussians by quadrature") {
  const auto mean_kernel = [](double shift, double variance) {
    double to = 0;
    for (const double s : {0.1, 0.2, 0.5, 1., 2., 5., 10.})
      to += integral(
          [&](double e) {
            const double d = shift + std::sqrt(variance) * e;
            return std::exp(log_normal(e, 0, 1)) * 2 * s / (2 * s + d * d);
          },
          12, 1e-9);
    return to;
  };
  const double v = 0.6 * 0.6;
  const double want = mean_kernel(0, 2 * v) + mean_kernel(0, 2) - 2 * mean_kernel(0.8, 1 + v);
  const auto measured = mean_mmd({0.8}, {0.6}, 1);
  INFO(measured.first, " ± ", measured.second, " of ", want);
  CHECK(std::abs(measured.first - want) < 4 * measured.second);
  CHECK(measured.second < 0.05 * want);
}

TEST_CASE("mmd: three codes and three draws by hand") {
  const double z[3][2] = {{0.1, 0.5}, {-1, 2}, {0.4, 0.3}}, p[3][2] = {{1, 1}, {0, -0.2}, {2, 0.6}};
  Tape tape;
  Draw d;
  d.z = tape.constant({{0.1, 0.5}, {-1, 2}, {0.4, 0.3}});
  d.prior_draws = tape.constant({{1, 1}, {0, -0.2}, {2, 0.6}});
  d.kl = square(d.z);
  for (const bool imq : {false, true}) {
    const auto k = [&](const double* a, const double* b) {
      const double r = std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2);
      double to = imq ? 0 : std::exp(-r / 4);
      for (const double s : {0.1, 0.2, 0.5, 1., 2., 5., 10.}) to += imq ? 4 * s / (4 * s + r) : 0;
      return to;
    };
    double mmd = 0;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        if (i != j) mmd += (k(z[i], z[j]) + k(p[i], p[j])) / 6;
        mmd -= 2 * k(z[i], p[j]) / 9;
      }
    ObjectiveSettings s{.beta = 0.5};
    s.set("mmd-weight", 3), s.set("kernel", imq);
    const Bound b = mmd_objective.bound(row_sums(d.z), d, s);
    for (Index i = 0; i < 3; ++i)
      CHECK(b.objective.val()(i, 0) ==
            doctest::Approx(b.log_likelihood.val()(i, 0) - 0.5 * b.kl.val()(i, 0) - 3 * mmd)
                .epsilon(1e-12));
  }
}

TEST_CASE("mmd: of several particles the first counts; of one example there is none") {
  Tape tape;
  Codes c(tape, 6, {0.5}, {1}, 0);
  const Var z = c.draw.z;
  ObjectiveSettings s;
  const auto value = [&] {
    return Var(average(mmd_objective.bound(c.log_px, c.draw, s).objective)).item();
  };
  const double one = value();
  c.draw.z = tape.constant(Shape{12, 1}), c.draw.particles = 2;
  for (Index i = 0; i < 12; ++i) c.draw.z.val()(i, 0) = i % 2 ? 99 : z.val()(i / 2, 0);
  c.log_px = 0 * c.draw.z;
  CHECK(value() == doctest::Approx(one).epsilon(1e-12));
  Codes alone(tape, 1, {0.5}, {1}, 0);
  CHECK(Var(average(mmd_objective.bound(alone.log_px, alone.draw, s).objective)).item() == 0);
}

TEST_CASE("dip: the covariance of the means, and of the codes, against the sample's") {
  Tape tape;
  const Var mean = tape.constant({{1, 2, 0.5}, {-0.5, 1, 2}, {0.3, -1, 1}, {2, 0.4, -0.7}});
  const Var log_variance =
      tape.constant({{-1, 0.2, 0.1}, {0.3, -0.4, -2}, {0, 0.5, 0.6}, {-0.2, -0.3, 0.9}});
  double cov[3][3] = {}, average_of[3] = {}, variance[3] = {};
  for (Index i = 0; i < 4; ++i)
    for (Index k = 0; k < 3; ++k) {
      average_of[k] += mean.val()(i, k) / 4;
      variance[k] += std::exp(log_variance.val()(i, k)) / 4;
    }
  for (Index i = 0; i < 4; ++i)
    for (Index k = 0; k < 3; ++k)
      for (Index l = 0; l < 3; ++l)
        cov[k][l] += (mean.val()(i, k) - average_of[k]) * (mean.val()(i, l) - average_of[l]) / 4;
  for (const bool of_codes : {false, true}) {
    double on = 0, beside = 0;
    for (int k = 0; k < 3; ++k)
      for (int l = 0; l < 3; ++l) {
        if (k != l) beside += cov[k][l] * cov[k][l];
        if (k == l) on += std::pow(cov[k][k] + (of_codes ? variance[k] : 0) - 1, 2);
      }
    Draw d;
    d.z = mean, d.q.mean = mean, d.q.log_variance = log_variance;
    d.kl = square(mean);
    const Var log_px = row_sums(mean);
    ObjectiveSettings s{.beta = 0.5};
    s.set("dip-diagonal", 3), s.set("dip-off-diagonal", 7);
    const Bound b = (of_codes ? dip_2_objective : dip_1_objective).bound(log_px, d, s);
    for (Index i = 0; i < 4; ++i)
      CHECK(b.objective.val()(i, 0) == doctest::Approx(b.log_likelihood.val()(i, 0) -
                                                       0.5 * b.kl.val()(i, 0) - 3 * on - 7 * beside)
                                           .epsilon(1e-12));
  }
}

TEST_CASE("tc: W − 1 times the estimate with the stratified weights, of each particle") {
  const Index B = 5, Z = 3, K = 2, N = 60;
  Tape tape;
  Stream noise(3, Purpose::test);
  const Var mean = tape.constant(Shape{B, Z}), log_variance = tape.constant(Shape{B, Z}),
            z = tape.constant(Shape{B * K, Z});
  noise.normal(mean.val());
  noise.normal(log_variance.val());
  Stream(4, Purpose::test).normal(z.val());
  Draw d;
  d.z = z, d.particles = K, d.q.mean = mean, d.q.log_variance = log_variance;
  d.kl = square(mean);
  // of the k-th particles alone, by the estimator that is checked against the whole mixture
  double want = 0;
  for (Index k = 0; k < K; ++k) {
    std::vector<Real> own;
    for (Index i = 0; i < B; ++i)
      for (Index j = 0; j < Z; ++j) own.push_back(z.val()(i * K + k, j));
    want += kl_parts(mean.val(), log_variance.val(), {own.data(), B, Z},
                     StratifiedWeights{std::size_t(B), std::size_t(N)})
                .total_correlation /
            double(K);
  }
  CHECK(std::abs(want) > 0.05);
  ObjectiveSettings s{.particles = K, .beta = 0.5, .examples = N};
  const auto value = [&](double weight) {
    s.set("tc-weight", weight);
    return Var(average(tc_objective.bound(0 * row_sums(z), d, s).objective)).item();
  };
  const double elbo = -0.5 * Var(average(kl(d))).item();
  CHECK(value(1) == doctest::Approx(elbo).epsilon(1e-12));
  CHECK(value(4) == doctest::Approx(elbo - 3 * want).epsilon(1e-12));
}

TEST_CASE("capacity, beta and free bits by hand, of two particles") {
  Tape tape;
  Draw d;
  d.z = tape.constant({{0, 0}, {0, 0}, {0, 0}, {0, 0}}), d.particles = 2;
  d.kl = tape.constant({{0.1, 2}, {0.7, 4}});
  const Var log_px = tape.constant({{-1}, {-2}, {-4}, {-8}});
  const auto is = [&](const Objective& o, const ObjectiveSettings& s, double first, double second) {
    const Bound b = o.bound(log_px, d, s);
    CHECK(b.objective.val()(0, 0) == doctest::Approx(first).epsilon(1e-12));
    CHECK(b.objective.val()(1, 0) == doctest::Approx(second).epsilon(1e-12));
  };
  ObjectiveSettings s{.particles = 2, .beta = 4};
  is(beta_objective, s, -1.5 - 4 * 2.1, -6 - 4 * 4.7);
  is(elbo_objective, s, -1.5 - 4 * 2.1, -6 - 4 * 4.7);
  // KLs below and above C; the factor on the KL is not heeded
  s.set("gamma", 5), s.set("capacity", 3);
  is(capacity_objective, s, -1.5 - 5 * 0.9, -6 - 5 * 1.7);
  // the batch's mean KL is 0.4 of the first latent, which counts as 0.5 though one example has more,
  // and 3 of the second
  s.set("free-bits", 0.5);
  is(beta_objective, s, -1.5 - 4 * 3.5, -6 - 4 * 3.5);
}
