// A layer in one op against the ops that it is made of: product, bias, function. Here for double;
// epilogue_f32.cpp runs the same on float, whose parts of a batch are another way through.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/message.hpp"
#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

struct Follows {
  const Epilogue* f;
  Var (*apply)(Var u);
};
const Follows functions[] = {
    {&epilogue_of<relu_row>, [](Var u) -> Var { return relu(u); }},
    {&epilogue_of<tanh_row>, [](Var u) -> Var { return tanh(u); }},
    {&epilogue_of<sigmoid_row>, [](Var u) -> Var { return sigmoid(u); }},
    {&epilogue_of<elu_row>, [](Var u) -> Var { return elu(u); }},
};

void fill(Matrix m, std::uint32_t seed) {
  std::mt19937 bits(seed);
  for (Real& v : m) v = Real(double(bits()) / 4294967296.0 - 0.5);
}

// What the gradient shall reach; twice: the layer's share is added to something.
struct Wanted {
  bool x = true, w = true, b = true, x_twice = false, w_and_b_twice = false;
};

struct Results {
  std::vector<Real> h, x, w, b;
};

// h = layer(x, w, b), of a loss in which each entry of h has a weight of its own
template <class Layer>
Results results(Shape x_shape, Shape w_shape, Shape b_shape, Wanted wanted, Layer layer) {
  Tape tape;
  const auto leaf = [&](Shape s, bool active, std::uint32_t seed) {
    const Var v = active ? tape.variable(s) : tape.constant(s);
    fill(v.val(), seed);
    return v;
  };
  const Var x = leaf(x_shape, wanted.x, 1), w = leaf(w_shape, wanted.w, 2),
            b = leaf(b_shape, wanted.b, 3);
  const Var h = layer(x, w, b);
  const Var weights = leaf(h.shape(), false, 4);
  Var loss = sum(h * weights);
  if (wanted.x_twice) loss = loss + sum(square(x));
  if (wanted.w_and_b_twice) loss = loss + sum(square(w)) + sum(square(b));
  tape.backward(loss);
  const auto copy = [](Matrix m) { return std::vector<Real>(m.begin(), m.end()); };
  Results r{copy(h.val()), {}, {}, {}};
  if (wanted.x) r.x = copy(x.adj());
  if (wanted.w) r.w = copy(w.adj());
  if (wanted.b) r.b = copy(b.adj());
  return r;
}

// Entries sum `terms` products of size 1 and less, each in its order. No u here is so near to a kink that
// its side depends on that.
void check_close(const std::vector<Real>& a, const std::vector<Real>& b, double terms) {
  REQUIRE(a.size() == b.size());
  const double bound = 4 * terms * double(std::numeric_limits<Real>::epsilon());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart = std::abs(double(a[i]) - double(b[i]));
    worst = std::max(worst, std::isnan(apart) ? 1e300 : apart);
  }
  CHECK(worst <= bound);
}
void check_close(const Results& a, const Results& b, double terms) {
  check_close(a.h, b.h, terms);
  check_close(a.x, b.x, terms);
  check_close(a.w, b.w, terms);
  check_close(a.b, b.b, terms);
}

constexpr Wanted all_wanted[] = {{},
                                 {.x = false},
                                 {.w = false},
                                 {.b = false},
                                 {.x = false, .w = false},
                                 {.x_twice = true},
                                 {.w_and_b_twice = true},
                                 {.x = false, .w_and_b_twice = true}};

