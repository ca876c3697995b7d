// A mixture fitted by EM: densities by hand and on a grid, draws, what is known to have made the
// points found again, the same bytes for any number of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/fits/gaussian_mixture.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

// Three Gaussians in the plane, one of them narrow and oblique
GaussianMixture three() {
  return {3,
          2,
          {0.5, 0.3, 0.2},
          {-2, 0, 3, 1, 0, 4},
          {1, 0, 0.5, 0.8, 0.6, 0, -0.3, 0.5, 0.3, 0, 0.9, 0.1}};
}
OwnedMatrix drawn(const GaussianMixture& m, Index count, std::uint64_t seed) {
  OwnedMatrix u(count, 1), e(count, m.dimensions), x(count, m.dimensions);
  Stream stream(seed, Purpose::test);
  stream.uniform(u.view()), stream.normal(e.view());
  m.draw(u, e, x.view());
  return x;
}
double mean_density(const GaussianMixture& m, ConstMatrix x) {
  std::vector<double> log_p(std::size_t(x.rows));
  m.log_density(x, log_p);
  return std::accumulate(log_p.begin(), log_p.end(), 0.0) / double(x.rows);
}

}  // namespace

TEST_CASE("a mixture's density: by hand, and its integral") {
  const GaussianMixture m = three();
  const OwnedMatrix x = drawn(m, 37, 1);  // no multiple of the points that are worked on together
  std::vector<double> log_p(37);
  m.log_density(x, log_p);
  for (Index i = 0; i < 37; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double a = m.factors[4 * k], b = m.factors[4 * k + 2], c = m.factors[4 * k + 3];
      const double dx = double(x.view()(i, 0)) - m.means[2 * k];
      const double dy = double(x.view()(i, 1)) - m.means[2 * k + 1];
      // Σ = (a², ab; ab, b² + c²), its determinant (a c)²
      const double square =
          ((b * b + c * c) * dx * dx - 2 * a * b * dx * dy + a * a * dy * dy) / (a * a * c * c);
      sum += m.weights[k] * std::exp(-0.5 * square - log_2pi) / (a * c);
    }
    CHECK(log_p[std::size_t(i)] == doctest::Approx(std::log(sum)).epsilon(1e-10));
  }
  constexpr Index side = 600;
  const double step = 16.0 / double(side);
  OwnedMatrix grid(side * side, 2);
  for (Index i = 0; i < side * side; ++i) {
    grid.view()(i, 0) = Real(-8 + step * (double(i % side) + 0.5));
    grid.view()(i, 1) = Real(-6 + step * (double(i / side) + 0.5));
  }
  std::vector<double> on_grid(std::size_t(side * side));
  m.log_density(grid, on_grid);
  double integral = 0;
  for (const double l : on_grid) integral += std::exp(l) * step * step;
  CHECK(integral == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("a mixture's draws have its moments") {
  const GaussianMixture m = three();
  constexpr Index count = 100000;
  const OwnedMatrix x = drawn(m, count, 2);
  double mean[2] = {}, second = 0;
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < 2; ++j) mean[j] += double(x.view()(i, j)) / double(count);
    second += double(x.view()(i, 0)) * double(x.view()(i, 1)) / double(count);
  }
  // Σ π m, and Σ π (m mᵀ + L Lᵀ) off the diagonal; deviations of x and x y are below 3 and 7
  CHECK(std::abs(mean[0] - (-1 + 0.9 + 0)) < 5 * 3 / std::sqrt(double(count)));
  CHECK(std::abs(mean[1] - (0 + 0.3 + 0.8)) < 5 * 3 / std::sqrt(double(count)));
  const double expected = 0.5 * 0.5 + 0.3 * (3 - 0.18) + 0.2 * (0 + 0.27);
  CHECK(std::abs(second - expected) < 5 * 7 / std::sqrt(double(count)));
}

