// Distributions against what they must be: densities that integrate to 1, a KL that three methods
// agree on, samples with the stated moments.
#include <doctest/doctest.h>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <limits>
#include <vaegrad/models/models.hpp>

using namespace vaegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class F>
double integral(F f) {
  return boost::math::quadrature::gauss_kronrod<double, 61>::integrate(f, -infinity, infinity, 12,
                                                                       1e-12);
}
double log_density(double x, double mean, double log_variance) {  // by the tape, in one dimension
  Tape tape;
  const DiagonalGaussian q{tape.constant(mean), tape.constant(log_variance)};
  return q.log_prob(tape.constant(x)).item();
}
double log_prior(double x) {
  Tape tape;
  return StandardNormal{}.log_prob(tape.constant(x)).item();
}

struct Moments {
  double mean, standard_error;
};
Moments moments(const Var& x) {
  double sum = 0, squares = 0;
  for (const Real v : x.val()) sum += v;
  const double n = double(x.shape().size()), mean = sum / n;
  for (const Real v : x.val()) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

constexpr std::pair<double, double> gaussians[]{{0, 0}, {0.7, -1.2}, {-2, 0.9}, {1.5, -3}};

}  // namespace

TEST_CASE("densities integrate to 1") {
  for (const auto& [m, l] : gaussians)
    CHECK(integral([m = m, l = l](double x) { return std::exp(log_density(x, m, l)); }) ==
          doctest::Approx(1).epsilon(1e-10));
  CHECK(integral([](double x) { return std::exp(log_prior(x)); }) ==
        doctest::Approx(1).epsilon(1e-10));

  // In two dimensions, by the trapezoidal rule, which converges exponentially here.
  Tape tape;
  const double h = 0.1;
  const Index n = 200;
  const Var x = tape.constant(Shape{n * n, 2});
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      x.val()(i * n + j, 0) = h * double(i - n / 2);
      x.val()(i * n + j, 1) = h * double(j - n / 2);
    }
  const DiagonalGaussian q{tape.constant({{0.3, -0.4}}), tape.constant({{-0.5, 0.2}})};
  CHECK(sum(exp(q.log_prob(x))).item() * h * h == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("a Bernoulli pmf sums to 1 over all images") {
  Tape tape;
  const Index d = 8;
  const Var x = tape.constant(Shape{1 << d, d}), logits = tape.constant(Shape{1, d});
  for (Index i = 0; i < x.shape().rows; ++i)
    for (Index j = 0; j < d; ++j) x.val()(i, j) = Real((i >> j) & 1);
  Stream(1, Purpose::test).normal(logits.val());
  const Var log_prob = Bernoulli{Var(3 * logits)}.log_prob(x);
  CHECK(log_prob.shape() == Shape{1 << d, 1});
  CHECK(sum(exp(log_prob)).item() == doctest::Approx(1).epsilon(1e-13));
}

TEST_CASE("KL to the standard normal: closed form = quadrature = Monte Carlo") {
  for (const auto& [mean, log_variance] : gaussians) {
    const double m = mean, l = log_variance;
    Tape tape;
    const DiagonalGaussian q{tape.constant(m), tape.constant(l)};
    const double exact = kl(q, StandardNormal{}).item();
    CAPTURE(m);
    CAPTURE(l);
    CHECK(exact == doctest::Approx(integral([=](double x) {
                     const double log_q = log_density(x, m, l);
                     return log_q > -700 ? std::exp(log_q) * (log_q - log_prior(x)) : 0;
                   })).epsilon(1e-9));

    Stream noise(3, Purpose::test);
    const Var z = q.sample(noise, 100'000);
    const Moments log_ratio = moments(q.log_prob(z) - StandardNormal{}.log_prob(z));
    CHECK(std::abs(log_ratio.mean - exact) <= 4 * log_ratio.standard_error + 1e-12);
  }
}

TEST_CASE("KL of several latents is the sum, per example, and 0 only at the prior") {
  Tape tape;
  const DiagonalGaussian q{tape.constant({{0, 0}, {0.7, -2}}),
                           tape.constant({{0, 0}, {-1.2, 0.9}})};
  const Var total = kl(q, StandardNormal{}), each = kl_per_latent(q, StandardNormal{});
  CHECK(total.shape() == Shape{2, 1});
  CHECK(total.val()(0, 0) == 0);
  CHECK(total.val()(1, 0) == doctest::Approx(0.5 * (0.49 + std::exp(-1.2) - 1 + 1.2) +
                                             0.5 * (4 + std::exp(0.9) - 1 - 0.9))
                                 .epsilon(1e-14));
  CHECK(each.val()(1, 0) + each.val()(1, 1) == doctest::Approx(total.val()(1, 0)).epsilon(1e-14));
  // Near the prior, where ½ (e^l − 1 − l) loses all digits to l²/4 when written with e^l − 1
  const DiagonalGaussian near{tape.constant(0), tape.constant(1e-5)};
  CHECK(std::abs(kl(near, StandardNormal{}).item() / 0.25e-10 - 1) < 1e-4);
}

TEST_CASE("far out of range everything stays finite") {
  Tape tape;
  const Var logits = tape.variable({{1000, -1000, 1000, -1000, 0}});
  const Var x = tape.constant({{1, 0, 0, 1, 1}});
  const Var log_prob = Bernoulli{logits}.log_prob(x);
  CHECK(log_prob.item() == doctest::Approx(-2000 - std::log(2.)).epsilon(1e-14));
  tape.backward(log_prob);
  const double slopes[]{0, 0, -1, 1, 0.5};
  for (Index j = 0; j < 5; ++j) CHECK(logits.adj()(0, j) == doctest::Approx(slopes[j]));
  for (const double l : {-80., 80.}) {
    const DiagonalGaussian q{tape.constant(3), tape.constant(l)};
    CHECK(std::isfinite(kl(q, StandardNormal{}).item()));
    CHECK(std::isfinite(q.log_prob(tape.constant(0)).item()));
  }
}

TEST_CASE("samples have the stated moments") {
  Tape tape;
  const Index n = 100'000;
  Stream noise(9, Purpose::test);
  const DiagonalGaussian q{tape.constant({{-1, 2}}), tape.constant({{-1, 1.5}})};
  const Var z = q.sample(noise, n);
  CHECK(z.shape() == Shape{n, 2});
  for (Index j = 0; j < 2; ++j) {
    const Moments m = moments(columns(z, j, 1));
    CHECK(std::abs(m.mean - q.mean.val()(0, j)) < 4 * m.standard_error);
    // The variance of n samples is within 4 √(2/n) = 1.8 % of σ².
    CHECK(m.standard_error * m.standard_error * double(n) ==
          doctest::Approx(std::exp(q.log_variance.val()(0, j))).epsilon(0.018));
  }
  const Bernoulli b{tape.constant({{-2, 0, 0.8}})};
  const Var all = repeat_rows(b.logits, n);
  const Var x = Bernoulli{all}.sample(noise);
  for (const Real v : x.val()) REQUIRE((v == 0 || v == 1));
  for (Index j = 0; j < 3; ++j) {
    const Moments m = moments(columns(x, j, 1));
    CHECK(std::abs(m.mean - b.mean().val()(0, j)) < 4 * m.standard_error);
  }
}

TEST_CASE("particles of one example stand one below the other") {
  Tape tape;
  const DiagonalGaussian q{tape.constant({{10, 20}, {30, 40}}),
                           tape.constant({{-60, -60}, {-60, -60}})};
  Stream noise(1, Purpose::latent, 0, 0, 3);
  const Var z = q.sample(noise, 3);
  REQUIRE(z.shape() == Shape{6, 2});
  for (Index i = 0; i < 6; ++i)
    CHECK(z.val()(i, 1) == doctest::Approx(q.mean.val()(i / 3, 1)).epsilon(1e-10));
}
