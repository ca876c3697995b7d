// A second stage as a prior: what its importance weights say of a code is its density in the mean.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/lab/uses/fits/fit.hpp>

#include "../folder.hpp"

using namespace vaegrad;

TEST_CASE("a second stage's density of a code is unbiased, and its draws are the codes again") {
  const Folder folder;
  OwnedMatrix codes(3000, 1);  // two clusters, unlike N(0, 1)
  Stream stream(1, Purpose::test);
  stream.normal(codes.view());
  for (Index i = 0; i < 3000; ++i)
    codes.view()(i, 0) = Real(0.3 * double(codes.view()(i, 0)) + (i % 3 ? 2 : -1));
  Observer nobody;
  const Fit& fit = two_stage_fit;
  REQUIRE(fit.fit(codes, {.epochs = 4}, folder.path, nobody));
  const auto prior = fit.load(folder.path, 1);
  const LoadedRun run = load_run(folder / "run");
  const Model& second = *run.model;

  const auto log_prob = [&](const OwnedMatrix& z) {
    Tape tape;
    const Var log_p = prior->log_prob(prior->given(tape, {}, *second.inference),
                                      tape.constant(ConstMatrix(z.view())), 1);
    return std::vector<double>(log_p.val().begin(), log_p.val().end());
  };
  for (const double at : {-1.0, 0.4, 2.2}) {
    // p(z) = ∫ p(z|u) N(u; 0, 1) du on a grid of u
    constexpr Index points = 2001;
    Tape tape;
    const Var u = tape.constant(Shape{points, 1}), z = tape.constant(Shape{points, 1});
    for (Index i = 0; i < points; ++i) u.val()(i, 0) = Real(-8 + 0.008 * double(i));
    std::fill(z.val().begin(), z.val().end(), Real(at));
    const Batch batch = second.see(z);
    const Var log_p = second.decode(u, {}).log_prob(batch.x);
    double density = 0;
    for (Index i = 0; i < points; ++i) {
      const double x = double(u.val()(i, 0));
      density += 0.008 * std::exp(double(log_p.val()(i, 0)) - x * x / 2) / std::sqrt(2 * M_PI);
    }
    // The noise goes by the bits of z: codes that differ by a hair are asked with other noise.
    double mean = 0, square = 0;
    constexpr int asked = 40;
    constexpr Index each = 500;
    for (int k = 0; k < asked; ++k) {
      OwnedMatrix same(each, 1);
      std::fill(same.numbers.begin(), same.numbers.end(), Real(at + 1e-7 * k));
      for (const double l : log_prob(same)) {
        mean += std::exp(l) / (asked * each);
        square += std::exp(2 * l) / (asked * each);
      }
    }
    const double error = std::sqrt((square - mean * mean) / (asked * each));
    CAPTURE(at);
    CHECK(error < 0.1 * density);
    CHECK(std::abs(mean - density) < 4.5 * error);
  }

  Tape tape;
  Stream noise(2, Purpose::prior);
  const Var z = prior->sample(prior->given(tape, {}, *second.inference), tape, 20000, noise, 1);
  double mean = 0, square = 0;
  for (const Real x : z.val()) mean += double(x) / 20000, square += double(x) * double(x) / 20000;
  CHECK(mean == doctest::Approx(1).epsilon(0.15));  // of the codes
  CHECK(std::sqrt(square - mean * mean) == doctest::Approx(std::sqrt(2 + 0.09)).epsilon(0.1));
}
