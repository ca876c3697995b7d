// What is drawn, and whether its density is that of the draws: priors by their moments, the numbers
// that a posterior reads off the encoder, what a step of a flow is told.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>

#include "../../support/mean.hpp"
#include "flow_case.hpp"
#include "nobody.hpp"

using namespace vaegrad;

namespace {

void randomise(Parameters& parameters) {
  std::uint32_t n = 0;
  for (const auto& [name, param] : parameters.list())
    Stream(3, Purpose::test, n++).normal(parameters.change_value(param));
}

// What changes between two matrices of one shape, column by column
std::vector<bool> changed(const OwnedMatrix& a, const OwnedMatrix& b) {
  std::vector<bool> to(std::size_t(a.cols), false);
  for (Index i = 0; i < a.rows; ++i)
    for (Index j = 0; j < a.cols; ++j)
      if (a.view()(i, j) != b.view()(i, j)) to[std::size_t(j)] = true;
  return to;
}

}  // namespace

TEST_CASE("uniform sphere: draws have length 1 and the sphere's moments, p is 1 over its area") {
  Parameters none;
  const auto prior =
      vaegrad::prior("uniform-sphere").make(none, {3, 0, {}, activation("tanh"), {}});
  const Nobody nobody;
  Tape tape;
  const PriorAt p = prior->given(tape, {}, nobody);
  Stream noise(1, Purpose::prior);
  const Var z = prior->sample(p, tape, 20000, noise, 2), log_p = prior->log_prob(p, z, 1);
  REQUIRE(z.shape() == Shape{40000, 3});
  Mean at[3], square[3];
  for (Index i = 0; i < z.shape().rows; ++i) {
    double length = 0;
    for (Index j = 0; j < 3; ++j) {
      const double x = double(z.val()(i, j));
      at[j].add(x), square[j].add(x * x), length += x * x;
    }
    if (std::abs(length - 1) > 1e-12) FAIL("a draw of length² ", length);
  }
  for (Index j = 0; j < 3; ++j) {
    CHECK(at[j].is(0));
    CHECK(square[j].is(1 / 3.));
  }
  CHECK(log_p.val()(0, 0) == doctest::Approx(-std::log(4 * M_PI)).epsilon(1e-12));
}

TEST_CASE(
    "conditional prior: draws are around the mean of their own condition, as wide as it says") {
  Parameters parameters;
  const auto prior =
      vaegrad::prior("conditional").make(parameters, {2, 2, {3}, activation("tanh"), {}});
  randomise(parameters);
  const Nobody nobody;
  Tape tape;
  const Var y = tape.constant({{1, 0}, {0, 1}});
  const PriorAt p = prior->given(tape, y, nobody);
  REQUIRE(std::abs(double(p.mean.val()(0, 0) - p.mean.val()(1, 0))) > 0.05);
  constexpr Index K = 20000;
  Stream noise(1, Purpose::prior);
  const Var z = prior->sample(p, tape, 2, noise, K), log_p = prior->log_prob(p, z, K);
  REQUIRE(z.shape() == Shape{2 * K, 2});
  for (Index b = 0; b < 2; ++b) {
    double entropy = 0;
    Mean density;
    for (Index k = 0; k < K; ++k) density.add(double(log_p.val()(b * K + k, 0)));
    for (Index j = 0; j < 2; ++j) {
      const double l = double(p.log_variance.val()(b, j));
      entropy += 0.5 * (1 + l + log_2pi);
      Mean e, square;
      for (Index k = 0; k < K; ++k) {
        const double x = double(z.val()(b * K + k, j) - p.mean.val()(b, j)) / std::exp(l / 2);
        e.add(x), square.add(x * x);
      }
      CHECK(e.is(0));
      CHECK(square.is(1));
    }
    CHECK(density.is(-entropy));
  }
}

TEST_CASE("posteriors: each heeds --posterior-scale and its bound, where its row says so") {
  for (const PosteriorRow* row : posteriors()) {
    if (!row->scale) continue;
    for (const PosteriorScale& scale : posterior_scales())
      for (const double bound : {0., 0.7}) {
        INFO(std::string(row->name), ", ", scale.name, ", bound ", bound);
        Parameters parameters;
        const PosteriorSpec spec{.latent = 2,
                                 .scale = &scale,
                                 .flows = 2,
                                 .activation = activation("tanh"),
                                 .initial = {},
                                 .log_variance_bound = bound,
                                 .widths = {5}};
        const auto posterior = row->make(parameters, "q", 3, spec);
        randomise(parameters);
        Tape tape;
        const Var h = tape.constant({{0.3, -0.2, 0.9}, {-1, 0.4, 0.1}});
        Var by_hand;  // the head of the file
        for (const auto& [name, param] : parameters.list())
          if (name == "q.scale.weight") by_hand = matmul(h, tape(param));
        for (const auto& [name, param] : parameters.list())
          if (name == "q.scale.bias") by_hand = by_hand + tape(param);
        REQUIRE(bool(by_hand));
        const Var want = spec.log_variance(by_hand), is = posterior->at(h).log_variance;
        for (Index i = 0; i < 2; ++i)
          for (Index j = 0; j < 2; ++j) {
            CHECK(is.val()(i, j) == doctest::Approx(double(want.val()(i, j))).epsilon(1e-12));
            if (bound > 0) CHECK(std::abs(double(is.val()(i, j))) <= bound);
          }
      }
  }
}

TEST_CASE("iaf: a latent is moved by each of those before it and by none after it") {
  FlowCase c("iaf", 2, 4, 0.8);
  OwnedMatrix z(1, 4);
  for (const Index t : {0, 1}) {
    const OwnedMatrix before = c.step(t, z.view());
    for (Index i = 0; i < 4; ++i) {
      z.view()(0, i) = Real(0.5);
      const std::vector<bool> moved = changed(before, c.step(t, z.view()));
      z.view()(0, i) = 0;
      for (Index j = 0; j < 4; ++j) CHECK(moved[std::size_t(j)] == (t == 0 ? j >= i : j <= i));
    }
  }
}

TEST_CASE("iaf: every step has a context of its own, which all of its latents are told") {
  FlowCase c("iaf", 3, 4, 0.8);
  const OwnedMatrix z(1, 4);
  for (Index of = 0; of < 3; ++of) {
    std::vector<OwnedMatrix> before;
    for (Index t = 0; t < 3; ++t) before.push_back(c.step(t, z.view()));
    for (Index k = 0; k < 7; ++k) c.q.more.val()(0, 7 * of + k) += Real(0.5);
    for (Index t = 0; t < 3; ++t) {
      const std::vector<bool> moved = changed(before[std::size_t(t)], c.step(t, z.view()));
      for (Index j = 0; j < 4; ++j) CHECK(moved[std::size_t(j)] == (t == of));
    }
  }
}
