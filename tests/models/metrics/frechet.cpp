#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/metrics/frechet.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

// ±a_j e_j turned by t in each pair of neighbouring columns, moved by m: covariances in closed form
OwnedMatrix cross(const std::vector<double>& a, double t, double m) {
  const Index D = Index(a.size());
  OwnedMatrix x(2 * D, D);
  for (Index i = 0; i < 2 * D; ++i) {
    const Index j = i / 2, pair = j ^ 1;
    const double length = (i % 2 ? -1 : 1) * a[std::size_t(j)], side = j % 2 ? -1 : 1;
    for (Real& v : Matrix{x.view().row(i), 1, D}) v = Real(m);
    x.view()(i, j) += Real(length * std::cos(t));
    x.view()(i, pair) += Real(side * length * std::sin(t));
  }
  return x;
}

}  // namespace

TEST_CASE("Fréchet distance: axes alike in closed form, turned ones by 2 x 2 blocks") {
  const std::vector<double> a{3, 1, 2, 0.5}, b{1, 2, 2, 0};
  const double n = 7;         // 2 D − 1: each variance is 2 a² / n
  double aligned = 4 * 0.25;  // of the means
  for (std::size_t j = 0; j < 4; ++j) aligned += 2 / n * (a[j] - b[j]) * (a[j] - b[j]);
  CHECK(frechet_distance(cross(a, 0, 1), cross(b, 0, 0.5)) == doctest::Approx(aligned));
  CHECK(frechet_distance(cross(b, 0, 0.5), cross(a, 0, 1)) == doctest::Approx(aligned));
  CHECK(frechet_distance(cross(a, 0.4, 0), cross(a, 0.4, 0)) < 1e-5);
  // tr (C^½ S C^½)^½ of 2 x 2 is √(tr C S + 2 √(det C det S))
  const double t = 0.7, c = std::cos(t), s = std::sin(t);
  double turned = 0;
  for (std::size_t k : {0, 2}) {
    const double p = a[k] * a[k], q = a[k + 1] * a[k + 1], u = b[k] * b[k], v = b[k + 1] * b[k + 1];
    const double product = c * c * (p * u + q * v) + s * s * (p * v + q * u);
    turned += 2 / n * (p + q + u + v - 2 * std::sqrt(product + 2 * std::sqrt(p * q * u * v)));
  }
  CHECK(frechet_distance(cross(a, 0, 0), cross(b, t, 0)) == doctest::Approx(turned));
  const OwnedMatrix one(1, 4);
  CHECK(message_of([&] { frechet_distance(one, one); }) ==
        "frechet_distance: of (1, 4) and (1, 4)\n  hint: rows of as many numbers, two or more of "
        "each");
}
