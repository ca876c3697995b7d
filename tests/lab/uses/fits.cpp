// A second stage as a prior: what its importance weights say of a code is its density in the mean.
// A fitted flow: its density is one, of the codes as they are, and an interrupted fit goes on.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/lab/files/file.hpp>
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
  FitSettings few{.epochs = 4};
  REQUIRE(fit.fit(codes, few, folder.path, nobody));
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

TEST_CASE("a fitted flow: a density of the codes, better than a Gaussian's; it resumes exactly") {
  const Folder folder;
  OwnedMatrix codes(3000, 2);  // two clusters on a line far from N(0, I)
  Stream stream(1, Purpose::test);
  stream.normal(codes.view());
  for (Index i = 0; i < 3000; ++i) {
    codes.view()(i, 0) = Real(0.5 * double(codes.view()(i, 0)) + (i % 3 ? 4 : -1));
    codes.view()(i, 1) = Real(0.3 * double(codes.view()(i, 1)) + double(codes.view()(i, 0)));
  }
  struct Impatient : Observer {
    int left;
    explicit Impatient(int steps) : left(steps) {}
    bool stop() override { return left-- <= 0; }
  } nobody(1 << 30), somebody(17);
  FitSettings s{.epochs = 40, .flows = 4};
  const auto whole = folder / "whole", parts = folder / "parts";
  std::filesystem::create_directories(whole), std::filesystem::create_directories(parts);
  REQUIRE(flow_fit.fit(codes, s, whole, nobody));
  REQUIRE_FALSE(flow_fit.fit(codes, s, parts, somebody));
  REQUIRE(flow_fit.fit(codes, s, parts, nobody));
  const auto weights = [](const std::filesystem::path& at) {
    return read_file(at / "run" / "best.safetensors", SIZE_MAX);
  };
  CHECK(weights(whole) == weights(parts));

  const auto prior = flow_fit.load(whole, 2);
  const auto log_prob = [&](Var z) { return prior->log_prob({.prior = prior.get()}, z, 1); };
  double sum = 0;  // ReLU has kinks: the error of the rule goes by h²
  constexpr double h = 0.03;
  constexpr Index side = 600;
  for (Index a = 0; a < side; ++a) {
    Tape tape;
    const Var z = tape.constant(Shape{side, 2});
    for (Index b = 0; b < side; ++b)
      z.val()(b, 0) = Real(2 + h * double(a - side / 2)),
                 z.val()(b, 1) = Real(2 + h * double(b - side / 2));
    const Var log_p = log_prob(z);
    for (const Real l : log_p.val()) sum += h * h * std::exp(double(l));
  }
  CHECK(sum == doctest::Approx(1).epsilon(1e-3));

  Tape tape;
  const Var log_p = log_prob(tape.constant(ConstMatrix(codes.view())));
  double mean = 0;
  for (const Real l : log_p.val()) mean += double(l) / 3000;
  // of one Gaussian: −½ log det Σ − 1 − log 2π, with det Σ = (0.5² + 25 · 2/9) 0.3²
  const double gaussian = -0.5 * std::log((0.25 + 25 * 2.0 / 9) * 0.09) - 1 - log_2pi;
  MESSAGE("mean log p of the codes: ", mean, ", of a Gaussian ", gaussian);
  CHECK(mean > gaussian + 0.2);

  Stream noise(2, Purpose::prior);
  const Var z = prior->sample({.prior = prior.get()}, tape, 20000, noise, 1);
  // moments of the codes, in their units, and of both numbers together
  const auto moments_of = [](ConstMatrix v) {
    std::array<double, 5> to{};
    for (Index i = 0; i < v.rows; ++i) {
      const double a = double(v(i, 0)), b = double(v(i, 1));
      const double each[] = {a, b, a * a, b * b, a * b};
      for (std::size_t k = 0; k < 5; ++k) to[k] += each[k] / double(v.rows);
    }
    return to;
  };
  const auto of_codes = moments_of(codes.view()), of_draws = moments_of(z.val());
  for (std::size_t k = 0; k < 5; ++k) {
    INFO(k, ": ", of_draws[k], " of ", of_codes[k]);
    CHECK(std::abs(of_draws[k] - of_codes[k]) < 0.1 * of_codes[k]);
  }
  // what is read are the weights that were best, not the last ones
  for (const char* file : {"model.safetensors", "checkpoint.safetensors"})
    std::filesystem::remove(whole / "run" / file);
  const auto again = flow_fit.load(whole, 2);
  const Var other = again->log_prob({.prior = again.get()}, z, 1), same = log_prob(z);
  for (Index i = 0; i < 20; ++i) CHECK(other.val()(i, 0) == same.val()(i, 0));
}