TEST_CASE("what made the points is found again") {
  const GaussianMixture truth = three();
  const OwnedMatrix x = drawn(truth, 20000, 3);
  double last = -1e300;
  int worse = 0;
  const FittedMixture fitted =
      fit_mixture(x, {.components = 3, .tolerance = 1e-7},
                  [&](int, double now) { worse += now < last - 1e-6, last = now; });
  CHECK(fitted.converged);
  CHECK(worse == 0);  // EM never loses, but for the pull
  CHECK(fitted.log_density >= mean_density(truth, x));
  CHECK(fitted.log_density == doctest::Approx(mean_density(fitted.mixture, x)).epsilon(1e-9));
  for (std::size_t k = 0; k < 3; ++k) {
    std::size_t same = 0;  // the component whose mean is nearest
    const auto distance = [&](std::size_t c) {
      return std::hypot(fitted.mixture.means[2 * c] - truth.means[2 * k],
                        fitted.mixture.means[2 * c + 1] - truth.means[2 * k + 1]);
    };
    for (std::size_t c = 1; c < 3; ++c)
      if (distance(c) < distance(same)) same = c;
    CHECK(distance(same) < 0.06);
    CHECK(std::abs(fitted.mixture.weights[same] - truth.weights[k]) < 0.02);
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(std::abs(fitted.mixture.factors[4 * same + i] - truth.factors[4 * k + i]) < 0.05);
  }
  // one Gaussian is not enough
  const FittedMixture one = fit_mixture(x, {.components = 1});
  CHECK(one.converged);
  CHECK(one.log_density < fitted.log_density - 0.3);
}

TEST_CASE("how many components: of few points no more than others are described by") {
  OwnedMatrix one(150, 6);
  Stream(3, Purpose::test).normal(one.view());
  CHECK(choose_components(one, 100, 1) <= 2);
  const Index of_three = choose_components(drawn(three(), 900, 6), 100, 1);
  CHECK(of_three >= 2);
  CHECK(of_three <= 10);
  CHECK(choose_components(drawn(three(), 900, 6), 2, 1) == 2);  // no more than are asked for
  CHECK(choose_components(drawn(three(), 3, 1), 100, 1) == 1);
  CHECK(message_of([&] { choose_components(drawn(three(), 1, 1), 100, 1); }) ==
        "mixture: 1 points\n  hint: two or more");
}

TEST_CASE("the same mixture for any number of threads, another for another seed") {
  const OwnedMatrix x = drawn(three(), 3001, 4);
  std::vector<double> first;
  for (const int n : {1, 2, 3, 8}) {
    set_threads(n);
    const GaussianMixture m = fit_mixture(x, {.components = 7, .iterations = 9}).mixture;
    if (first.empty()) first = m.factors;
    CHECK(m.factors == first);
  }
  set_threads(2);
  CHECK(fit_mixture(x, {.components = 7, .seed = 2, .iterations = 9}).mixture.factors != first);
}

TEST_CASE("points that no mixture of so many has, and those that are hardly enough") {
  OwnedMatrix x(30, 3);
  CHECK(message_of([&] { fit_mixture(x, {.components = 30}); }) ==
        "mixture: 30 components of 30 points\n  hint: fewer --components, at least 1");
  CHECK(message_of([&] { fit_mixture(x, {.components = 2}); }) ==
        "mixture: all 30 points are the same\n  hint: are the codes those of a trained run?");
  Stream(5, Purpose::test).normal(x.view());
  for (Index i = 0; i < 30; ++i) x.view()(i, 2) = 7;  // a latent that is constant
  const FittedMixture fitted = fit_mixture(x, {.components = 20});
  std::vector<double> log_p(30);
  fitted.mixture.log_density(x, log_p);
  for (const double l : log_p) CHECK(std::isfinite(l));
  for (Index i = 5; i < 30; ++i)  // five different points, twenty components
    std::copy_n(x.view().row(i % 5), 3, x.view().row(i));
  CHECK(std::isfinite(fit_mixture(x, {.components = 20}).log_density));
  x.view()(4, 1) = std::numeric_limits<Real>::quiet_NaN();
  CHECK(message_of([&] { fit_mixture(x, {.components = 2}); }) ==
        "mixture: number 1 of point 4 is nan\n  hint: are the codes those of a trained run?");
}
