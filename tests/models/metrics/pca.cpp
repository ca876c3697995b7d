#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/pca.hpp>

using namespace vaegrad;

TEST_CASE("an ellipse in the plane: axes and variances in closed form") {
  // Four points ±3 (cos t, sin t), ±1 (−sin t, cos t), moved by (5, −2): variances 2·9/4 and 2·1/4
  const double t = 0.3, c = std::cos(t), s = std::sin(t);
  OwnedMatrix x(4, 2);
  x.numbers = {Real(5 + 3 * c), Real(-2 + 3 * s), Real(5 - 3 * c), Real(-2 - 3 * s),
               Real(5 - s),     Real(-2 + c),     Real(5 + s),     Real(-2 - c)};
  const Pca p = pca(x, 1);
  CHECK(p.mean.numbers[0] == doctest::Approx(5));
  CHECK(p.mean.numbers[1] == doctest::Approx(-2));
  CHECK(p.variances[0] == doctest::Approx(4.5));
  CHECK(p.variances[1] == doctest::Approx(0.5));
  CHECK(p.components.numbers[0] == doctest::Approx(c));
  CHECK(p.components.numbers[1] == doctest::Approx(s));
  const OwnedMatrix z = p.codes(x);
  CHECK(z.numbers[0] == doctest::Approx(3));
  CHECK(z.numbers[1] == doctest::Approx(-3));
  CHECK(z.numbers[2] == doctest::Approx(0));
  const auto e = p.errors(x);
  CHECK(e[0] == doctest::Approx(0));
  CHECK(e[2] == doctest::Approx(1));
}

TEST_CASE(
    "tridiagonal covariance: eigenvalues 2 − 2 cos(kπ/(D+1)), errors sum to the dropped ones") {
  // x = ±√D row i of a square root of C: rows of the Cholesky factor of C = tridiag(−1, 2, −1)
  constexpr Index D = 12;
  OwnedMatrix x(2 * D, D);
  double previous = 0;
  for (Index i = 0; i < D; ++i) {  // C = L Lᵀ,  l_ii² = 2 − l_(i,i−1)²,  l_(i+1,i) = −1 / l_ii
    const double diagonal = std::sqrt(2 - previous * previous), below = -1 / diagonal;
    for (Index sign : {0, 1}) {  // column i of L
      const double f = (sign ? -1 : 1) * std::sqrt(double(D));
      x.view()(2 * i + sign, i) = Real(f * diagonal);
      if (i + 1 < D) x.view()(2 * i + sign, i + 1) = Real(f * below);
    }
    previous = below;
  }
  for (Index K : {1, 5, 12}) {
    const Pca p = pca(x, K);
    double dropped = 0;
    for (Index k = 0; k < D; ++k) {
      const double lambda = 2 - 2 * std::cos(double(D - k) * M_PI / (D + 1));
      CHECK(p.variances[std::size_t(k)] == doctest::Approx(lambda).epsilon(1e-9));
      if (k >= K) dropped += lambda;
    }
    double error = 0;
    for (double e : p.errors(x)) error += e / double(x.rows);
    CHECK(error == doctest::Approx(dropped).epsilon(1e-9));
    for (Index k = 0; k < K; ++k)  // orthonormal
      for (Index l = 0; l <= k; ++l) {
        double dot = 0;
        for (Index j = 0; j < D; ++j)
          dot += double(p.components.view()(k, j)) * double(p.components.view()(l, j));
        CHECK(dot == doctest::Approx(k == l).epsilon(1e-9));
      }
  }
}