// The layer of one op, and of the ops that it is made of
Results in_one(const ConvolvedLayer& layer, Index batch, Wanted wanted) {
  return results({batch, layer.from().size()}, layer.g.weights(), {1, layer.to().channels}, wanted,
                 [&](Var x, Var w, Var b) { return convolve(x, w, b, layer); });
}
Results of_many(const ConvolvedLayer& layer, Index batch, Wanted wanted, Var (*apply)(Var)) {
  const Index pixels = layer.to().height * layer.to().width;
  return results({batch, layer.from().size()}, layer.g.weights(), {1, layer.to().channels}, wanted,
                 [&](Var x, Var w, Var b) {
                   const Var u = layer.transposed ? convolve_transposed(x, w, layer.g)
                                                  : convolve(x, w, layer.g);
                   return apply(u + tile(b, pixels));
                 });
}
void check_layer(const ConvolutionGeometry& g, Index batch, const Follows& follows) {
  for (const bool transposed : {false, true})
    for (const Wanted& wanted : all_wanted) {
      const ConvolvedLayer layer{g, transposed, follows.f};
      CAPTURE(concat(g.in, " -> ", g.out(), ", kernel ", g.kernel, ", stride ", g.stride,
                     ", batch ", batch, transposed ? ", transposed, " : ", ", follows.f->name));
      const double terms = double(g.weights().rows + batch * g.in.size() + g.out().size());
      check_close(in_one(layer, batch, wanted), of_many(layer, batch, wanted, follows.apply),
                  terms);
    }
}

}  // namespace

TEST_CASE("a convolution, its bias and a function in one op") {
  const ConvolutionGeometry geometries[] = {{{7, 5, 1}, 5, 3, 1, 1},    {{6, 9, 3}, 16, 4, 2, 1},
                                            {{8, 8, 17}, 33, 2, 2, 0},  {{4, 11, 16}, 2, 1, 2, 0},
                                            {{1, 1, 40}, 30, 1, 1, 0},  {{5, 5, 300}, 3, 3, 2, 1},
                                            {{14, 14, 32}, 64, 4, 2, 1}};
  for (const ConvolutionGeometry& g : geometries)
    for (const Follows& follows : functions) check_layer(g, 3, follows);
}

TEST_CASE("a convolution in one op: batches that are cut, and any number of threads") {
  const ConvolutionGeometry g{{28, 28, 1}, 32, 4, 2, 1}, next{{14, 14, 32}, 16, 4, 2, 1};
  for (const ConvolutionGeometry& each : {g, next}) {
    constexpr Index batch = 43;
    check_layer(each, batch, functions[1]);
    for (const bool transposed : {false, true}) {
      Results one;
      for (const int team : {1, 2, 3, 5}) {
        const Threads use(team);
        const Results r = in_one({each, transposed, functions[0].f}, batch, {});
        if (team == 1) one = r;
        for (const auto part : {&Results::h, &Results::x, &Results::w, &Results::b})
          CHECK(std::memcmp((r.*part).data(), (one.*part).data(),
                            (one.*part).size() * sizeof(Real)) == 0);
      }
    }
  }
}

TEST_CASE("a product, its bias and a function in one op") {
  struct Sizes {
    Index rows, in, out;
  };
  // the last ones are cut into tiles, and their adjoints into blocks
  for (const Sizes& s :
       {Sizes{1, 1, 1}, {3, 4, 2}, {5, 7, 75}, {2, 3, 300}, {64, 20, 3136}, {150, 130, 600}})
    for (const Follows& follows : functions)
      for (const Wanted& wanted : all_wanted) {
        CAPTURE(concat(s.rows, " x ", s.in, " -> ", s.out, ", ", follows.f->name));
        const Shape x{s.rows, s.in}, w{s.in, s.out}, b{1, s.out};
        const Results one = results(
            x, w, b, wanted, [&](Var a, Var m, Var c) { return affine(a, m, c, *follows.f); });
        const Results many = results(
            x, w, b, wanted, [&](Var a, Var m, Var c) { return follows.apply(matmul(a, m) + c); });
        check_close(one, many, double(s.rows + s.in + s.out));
      }
}

TEST_CASE("a product in one op: the same bits for every number of threads") {
  Results one;
  for (const int team : {1, 2, 3, 5}) {
    const Threads use(team);
    const Results r = results({150, 130}, {130, 600}, {1, 600}, {},
                              [](Var a, Var m, Var c) { return affine(a, m, c, *functions[1].f); });
    if (team == 1) one = r;
    for (const auto part : {&Results::h, &Results::x, &Results::w, &Results::b})
      CHECK(std::memcmp((r.*part).data(), (one.*part).data(), (one.*part).size() * sizeof(Real)) ==
            0);
  }
}

