// Products that wait: the gradient is the one of products that are computed at once, whoever asks for
// it, and when. Here for double; gradient_f32.cpp runs the same on float.
#include <vaegrad/autodiff/gradient.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

void fill(Matrix m, unsigned seed) {
  for (Real& x : m) x = Real(std::sin(double(seed++) * 12.9898) * 0.7);
}

// Weights that wait as they are used here: of a layer, of one with an epilogue, of a product with
// either factor transposed, one that is used twice, one that also has another gradient, one that
// reads a parameter; and one too small to wait.
struct Network {
  Parameters parameters;
  Param first = add({60, 90}), second = add({90, 75}), flat = add({75, 101}), again = add({60, 60}),
        both = add({60, 50}), read = add({60, 40}), inputs = add({9, 60}), small = add({60, 3}),
        bias = add({1, 90}), row = add({1, 75});

  Param add(Shape s) {
    const unsigned number = unsigned(parameters.list().size());
    return parameters.add("p" + std::to_string(number), s,
                          [&](Matrix m) { fill(m, 1000 * number); });
  }
  Var loss(Tape& tape, unsigned part) const {
    const Var x = tape.constant(Shape{7, 60});
    fill(x.val(), 77 * part + 5);
    const Var twice = matmul(tanh(matmul(x, tape(again))), tape(again));
    const Var h = affine(twice, tape(first), tape(bias), epilogue_of<tanh_row>);
    const Var u = affine(h, tape(second), tape(row));
    const Var y = matmul(transpose(tape(flat)), transpose(u));  // (101, 7)
    const Var pseudo = matmul(tape(inputs), tape(read));        // reads what an optimiser moves
    const Var more = matmul(x, tape(both)) + 0.1 * sum(square(tape(both)));
    return average(square(y)) + average(square(more)) + average(square(pseudo)) +
           average(square(matmul(x, tape(small))));
  }
};

// The gradient of some parts, each on a tape of its own.
struct Parts {
  Network& network;
  std::vector<std::unique_ptr<Tape>> tapes;
  std::vector<std::unique_ptr<Gradient>> others;
  std::vector<Gradient*> all;

  Parts(Network& of, std::size_t count, Tape::Products products) : network(of) {
    for (std::size_t k = 0; k < count; ++k) {
      Gradient* own = &of.parameters.own_gradient();
      if (k) own = others.emplace_back(std::make_unique<Gradient>(of.parameters)).get();
      all.push_back(own);
      tapes.emplace_back(std::make_unique<Tape>())->collect(of.parameters, *own, products);
    }
    backward();
  }
  void backward() {
    for (std::size_t k = 0; k < all.size(); ++k) {
      all[k]->zero();
      tapes[k]->reset();
      tapes[k]->backward(network.loss(*tapes[k], unsigned(k)));
    }
    Gradient::sum_in_tree(all);
  }
  std::vector<Real> values() {
    const auto g = all[0]->values();
    return {g.begin(), g.end()};
  }
  // .. as an optimiser has them
  std::vector<Real> pieces() {
    std::vector<Real> to(network.parameters.values().size());
    std::vector<int> times(to.size());
    const auto f = [&](Index first, std::span<const Real> g) {
      std::copy(g.begin(), g.end(), to.begin() + first);
      for (std::size_t i = 0; i < g.size(); ++i) ++times[std::size_t(first) + i];
    };
    all[0]->for_each_piece(f, [](Index i) { CHECK(i > 0); });
    CHECK(times == std::vector<int>(to.size(), 1));
    return to;
  }
};

bool same_bits(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

// Sums of 100 products at most, of up to 8 parts: in another order.
void check_close(const std::vector<Real>& a, const std::vector<Real>& b) {
  REQUIRE(a.size() == b.size());
  double size = 0, worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    size = std::max(size, std::abs(double(b[i])));
    worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
  }
  CHECK(size > 0.01);
  CHECK(worst <= 100 * double(std::numeric_limits<Real>::epsilon()) * size);
}

}  // namespace

TEST_CASE("what waits is what would have been computed at once, for any number of parts") {
  for (const std::size_t count : {1u, 2u, 3u, 4u, 7u, 8u}) {
    CAPTURE(count);
    Network network;
    const auto at_once = Parts(network, count, Tape::Products::at_once).values();
    Parts waiting(network, count, Tape::Products::may_wait);
    const auto pieces = waiting.pieces();
    check_close(pieces, at_once);
    CHECK(same_bits(waiting.pieces(), pieces));  // it still waits
    CHECK(same_bits(waiting.values(), pieces));
    CHECK(same_bits(waiting.pieces(), pieces));  // now it is there
  }
}

