// The mixture prior against a sum by hand, and its draws against its density.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>

#include "nobody.hpp"

using namespace vaegrad;

namespace {

constexpr Index components = 3, latent = 2;

struct Mixture {
  Parameters parameters;
  std::unique_ptr<Prior> prior;
  Nobody nobody;

  Mixture() {
    prior = vaegrad::prior("mixture").make(parameters,
                                           {latent, 0, {}, activation("tanh"), {}, components});
    std::uint32_t n = 0;
    for (const auto& [name, param] : parameters.list()) {
      const Matrix w = parameters.change_value(param);
      Stream(5, Purpose::test, n++).normal(w);
      if (name == "prior.mean")
        for (Real& x : w) x *= 2;
    }
  }
  double at(std::size_t parameter, Index k, Index j) const {
    return double(parameters.value(parameters.list()[parameter].param)(k, j));
  }
  // log Σ_k π_k Π_j N(z_j; m_kj, s_kj²), term by term
  double log_density(double z0, double z1) const {
    double sum = 0, weights = 0;
    for (Index k = 0; k < components; ++k) {
      double log_p = at(2, 0, k);
      weights += std::exp(log_p);
      for (Index j = 0; j < latent; ++j) {
        const double d = (j ? z1 : z0) - at(0, k, j), l = at(1, k, j);
        log_p -= 0.5 * (d * d * std::exp(-l) + l + log_2pi);
      }
      sum += std::exp(log_p);
    }
    return std::log(sum / weights);
  }
};

}  // namespace

TEST_CASE("mixture: log p(z) is the sum by hand, and integrates to 1") {
  const Mixture m;
  Tape tape;
  const PriorAt p = m.prior->given(tape, {}, m.nobody);
  const Var z = tape.constant(Shape{200, latent});
  Stream noise(1, Purpose::test);
  noise.normal(z.val());
  for (Real& x : z.val()) x *= 3;
  const Var log_p = m.prior->log_prob(p, z, 1);
  for (Index i = 0; i < 200; ++i)
    CHECK(log_p.val()(i, 0) ==
          doctest::Approx(m.log_density(z.val()(i, 0), z.val()(i, 1))).epsilon(1e-11));
  double sum = 0;
  constexpr double h = 0.05;
  for (double a = -20; a < 20; a += h)
    for (double b = -20; b < 20; b += h) sum += h * h * std::exp(m.log_density(a, b));
  CHECK(sum == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("mixture: draws have its moments, and their mean of log p is minus its entropy") {
  const Mixture m;
  Tape tape;
  const PriorAt p = m.prior->given(tape, {}, m.nobody);
  constexpr Index n = 40000;
  Stream noise(2, Purpose::prior);
  const Var z = m.prior->sample(p, tape, n, noise, 1), log_p = m.prior->log_prob(p, z, 1);
  double entropy = 0, mean[2] = {0, 0}, of_draws[2] = {0, 0};
  constexpr double h = 0.05;
  for (double a = -20; a < 20; a += h)
    for (double b = -20; b < 20; b += h) {
      const double l = m.log_density(a, b), density = h * h * std::exp(l);
      entropy -= density * l, mean[0] += density * a, mean[1] += density * b;
    }
  double sum = 0, squares = 0, spread[2] = {0, 0};
  for (Index i = 0; i < n; ++i) {
    const double l = double(log_p.val()(i, 0));
    sum += l / double(n), squares += l * l / double(n);
    for (Index j = 0; j < latent; ++j) {
      const double x = double(z.val()(i, j));
      of_draws[j] += x / double(n), spread[j] += x * x / double(n);
    }
  }
  CHECK(std::abs(sum + entropy) < 3.5 * std::sqrt((squares - sum * sum) / double(n)));
  for (int j = 0; j < 2; ++j)
    CHECK(std::abs(of_draws[j] - mean[j]) <
          3.5 * std::sqrt((spread[j] - of_draws[j] * of_draws[j]) / double(n)));
}
