// The full-covariance posterior against its covariance by hand: its density, and its KL three ways.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>

using namespace vaegrad;

namespace {

// One example with z = μ + L ε in two dimensions, and what follows from L by hand.
struct TwoLatents {
  Parameters parameters;
  std::unique_ptr<Posterior> q;
  double mean[2], sigma[2], below;

  TwoLatents() {
    q = posterior("full-covariance")
            .make(parameters, "q", 1,
                  {2, &posterior_scale("log-variance"), 0, activation("tanh"), {}});
    std::uint32_t n = 0;
    for (const auto& [name, param] : parameters.list()) {
      Stream noise(3, Purpose::test, n++);
      noise.normal(parameters.change_value(param));
    }
  }
  PosteriorAt at(Tape& tape) {
    const PosteriorAt to = q->at(tape.constant(Real(0.8)));
    for (int j = 0; j < 2; ++j) {
      mean[j] = to.mean.val()(0, j);
      sigma[j] = std::exp(0.5 * to.log_variance.val()(0, j));
    }
    below = to.more.val()(0, 0);
    return to;
  }
  // log N(z; μ, L Lᵀ) with L⁻¹ by hand
  double log_density(double z0, double z1) const {
    const double e0 = (z0 - mean[0]) / sigma[0], e1 = (z1 - mean[1]) / sigma[1] - below * e0;
    return -0.5 * (e0 * e0 + e1 * e1) - std::log(sigma[0] * sigma[1]) - log_2pi;
  }
};

struct Given : PriorAt {
  double mean[2] = {0, 0}, log_variance[2] = {0, 0};
  double log_density(double z0, double z1) const {
    double to = -log_2pi;
    for (int j = 0; j < 2; ++j) {
      const double d = (j ? z1 : z0) - mean[j];
      to -= 0.5 * (d * d * std::exp(-log_variance[j]) + log_variance[j]);
    }
    return to;
  }
};
Given standard() {
  Given p;
  p.standard_normal = true;
  return p;
}
Given conditional(Tape& tape) {
  Given p;
  p.mean[0] = 0.4, p.mean[1] = -0.7, p.log_variance[0] = -0.5, p.log_variance[1] = 0.6;
  p.PriorAt::mean = tape.constant({{0.4, -0.7}});
  p.PriorAt::log_variance = tape.constant({{-0.5, 0.6}});
  return p;
}

}  // namespace

TEST_CASE("full covariance: sample and density agree, and the density is that of N(μ, L Lᵀ)") {
  TwoLatents two;
  Tape tape;
  PosteriorAt q = two.at(tape);
  REQUIRE(std::abs(two.below) > 0.1);
  Stream noise(1, Purpose::latent, 0, 0, 100);
  const Var z = two.q->sample(q, noise, 100), log_q = two.q->log_prob(q, z, 100, false);
  for (Index k = 0; k < 100; ++k)
    CHECK(log_q.val()(k, 0) ==
          doctest::Approx(two.log_density(z.val()(k, 0), z.val()(k, 1))).epsilon(1e-12));
  double sum = 0;  // the density integrates to 1: the trapezoidal rule, exponentially exact here
  constexpr double h = 0.05;
  for (double a = -40; a < 40; a += h)
    for (double b = -40; b < 40; b += h) sum += h * h * std::exp(two.log_density(a, b));
  CHECK(sum == doctest::Approx(1).epsilon(1e-10));
  CHECK_THROWS_WITH_AS(two.q->log_prob(q, z, 100, true), doctest::Contains("own draw"), Error);
}

TEST_CASE("full covariance: its KL in closed form is that of quadrature and of Monte Carlo") {
  TwoLatents two;
  Tape tape;
  PosteriorAt q = two.at(tape);
  for (const Given& p : {standard(), conditional(tape)}) {
    const Var each = two.q->kl(q, p);
    const double closed = each.val()(0, 0) + each.val()(0, 1);
    double sum = 0;
    constexpr double h = 0.05;
    for (double a = -40; a < 40; a += h)
      for (double b = -40; b < 40; b += h) {
        const double log_q = two.log_density(a, b);
        sum += h * h * std::exp(log_q) * (log_q - p.log_density(a, b));
      }
    CHECK(closed == doctest::Approx(sum).epsilon(1e-9));

    constexpr Index draws = 40000;
    Stream noise(2, Purpose::latent, 0, 0, std::uint32_t(draws));
    const Var z = two.q->sample(q, noise, draws), log_q = two.q->log_prob(q, z, draws, false);
    double mean = 0, squares = 0;
    for (Index k = 0; k < draws; ++k) {
      const double d = log_q.val()(k, 0) - p.log_density(z.val()(k, 0), z.val()(k, 1));
      mean += d / double(draws), squares += d * d / double(draws);
    }
    CHECK(std::abs(mean - closed) < 3.5 * std::sqrt((squares - mean * mean) / double(draws)));
  }
}

TEST_CASE("full covariance: one latent has none") {
  Parameters p;
  CHECK_THROWS_WITH_AS(
      posterior("full-covariance")
          .make(p, "q", 1, {1, &posterior_scale("log-variance"), 0, activation("tanh"), {}}),
      doctest::Contains("one latent has no covariance"), UsageError);
}
