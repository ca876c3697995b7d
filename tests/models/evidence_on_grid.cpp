// Quadrature over a latent of two numbers, against probabilities that are known otherwise.
#include <doctest/doctest.h>

#include <boost/math/quadrature/trapezoidal.hpp>

#include <vaegrad/models/evidence_on_grid.hpp>

using namespace vaegrad;

namespace {

struct LinearDecoder {  // logits z W + b of three pixels
  Bernoulli operator()(Var z) const {
    Tape& t = z.tape();
    return {affine(z, t.constant({{1, -2, 3}, {0.5, 1, -1}}), t.constant({{0.3, -1, 0}}))};
  }
};

}  // namespace

TEST_CASE("evidence on a grid: one pixel by quadrature in one dimension, all images sum to 1") {
  std::vector<Real> images;
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 3; ++j) images.push_back(i >> j & 1);
  const auto log_p = log_evidence_on_grid(LinearDecoder{}, {images.data(), 8, 3}, 120, 9);
  double all = 0, first_on = 0, last_on = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    all += std::exp(log_p[i]);
    if (i & 1) first_on += std::exp(log_p[i]);
    if (i & 4) last_on += std::exp(log_p[i]);
  }
  CHECK(std::abs(all - 1) < 1e-10);
  CHECK(std::abs(last_on - 0.5) < 1e-10);  // no bias: as likely on as off
  // W z is one normal number of variance |w|²
  const double known = boost::math::quadrature::trapezoidal(
      [](double t) {
        const double density = std::exp(-t * t / 2) / std::sqrt(2 * M_PI);
        return density / (1 + std::exp(-0.3 - std::sqrt(1.25) * t));
      },
      -9., 9., 1e-12);
  CHECK(std::abs(first_on - known) < 1e-10);
}

TEST_CASE("evidence on a grid: too few points are an error") {
  const std::vector<Real> image{1, 0, 1};
  const auto sharp = [](Var z) {
    const Real steep = 200;
    return Bernoulli{steep * matmul(z, z.tape().constant({{1, -1, 1}, {1, 1, -1}}))};
  };
  CHECK_THROWS_WITH_AS(log_evidence_on_grid(sharp, {image.data(), 1, 3}, 6),
                       doctest::Contains("a quarter of them differ"), Error);
}

TEST_CASE("middles of squares: the second coordinate fastest, and a density over them sums to 1") {
  Tape tape;
  const Var z = middles_of_squares(tape, 60, 6);
  CHECK(z.shape() == Shape{3600, 2});
  CHECK(double(z.val()(1, 0)) == doctest::Approx(-5.9));
  CHECK(double(z.val()(1, 1)) == doctest::Approx(-5.7));
  CHECK(double(z.val()(60, 0)) == doctest::Approx(-5.7));
  CHECK(std::abs(0.04 * sum(exp(StandardNormal{}.log_prob(z))).item() - 1) < 1e-8);
}
