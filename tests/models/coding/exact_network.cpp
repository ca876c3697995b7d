// The exact network against whole numbers, which cannot round, and against the mathematics.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <random>

#include <vaegrad/models/coding/exact_math.hpp>
#include <vaegrad/models/coding/exact_network.hpp>

using namespace vaegrad;

namespace {

LayerWeights layer(std::mt19937_64& random, Index in, Index out, float scale) {
  std::normal_distribution<float> normal(0, scale);
  LayerWeights l{"layer", in, out, {}, {}};
  for (Index i = 0; i < in * out; ++i) l.weight.push_back(normal(random));
  for (Index i = 0; i < out; ++i) l.bias.push_back(normal(random));
  return l;
}
Block inputs(std::mt19937_64& random, Index features, Index width, double bound) {
  std::uniform_real_distribution<double> x(-bound, bound);
  Block b;
  b.resize(features, width);
  for (double& v : b.values) v = to_grid(x(random), activation_bits);
  return b;
}

}  // namespace

TEST_CASE("a layer is the same sum in whole numbers, exactly, also near its bound") {
  std::mt19937_64 random(1);
  for (const double bound : {1.0, 4096.0})
    for (const auto [in, out, width] :
         {std::array<Index, 3>{784, 13, 64}, {5, 8, 8}, {100, 1, 16}}) {
      const LayerWeights weights = layer(random, in, out, 30);
      const ExactLinear linear(weights, bound);
      const Block x = inputs(random, in, width, bound);
      Block y;
      linear(x, y);
      REQUIRE(y.features == out);
      for (Index o = 0; o < out; ++o)
        for (Index i = 0; i < width; ++i) {
          const auto whole = [](double v, int bits) {
            return std::int64_t(std::nearbyint(std::ldexp(v, bits)));
          };
          std::int64_t sum = whole(double(weights.bias[std::size_t(o)]), 14) << 12;
          for (Index f = in; f-- > 0;)  // another order
            sum += whole(double(weights.weight[std::size_t(f * out + o)]), 14) *
                   whole(x.row(f)[i], 12);
          REQUIRE(y.row(o)[i] == std::ldexp(double(sum), -26));
          REQUIRE(std::abs(y.row(o)[i]) <= linear.bound());
        }
    }
}

TEST_CASE("a network is its mathematics, within the grid") {
  std::mt19937_64 random(2);
  struct Row {
    const char* name;
    double (*of)(double);
  };
  for (const auto& [name, reference] : {
           Row{"relu", [](double s) { return std::max(s, 0.0); }},
           Row{"tanh", [](double s) { return std::tanh(s); }},
           Row{"sigmoid", [](double s) { return 1 / (1 + std::exp(-s)); }},
           Row{"softplus", [](double s) { return std::log1p(std::exp(s)); }},
           Row{"leaky_relu", [](double s) { return std::max(s, 0.01 * s); }},
           Row{"elu", [](double s) { return s > 0 ? s : std::expm1(s); }},
           Row{"silu", [](double s) { return s / (1 + std::exp(-s)); }},
           Row{"gelu", [](double s) { return 0.5 * s * std::erfc(-s / std::sqrt(2.0)); }},
       }) {
    const std::vector<LayerWeights> layers{layer(random, 20, 30, 0.2f), layer(random, 30, 7, 0.2f)};
    const ExactMlp mlp(layers, name, 1);
    const Block x = inputs(random, 20, 8, 1);
    Block h, other;
    mlp(x, h, other);
    REQUIRE(h.features == 7);
    for (Index i = 0; i < 8; ++i) {
      std::vector<double> v;
      for (Index f = 0; f < 20; ++f) v.push_back(x.row(f)[i]);
      for (const LayerWeights& l : layers) {
        std::vector<double> next;
        for (Index o = 0; o < l.out; ++o) {
          double sum = double(l.bias[std::size_t(o)]);
          for (Index f = 0; f < l.in; ++f)
            sum += v[std::size_t(f)] * double(l.weight[std::size_t(f * l.out + o)]);
          next.push_back(reference(sum));
        }
        v = next;
      }
      for (Index o = 0; o < 7; ++o) {
        CHECK(std::abs(h.row(o)[i] - v[std::size_t(o)]) < 2e-3);
        CHECK(h.row(o)[i] == to_grid(h.row(o)[i], activation_bits));
      }
    }
  }
  CHECK_THROWS_WITH_AS(exact_activation("cubic"),
                       doctest::Contains("exact activation: there is none called 'cubic'"), Error);
}

TEST_CASE("a value does not depend on the block it is computed in") {
  std::mt19937_64 random(3);
  const std::vector<LayerWeights> layers{layer(random, 50, 20, 0.5f)};
  const ExactMlp mlp(layers, "tanh", 1);
  const Block wide = inputs(random, 50, 64, 1);
  Block h, narrow, g, other;
  mlp(wide, h, other);
  narrow.resize(50, 8);
  for (Index f = 0; f < 50; ++f)
    for (Index i = 0; i < 8; ++i) narrow.row(f)[i] = wide.row(f)[40 + i];
  mlp(narrow, g, other);
  for (Index o = 0; o < 20; ++o)
    for (Index i = 0; i < 8; ++i) CHECK(g.row(o)[i] == h.row(o)[40 + i]);
}

TEST_CASE("weights that are not usable are refused") {
  std::mt19937_64 random(4);
  LayerWeights l = layer(random, 10, 3, 1);
  CHECK_NOTHROW(ExactLinear(l, 4096));
  l.weight[5] = NAN;
  CHECK_THROWS_WITH_AS(ExactLinear(l, 1), doctest::Contains("layer: a weight is nan"), Error);
  l.weight[5] = 1e5;
  CHECK_THROWS_WITH_AS(ExactLinear(l, 4096), doctest::Contains("exact only below 2^27"), Error);
  l.weight.pop_back();
  CHECK_THROWS_WITH_AS(ExactLinear(l, 1), doctest::Contains("29 weights"), Error);
}