TEST_CASE("one value, or one parameter, as two inputs of an op that pulls all of them at once") {
  const auto both = [](auto check_one) {
    check_one([](Var a, Var b, Var c) -> Var { return affine(a, b, c, *functions[1].f); },
              [](Var a, Var b, Var c) -> Var { return tanh(matmul(a, b) + c); });
  };
  both([](auto one, auto many) {
    const auto gradient = [](auto layer) {
      Tape tape;
      const Var a = tape.variable({{0.3, -0.2}, {0.7, 0.5}}), c = tape.constant({{0.1, 0.2}});
      tape.backward(sum(layer(a, a, c)));
      return std::vector<Real>(a.adj().begin(), a.adj().end());
    };
    check_close(gradient(one), gradient(many), 4);
  });
  // each tape(p) is an entry of its own
  both([](auto one, auto many) {
    const auto gradient = [](auto layer) {
      Parameters parameters;
      const Param p =
          parameters.add("p", {1, 2}, [](Matrix m) { m(0, 0) = Real(0.4), m(0, 1) = -1; });
      const Param w = parameters.add("w", {2, 2}, [](Matrix m) { fill(m, 5); });
      parameters.gradient()[0] = 1e6;  // what was there before
      parameters.zero_gradient();
      Tape tape;
      tape.backward(sum(layer(tape(p), tape(w), tape(p))));
      const auto g = parameters.gradient();
      return std::vector<Real>(g.begin(), g.end());
    };
    check_close(gradient(one), gradient(many), 4);
  });
  const auto of_convolution = [](bool in_one) {
    Parameters parameters;
    const Param p = parameters.add("p", {1, 1}, [](Matrix m) { m(0, 0) = Real(0.4); });
    parameters.zero_gradient();
    Tape tape;
    const Var image = tape.constant({{0.1, 0.2, 0.3, -0.4}});
    const ConvolutionGeometry g{{2, 2, 1}, 1, 1};
    const Var h = in_one ? convolve(image, tape(p), tape(p), {g, false, functions[1].f})
                         : Var(tanh(convolve(image, tape(p), g) + tile(tape(p), 4)));
    tape.backward(sum(h));
    return std::vector<Real>{parameters.gradient()[0]};
  };
  check_close(of_convolution(true), of_convolution(false), 4);
}

TEST_CASE("an epilogue leaves what is not a number as it is, and its slope is the function's") {
  const Real nan = std::numeric_limits<Real>::quiet_NaN(),
             infinity = std::numeric_limits<Real>::infinity();
  for (const Follows& follows : functions) {
    CAPTURE(follows.f->name);
    Tape tape;
    const Var x = tape.constant({{1}, {1}, {1}}), w = tape.constant({{1}}),
              b = tape.constant({{0}});
    x.val()(0, 0) = nan, x.val()(1, 0) = infinity, x.val()(2, 0) = -infinity;
    const Matrix one = affine(x, w, b, *follows.f).val(), many = follows.apply(x).val();
    CHECK(std::isnan(one(0, 0)) == std::isnan(many(0, 0)));
    CHECK(one(1, 0) == many(1, 0));
    CHECK(one(2, 0) == many(2, 0));
  }
}

TEST_CASE("layers in one op refuse what does not fit") {
  Tape tape;
  const Var x = tape.constant(Shape{2, 25}), w = tape.constant(Shape{9, 4}),
            b = tape.constant(Shape{1, 3});
  CHECK(message_of([&] {
          convolve(x, w, b, {{{5, 5, 1}, 4, 3}, false, functions[0].f});
        }) ==
        "convolve: the bias is (1, 3), expected (1, 4)\n"
        "  hint: a number for each channel");
  CHECK(message_of([&] { affine(x, w, b, *functions[0].f); }) ==
        "affine: inner dimensions differ: a is (2, 25), b is (9, 4)\n"
        "  hint: a needs as many columns as b has rows");
}