TEST_CASE("what waits has the same bits for any number of threads, and computed part by part") {
  Network network;
  std::vector<Real> one;
  for (const int team : {1, 2, 3, 8}) {
    const Threads use(team);
    Parts parts(network, 4, Tape::Products::may_wait);
    if (team == 1) one = parts.pieces();
    CHECK(same_bits(parts.pieces(), one));
  }
  // as ranks do it: each its own parts to their end, then the tree of numbers
  Parts apart(network, 1, Tape::Products::may_wait);
  std::vector<std::vector<Real>> leaves;
  for (unsigned k = 0; k < 4; ++k) {
    apart.all[0]->zero();
    apart.tapes[0]->reset();
    apart.tapes[0]->backward(network.loss(*apart.tapes[0], k));
    leaves.push_back(apart.values());
  }
  const std::vector<std::span<Real>> spans(leaves.begin(), leaves.end());
  sum_in_tree(std::span<const std::span<Real>>(spans));
  CHECK(same_bits(leaves[0], one));
}

TEST_CASE("sum_in_tree: ((g0 + g1) + (g2 + g3)) + .., to the last bit, for any number of arrays") {
  const FlushDenormals flush;
  for (std::size_t count = 1; count <= 64; count += count < 20 ? 1 : 11) {
    std::vector<std::vector<Real>> arrays, by_hand;
    for (std::size_t i = 0; i < count; ++i) {
      arrays.emplace_back(5001);
      for (std::size_t k = 0; k < arrays[i].size(); ++k)
        arrays[i][k] = Real(std::sin(double(i * 5001 + k)) * std::pow(10., double(k % 7)));
    }
    by_hand = arrays;
    for (std::size_t step = 1; step < count; step *= 2)
      for (std::size_t i = 0; i + step < count; i += 2 * step)
        for (std::size_t k = 0; k < 5001; ++k) by_hand[i][k] += by_hand[i + step][k];
    const std::vector<std::span<Real>> spans(arrays.begin(), arrays.end());
    sum_in_tree(std::span<const std::span<Real>>(spans));
    CHECK(same_bits(arrays[0], by_hand[0]));
  }
}

TEST_CASE(
    "an optimiser that computes what waits moves as one that does not, and changes no gradient") {
  std::vector<std::vector<Real>> after, gradients;
  for (const bool asked_before : {true, false}) {
    Network network;
    Adam adam(network.parameters, {.learning_rate = 0.1});
    Parts parts(network, 2, Tape::Products::may_wait);
    for (int t = 0; t < 3; ++t) {
      if (t) parts.backward();
      if (asked_before) gradients.push_back(parts.values());
      adam.step();
      if (!asked_before) CHECK(same_bits(parts.values(), gradients[std::size_t(t)]));
    }
    after.emplace_back(network.parameters.values().begin(), network.parameters.values().end());
  }
  CHECK(same_bits(after[0], after[1]));
}

TEST_CASE("a parameter's adjoint is asked for while it waits") {
  Network network;
  Tape plain, tape;
  tape.collect(network.parameters, network.parameters.own_gradient(), Tape::Products::may_wait);
  const auto adjoint = [&](Tape& on) {
    network.parameters.zero_gradient();
    const Var x = on.constant(Shape{7, 60});
    fill(x.val(), 3);
    const Var w = on(network.first);
    on.backward(sum(square(matmul(x, w))));
    const Matrix g = w.adj();
    return std::vector<Real>(g.begin(), g.end());
  };
  check_close(adjoint(tape), adjoint(plain));
}

