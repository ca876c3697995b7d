#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/classifier.hpp>
#include <vaegrad/models/metrics/logistic.hpp>
#include <vaegrad/models/numerics/lbfgs.hpp>

using namespace vaegrad;

TEST_CASE("L-BFGS: a badly scaled parabola, and Rosenbrock's valley") {
  const Differentiable parabola = [](const std::vector<double>& x, std::vector<double>& g) {
    double f = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double w = std::pow(10.0, double(i)), e = x[i] - double(i);
      f += 0.5 * w * e * e, g[i] = w * e;
    }
    return f;
  };
  std::vector<double> x(5, 3.0);
  const LbfgsResult r = minimise(parabola, x, {.tolerance = 1e-10});
  CHECK(r.converged);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == doctest::Approx(double(i)));

  const Differentiable valley = [](const std::vector<double>& p, std::vector<double>& g) {
    const double a = 1 - p[0], b = p[1] - p[0] * p[0];
    g[0] = -2 * a - 400 * b * p[0], g[1] = 200 * b;
    return a * a + 100 * b * b;
  };
  x = {-1.2, 1};
  const LbfgsResult v = minimise(valley, x, {.tolerance = 1e-9});
  CHECK(v.converged);
  CHECK(v.iterations < 60);
  CHECK(x[0] == doctest::Approx(1).epsilon(1e-8));
  CHECK(x[1] == doctest::Approx(1).epsilon(1e-8));
}

TEST_CASE("without a regulariser a logistic regression on one 0/1 feature gives the shares") {
  // x = 0: classes 0, 1, 2 occur 1, 2, 5 times; x = 1: 6, 1, 1 times
  OwnedMatrix x(16, 1);
  std::vector<Label> y{0, 1, 1, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 1, 2};
  for (std::size_t i = 8; i < 16; ++i) x.numbers[i] = 1;
  const auto fit = fit_logistic(x, y, 3, 0);
  CHECK(fit.converged);
  const auto at = [&](Index row, Index c) {
    const OwnedMatrix l = fit.logits(x);
    double sum = 0;
    for (Index k = 0; k < 3; ++k) sum += std::exp(double(l.view()(row, k)));
    return std::exp(double(l.view()(row, c))) / sum;
  };
  const double shares[2][3]{{1 / 8., 2 / 8., 5 / 8.}, {6 / 8., 1 / 8., 1 / 8.}};
  for (Index c = 0; c < 3; ++c) {
    CHECK(at(0, c) == doctest::Approx(shares[0][c]).epsilon(1e-5));
    CHECK(at(15, c) == doctest::Approx(shares[1][c]).epsilon(1e-5));
  }
  // Minus the average log-probability of those shares
  double entropy = 0;
  for (const auto& row : shares)
    for (double p : row) entropy -= 0.5 * p * std::log(p);
  CHECK(fit.objective == doctest::Approx(entropy).epsilon(1e-9));
  CHECK(fit.predict(x) == std::vector<Label>{2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("with a regulariser the slope vanishes: W = −1/(n l2) Xᵀ (P − Y)") {
  OwnedMatrix x(60, 4);
  Stream(2, Purpose::test).normal(x.view());
  std::vector<Label> y;
  for (Index i = 0; i < 60; ++i)
    y.push_back(Label(x.view()(i, 0) > 0 ? 1 : x.view()(i, 1) > 0 ? 2 : 0));
  const double l2 = 0.05;
  const auto fit = fit_logistic(x, y, 3, l2);
  CHECK(fit.converged);
  const OwnedMatrix l = fit.logits(x);
  for (Index j = 0; j < 4; ++j)
    for (Index c = 0; c < 3; ++c) {
      double slope = 0;
      for (Index i = 0; i < 60; ++i) {
        double sum = 0;
        for (Index k = 0; k < 3; ++k) sum += std::exp(double(l.view()(i, k) - l.view()(i, c)));
        slope += double(x.view()(i, j)) * (1 / sum - (y[std::size_t(i)] == c)) / 60;
      }
      CHECK(fit.weight.view()(j, c) == doctest::Approx(-slope / l2).epsilon(1e-4));
    }
}

TEST_CASE(
    "cross validation: a strong regulariser where labels are noise, a weak one where they are "
    "not") {
  OwnedMatrix x(400, 20);
  Stream(4, Purpose::test).normal(x.view());
  std::vector<Label> told, noise;
  Stream coin(5, Purpose::test);
  for (Index i = 0; i < 400; ++i)
    told.push_back(x.view()(i, 3) + x.view()(i, 4) > 0), noise.push_back(coin.below(4) == 0);
  const auto norm = [](const LogisticRegression& f) {
    double s = 0;
    for (Real w : f.weight.numbers) s += double(w) * double(w);
    return std::sqrt(s);
  };
  const LogisticSettings s{.strengths = {1, 1e-1, 1e-2, 1e-4}};
  const auto clear = fit_logistic_cross_validated(x, told, 2, s);
  const auto unclear = fit_logistic_cross_validated(x, noise, 2, s);
  CHECK(accuracy(clear.predict(x), told) > 0.97);
  CHECK(norm(clear) > 20 * norm(unclear));
}

TEST_CASE("the classifier learns what no line separates, and says how sure it is") {
  OwnedMatrix x(600, 2);  // a ring around a disc
  std::vector<Label> y;
  Stream(6, Purpose::test).normal(x.view());
  for (Index i = 0; i < 600; ++i) y.push_back(std::hypot(x.view()(i, 0), x.view()(i, 1)) > 1.2);
  Classifier net(2, 2, {.hidden = {32}, .epochs = 60, .batch = 32, .learning_rate = 0.01});
  int epochs = 0;
  net.fit(x, y, [&](int done) { epochs = done; });
  CHECK(epochs == 60);
  const OwnedMatrix p = net.probabilities(x);
  CHECK(accuracy(largest(p), y) > 0.97);
  CHECK(accuracy(fit_logistic(x, y, 2, 1e-6).predict(x), y) < 0.7);
  for (Index i = 0; i < 600; ++i) CHECK(p.view()(i, 0) + p.view()(i, 1) == doctest::Approx(1));
}

TEST_CASE("class entropy: log C when classes are equally frequent, 0 when there is one") {
  const Label even[]{0, 1, 2, 3, 3, 2, 1, 0}, one[]{2, 2, 2}, half[]{0, 0, 3, 3};
  CHECK(class_entropy(even, 4) == doctest::Approx(std::log(4)));
  CHECK(class_entropy(one, 4) == doctest::Approx(0));
  CHECK(class_entropy(half, 4) == doctest::Approx(std::log(2)));
}
