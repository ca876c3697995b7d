// Regularised autoencoders: the decoder's slope by recorded tangents against finite differences, and
// what the two penalties are.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks.hpp>
#include <vaegrad/models/objectives/objective.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

struct Decoder {
  Parameters learnt;
  LikelihoodNetwork network;

  Decoder(std::string_view spec, const char* a, ImageShape image)
      : network({learnt}, "decoder", 3, vaegrad::network(spec), image, likelihood("bernoulli"),
                image.size(), {}, activation(a), {4}) {
    Stream noise(9, Purpose::test);
    for (const auto& [name, p] : learnt.list()) {
      noise.uniform(learnt.change_value(p));
      for (Real& x : learnt.change_value(p)) x = Real(1.2) * x - Real(0.6);
    }
  }
  // The outputs at z + h v
  std::vector<double> outputs(const Matrix& z, const Matrix& v, double h) const {
    Tape tape;
    const Var at = tape.constant(Shape{z.rows, z.cols});
    for (Index i = 0; i < z.rows; ++i)
      for (Index j = 0; j < z.cols; ++j) at.val()(i, j) = z(i, j) + Real(h) * v(i, j);
    const ConstMatrix y = network(at).outputs.all.val();
    return {y.begin(), y.end()};
  }
};

}  // namespace

TEST_CASE("the decoder's slope is what its outputs change by") {
  struct Tried {
    const char* spec;
    ImageShape image;
  };
  const Tried tried[] = {{"mlp:7,5", {3, 3}},      {"mlp:6+gated,5+gated", {3, 3}},
                         {"mlp:6+maxout", {3, 3}}, {"mlp:5,5+residual", {3, 3}},
                         {"conv:3x4s2,6", {6, 6}}, {"conv:3x4s2+gated,3x3+residual,6", {6, 6}}};
  for (const Activation& a : activations())
    for (const Tried& t : tried) {
      const Decoder decoder(t.spec, a.name, t.image);
      Tape tape;
      const Var z = tape.constant(Shape{2, 3}), v = tape.constant(Shape{2, 3});
      Stream(1, Purpose::test).normal(z.val());
      Stream(2, Purpose::test).normal(v.val());
      const ConstMatrix slope = decoder.network.slope(z, v).val();
      const double h = 1e-5;
      const auto ahead = decoder.outputs(z.val(), v.val(), h),
                 behind = decoder.outputs(z.val(), v.val(), -h);
      double worst = 0, largest = 0;
      for (std::size_t i = 0; i < ahead.size(); ++i) {
        const double difference = (ahead[i] - behind[i]) / (2 * h);
        worst = std::max(worst, std::abs(difference - double(slope.begin()[i])));
        largest = std::max(largest, std::abs(difference));
      }
      INFO(a.name, ' ', t.spec, ": ", worst, " of ", largest);
      CHECK(largest > 1e-3);
      CHECK(worst < 1e-8 * std::max(1., largest));  // h² of the third derivative, 1e-16 / h
    }
}

TEST_CASE("a random direction gives |J|² in the mean") {
  const Decoder decoder("mlp:7,5", "tanh", {3, 3});
  const Index n = 20'000;
  Tape tape;
  const Var z = tape.constant(Shape{n, 3}), v = tape.constant(Shape{n, 3});
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < 3; ++j) z.val()(i, j) = Real(0.3) * Real(j) - Real(0.2);
  Stream(2, Purpose::test).normal(v.val());
  const ConstMatrix squares = Var(row_sums(square(decoder.network.slope(z, v)))).val();
  double total = 0, of_squares = 0;
  for (const Real s : squares) total += double(s), of_squares += double(s) * double(s);
  const double mean = total / double(n),
               error = std::sqrt((of_squares / double(n) - mean * mean) / double(n));

  const Var at = tape.constant(Shape{3, 3}), each = tape.constant(Shape{3, 3});
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) {
      at.val()(i, j) = z.val()(0, j);
      each.val()(i, j) = Real(i == j);
    }
  const double whole = Var(sum(square(decoder.network.slope(at, each)))).item();
  INFO(mean, " ± ", error, " of ", whole);
  CHECK(std::abs(mean - whole) < 4 * error);
  CHECK(error < 0.02 * whole);
}

TEST_CASE("the penalties of rae-l2 and rae-gp by hand") {
  Tape tape;
  Draw draw;
  draw.z = tape.constant({{1, 2}, {-3, 0}});
  const Var log_px = tape.constant({{-10}, {-20}});
  ObjectiveSettings s;
  s.set("code-weight", 0.1), s.set("regulariser-weight", 2);
  draw.decoder_weights = tape.constant({{0.25}});
  const Bound l2 = rae_l2_objective.bound(log_px, draw, s);
  CHECK(l2.objective.val()(0, 0) == doctest::Approx(-10 - 0.05 * 5 - 0.5));
  CHECK(l2.objective.val()(1, 0) == doctest::Approx(-20 - 0.05 * 9 - 0.5));
  CHECK(l2.kl.val()(1, 0) == 0);
  draw.decoder_weights = {}, draw.decoder_slope = tape.constant({{3}, {4}});
  const Bound gp = rae_gp_objective.bound(log_px, draw, s);
  CHECK(gp.objective.val()(0, 0) == doctest::Approx(-10 - 0.05 * 5 - 6));
  CHECK(gp.objective.val()(1, 0) == doctest::Approx(-20 - 0.05 * 9 - 8));
}

TEST_CASE("a normalisation has no tangents") {
  const Decoder decoder("mlp:5+layer", "tanh", {3, 3});
  Tape tape;
  const Var z = tape.constant(Shape{2, 3});
  CHECK(message_of([&] { decoder.network.slope(z, z); }).find("no tangents") != std::string::npos);
}