TEST_CASE("a gradient that waits is finite or not without being computed") {
  const Real nan = std::numeric_limits<Real>::quiet_NaN(),
             infinity = std::numeric_limits<Real>::infinity(),
             large = std::sqrt(std::numeric_limits<Real>::max());
  struct Case {
    Real x, slope;
    bool finite;
  };
  for (const Case& c : {Case{1, 1, true},
                        {nan, 1, false},
                        {1, infinity, false},
                        {large, 2 * large, false},     // each is finite, their product is not
                        {large, large / 16, true}}) {  // nor is what bounds it, but it is
    CAPTURE(c.x);
    CAPTURE(c.slope);
    Parameters p;
    const Param w = p.add("w", {40, 30}), b = p.add("b", {1, 3});
    Tape tape;
    tape.collect(p, p.own_gradient(), Tape::Products::may_wait);
    p.zero_gradient();
    const Var x = tape.constant(Shape{8, 40}), s = tape.constant(Shape{8, 30});
    std::fill(x.val().begin(), x.val().end(), Real(0));
    std::fill(s.val().begin(), s.val().end(), Real(0));
    x.val()(3, 5) = c.x, s.val()(3, 7) = c.slope, s.val()(4, 7) = c.slope;
    tape.backward(sum(matmul(x, tape(w)) * s) + sum(tape(b)));
    CHECK(finite_gradient(p) == c.finite);
    CHECK(std::isfinite(p.gradient(w)(5, 7)) == c.finite);
  }
}

TEST_CASE("a gradient is finite only where both what waits and what is there are") {
  Parameters p;
  const Param w = p.add("w", {40, 30}), k = p.add("k", {1, 1});
  Tape tape;
  tape.collect(p, p.own_gradient(), Tape::Products::may_wait);
  for (const double factor : {1.0, double(std::numeric_limits<Real>::infinity())}) {
    p.zero_gradient();
    tape.reset();
    const Var x = tape.constant(Shape{8, 40});
    fill(x.val(), 1);
    tape.backward(sum(matmul(x, tape(w))) + factor * sum(square(tape(w) + 1)) + sum(tape(k)));
    CHECK(finite_gradient(p) == (factor == 1));
  }
}

TEST_CASE("backward twice adds what waits twice") {
  Network network;
  const auto twice = [&](Tape::Products products) {
    Tape tape;
    tape.collect(network.parameters, network.parameters.own_gradient(), products);
    network.parameters.zero_gradient();
    const Var loss = network.loss(tape, 1);
    tape.backward(loss);
    tape.backward(3 * loss);
    const auto g = network.parameters.gradient();
    return std::vector<Real>(g.begin(), g.end());
  };
  check_close(twice(Tape::Products::may_wait), twice(Tape::Products::at_once));
}

TEST_CASE("a tape that is told anew where to collect leaves what waited where it belongs") {
  Network network;
  Gradient other(network.parameters);
  Tape tape, plain;
  Gradient& own = network.parameters.own_gradient();
  const auto numbers = [&] { return std::vector<Real>(own.values().begin(), own.values().end()); };
  own.zero();
  plain.backward(network.loss(plain, 1));
  const auto right = numbers();
  for (const bool before : {true, false}) {
    own.zero(), other.zero(), tape.reset();
    tape.collect(network.parameters, own, Tape::Products::may_wait);
    const Var loss = network.loss(tape, 1);
    if (before) tape.backward(loss);
    tape.collect(network.parameters, other, Tape::Products::may_wait);
    if (!before) tape.backward(loss);
    check_close(numbers(), right);
    for (const Real g : other.values()) REQUIRE(g == 0);
  }
}

TEST_CASE("sums are of one block, and of 64 gradients at most") {
  Network network, stranger;
  Gradient other(stranger.parameters);
  Gradient* two[]{&network.parameters.own_gradient(), &other};
  CHECK_THROWS_WITH_AS(Gradient::sum_in_tree(two), doctest::Contains("of two blocks"), Error);
  const std::vector<Gradient*> many(65, two[0]);
  CHECK_THROWS_WITH_AS(Gradient::sum_in_tree(many), doctest::Contains("65 gradients"), Error);
}

TEST_CASE("what waited on a tape that was reset is an error, and no longer there after zero()") {
  Network network;
  Parts parts(network, 2, Tape::Products::may_wait);
  parts.tapes[1]->reset();
  CHECK_THROWS_WITH_AS(
      parts.values(), doctest::Contains("waited to be computed, and its tape was reset or rewound"),
      Error);
  const std::vector<Real> before(network.parameters.values().begin(),
                                 network.parameters.values().end());
  Sgd sgd(network.parameters);
  CHECK_THROWS_AS(sgd.step(), Error);
  CHECK_THROWS_AS(finite_gradient(network.parameters), Error);
  CHECK(std::equal(before.begin(), before.end(), network.parameters.values().begin()));
  network.parameters.zero_gradient();
  for (const Real g : parts.values()) REQUIRE(g == 0);
}
