// Random fused expressions, each through a reduction, against plain arithmetic on dual numbers
// (value and slope, with std:: functions) and central differences; for every number of threads
// the same bits. The trees are drawn at compile time, shapes and numbers at run time.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/dual.hpp"
#include "../support/message.hpp"
#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

constexpr int trees = VAEGRAD_TEST_TREES;
constexpr double eps = double(std::numeric_limits<Real>::epsilon());
constexpr Real infinity = std::numeric_limits<Real>::infinity();

// ---- a random tree over four leaves, for Vars and for Duals alike ----

constexpr std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Every one is bounded in slope or grows no faster than its argument, so that no tree leaves the
// range of numbers where central differences are exact to 1e-7.
constexpr std::uint64_t smooth_unaries = 15, unaries = 19;
template <std::uint64_t which, class A>
auto unary(const A& a) {
  if constexpr (which == 0)
    return exp(0.5 * sin(a));
  else if constexpr (which == 1)
    return log(2 + cos(a));
  else if constexpr (which == 2)
    return log1p(square(a));
  else if constexpr (which == 3)
    return expm1(tanh(a));
  else if constexpr (which == 4)
    return sqrt(1 + square(a));
  else if constexpr (which == 5)
    return square(tanh(a));
  else if constexpr (which == 6)
    return sin(a);
  else if constexpr (which == 7)
    return cos(a);
  else if constexpr (which == 8)
    return tanh(a);
  else if constexpr (which == 9)
    return sigmoid(a);
  else if constexpr (which == 10)
    return log_sigmoid(a);
  else if constexpr (which == 11)
    return softplus(a);
  else if constexpr (which == 12)
    return -a;
  else if constexpr (which == 13)
    return pow(1.5 + sin(a), -0.7);
  else if constexpr (which == 14)
    return 0.5 - a / 3;
  else if constexpr (which == 15)
    return abs(a);
  else if constexpr (which == 16)
    return relu(a);
  else if constexpr (which == 17)
    return leaky_relu(a, 0.1);
  else
    return clamp(a, -0.5, 1);
}
constexpr std::uint64_t smooth_binaries = 6, binaries = 8;
template <std::uint64_t which, class A, class B>
auto binary(const A& a, const B& b) {
  if constexpr (which == 0)
    return a + b;
  else if constexpr (which == 1)
    return a - b;
  else if constexpr (which == 2)
    return a * b;
  else if constexpr (which == 3)
    return a / (1.5 + sin(b));
  else if constexpr (which == 4)
    return pow(1 + sigmoid(a), tanh(b));
  else if constexpr (which == 5)
    return a * 0.5 + b;
  else if constexpr (which == 6)
    return max(a, b);
  else
    return min(a, b);
}

// Three of four trees are smooth.
constexpr bool is_smooth(std::uint64_t number) { return number % 4 != 3; }

template <std::uint64_t seed, int depth, bool smooth, class L>
auto tree(const std::array<L, 4>& leaf) {
  constexpr std::uint64_t kind = mix(seed) % 8, which = mix(seed + 1);
  if constexpr (depth == 0 || kind == 0)
    return leaf[which % 4];
  else if constexpr (kind < 4)
    return unary<which % (smooth ? smooth_unaries : unaries)>(
        tree<mix(seed + 2), depth - 1, smooth>(leaf));
  else
    return binary<which % (smooth ? smooth_binaries : binaries)>(
        tree<mix(seed + 2), depth - 1, smooth>(leaf), tree<mix(seed + 3), depth - 1, smooth>(leaf));
}
// Leaf 0 takes part in every one: it has the full shape.
template <std::uint64_t number, class L>
auto expression(const std::array<L, 4>& leaf) {
  return binary<mix(number) % 3>(tree<mix(1000 + number), 3, is_smooth(number)>(leaf), leaf[0]);
}

// ---- through a reduction, on the tape and plainly ----

constexpr std::uint64_t reductions = 10;
constexpr const char* reduction_names[]{"stored",      "sum",        "average",     "row_sums",
                                        "column_sums", "max",        "log_sum_exp", "log_mean_exp",
                                        "softmax",     "log_softmax"};
template <std::uint64_t which, class E>
Var reduced(const E& e) {
  if constexpr (which == 0)
    return e;
  else if constexpr (which == 1)
    return sum(e);
  else if constexpr (which == 2)
    return average(e);
  else if constexpr (which == 3)
    return row_sums(e);
  else if constexpr (which == 4)
    return column_sums(e);
  else if constexpr (which == 5)
    return max(e);
  else if constexpr (which == 6)
    return log_sum_exp(e);
  else if constexpr (which == 7)
    return log_mean_exp(e);
  else if constexpr (which == 8)
    return softmax(e);
  else
    return log_softmax(e);
}

struct DualMatrix {
  Shape shape;
  std::vector<Dual> entries = std::vector<Dual>(std::size_t(shape.size()));
  Dual& operator()(Index i, Index j) { return entries[std::size_t(i * shape.cols + j)]; }
};

DualMatrix plainly_reduced(std::uint64_t which, DualMatrix e) {
  const auto [rows, cols] = e.shape;
  if (which == 0) return e;
  DualMatrix y{which <= 2 ? Shape{1, 1} : which == 4 ? Shape{1, cols} : Shape{rows, 1}};
  if (which <= 4) {
    const double factor = which == 2 ? 1 / double(rows * cols) : 1;
    for (Index p = 0; p < y.shape.rows; ++p)
      for (Index q = 0; q < y.shape.cols; ++q) {
        long double value = 0, slope = 0;  // or equal terms round in the same direction
        for (Index i = which == 3 ? p : 0; i < (which == 3 ? p + 1 : rows); ++i)
          for (Index j = which == 4 ? q : 0; j < (which == 4 ? q + 1 : cols); ++j)
            value += e(i, j).v, slope += e(i, j).d;
        y(p, q) = Dual(double(value), double(slope)) * factor;
      }
    return y;
  }
  for (Index i = 0; i < rows; ++i) {
    Dual most = e(i, 0), total;
    for (Index j = 1; j < cols; ++j) most = max(most, e(i, j));
    for (Index j = 0; j < cols; ++j) total = total + exp(e(i, j) - most);
    const Dual lse = most + log(total);
    y(i, 0) = which == 5 ? most : which == 7 ? lse - std::log(double(cols)) : lse;
    for (Index j = 0; j < cols; ++j) e(i, j) = which == 8 ? exp(e(i, j) - lse) : e(i, j) - lse;
  }
  return which >= 8 ? e : y;
}

// ---- leaves ----

struct Slot {
  Param param;
  Index repeat = 1;
  bool active = true;
  std::vector<Real> frozen;  // its numbers, when inactive

  Index row(Index i) const { return param.shape.rows == 1 ? 0 : i / repeat; }
  Index col(Index j) const { return param.shape.cols == 1 ? 0 : j; }
};

struct TreeLeaves {
  Parameters p;
  std::array<Slot, 4> slots;
  bool once;  // a leaf that is used twice is on the tape once
  Index rows, cols;

  // any: full, one row, one column or one number; rows repeated; the same leaf again. Only full
  // leaves and numbers are treated as one long row.
  enum Kind { any, full_or_number };
  TreeLeaves(Stream& draw, Index rows, Index cols, Kind kind)
      : once(draw.below(2) == 0), rows(rows), cols(cols) {
    for (std::size_t k = 0; k < slots.size(); ++k) {
      Slot& s = slots[k];
      if (k > 0 && draw.below(10) < 3) {
        s = slots[draw.below(k)];
        if (s.param.shape.rows == 1 && kind == any) s.repeat = draw.below(2) ? rows : 1;
        continue;
      }
      Shape shape{k == 0 || draw.below(2) ? rows : 1, k == 0 || draw.below(2) ? cols : 1};
      if (kind == full_or_number && shape != Shape{rows, cols}) shape = {1, 1};
      if (kind == any && shape.rows == rows && draw.below(2))
        for (const Index times : {Index{5}, Index{3}, Index{2}})
          if (rows % times == 0) s.repeat = times;
      shape.rows = shape.rows == 1 ? 1 : shape.rows / s.repeat;
      s.param = p.add(concat("leaf.", k), shape, [&](Matrix x) {
        Stream(draw.bits(), Purpose::test).uniform(x);
        for (Real& u : x) u = 4 * u - 2;
      });
      s.active = k == 0 || draw.below(5) != 0;
      const ConstMatrix x = p.value(s.param);
      if (!s.active) s.frozen.assign(x.begin(), x.end());
    }
  }

  std::array<Repeated, 4> on(Tape& tape) const {
    std::array<Repeated, 4> leaf;
    for (std::size_t k = 0; k < slots.size(); ++k) {
      const Slot& s = slots[k];
      std::size_t earlier = 0;
      while (earlier < k && !(once && slots[earlier].param.number == s.param.number)) ++earlier;
      const Shape shape = s.param.shape;
      const Var x = earlier < k ? leaf[earlier].x
                    : s.active
                        ? tape(s.param)
                        : tape.constant(ConstMatrix{s.frozen.data(), shape.rows, shape.cols});
      leaf[k] = repeat_rows(x, s.repeat);
    }
    return leaf;
  }
};

template <std::uint64_t number>
void check_tree(std::uint64_t seed, Index rows, Index cols, TreeLeaves::Kind kind, bool threads) {
  constexpr std::uint64_t reduction = number % reductions;
  Stream draw(seed, Purpose::test, number);
  TreeLeaves leaves(draw, rows, cols, kind);
  Parameters& p = leaves.p;
  std::vector<Real> direction(std::size_t(p.size()));
  Stream(seed, Purpose::test, 1000 + number).uniform({direction.data(), 1, p.size()});
  const auto weight = [&](Tape& tape, Shape shape) {
    const Var w = tape.constant(shape);
    Stream(seed, Purpose::test, 2000 + number).uniform(w.val());
    return w;
  };
  const auto record = [&](Tape& tape) {
    return reduced<reduction>(expression<number>(leaves.on(tape)));
  };
  const auto loss = [&](Tape& tape) -> Var {
    const Var y = record(tape);
    return sum(weight(tape, y.shape()) * y);
  };

  DualMatrix e{{rows, cols}};
  double most = 1;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      std::array<Dual, 4> x;
      for (std::size_t k = 0; k < x.size(); ++k) {
        const Slot& s = leaves.slots[k];
        const std::size_t at =
            std::size_t(s.param.offset + s.row(i) * s.param.shape.cols + s.col(j));
        x[k] = {double(p.values()[at]), s.active ? double(direction[at]) : 0};
      }
      e(i, j) = expression<number>(x);
      most = std::max(most, std::abs(e(i, j).v));
    }
  DualMatrix exact = plainly_reduced(reduction, e);

  Tape tape;
  const Var y = record(tape);
  INFO("tree ", number, " through ", std::string(reduction_names[reduction]), ", ", rows, " x ",
       cols, ", seed ", seed, "\n", tape.describe());
  REQUIRE(y.shape() == exact.shape);
  const double terms = double(e.shape.size()) / double(exact.shape.size());
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < exact.entries.size(); ++i) {
    worst = std::max(worst, std::abs(double(y.val().data[i]) - exact.entries[i].v));
    largest = std::max(largest, std::abs(exact.entries[i].v));
  }
  CHECK(worst <= 100 * eps * (largest + most * std::sqrt(terms)));

  // Σ g v against the slope of Σ w y
  p.zero_gradient();
  tape.backward(sum(weight(tape, y.shape()) * y));
  const std::vector<Real> g(p.gradient().begin(), p.gradient().end());
  Tape other;
  const Var w = weight(other, y.shape());
  double slope = 0, by_tape = 0, scale = 0;
  for (std::size_t i = 0; i < exact.entries.size(); ++i)
    slope += double(w.val().data[i]) * exact.entries[i].d;
  for (std::size_t i = 0; i < g.size(); ++i) {
    by_tape += double(g[i]) * double(direction[i]);
    scale += std::abs(double(g[i]) * double(direction[i]));
  }
  CHECK(std::abs(by_tape - slope) <= 2000 * eps * (scale + 1));
  if (sizeof(Real) == 8 && is_smooth(number) && reduction != 5) {
    const GradientCheck check = check_gradient(p, loss, seed);
    CHECK_MESSAGE((check.scale < 1e-6 || check.agrees(1e-7)), "numeric ", check.numeric, ", tape ",
                  check.tape);
  }

  if (!threads) return;
  for (const int n : {1, 2, 3, 4, 8}) {
    const Threads use(n);
    Tape again;
    p.zero_gradient();
    const Var z = record(again);
    CHECK(std::equal(z.val().begin(), z.val().end(), y.val().begin()));
    again.backward(sum(weight(again, z.shape()) * z));
    CHECK_MESSAGE(std::equal(g.begin(), g.end(), p.gradient().begin()), n, " threads");
  }
}

template <std::size_t... number>
void check_trees(std::index_sequence<number...>, std::uint64_t seed, Index rows, Index cols,
                 TreeLeaves::Kind kind, bool threads = false) {
  (check_tree<number>(seed, rows, cols, kind, threads), ...);
}
constexpr std::make_index_sequence<trees> all;

}  // namespace

TEST_CASE("random expressions of 1 to 40 columns") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Index cols = 1 + Index(seed) % 40, rows = 1 + Index(seed) * 7 % 12;
    check_trees(all, seed, rows, cols, TreeLeaves::Kind(seed % 4 == 0));
  }
}

TEST_CASE("random expressions of several blocks, for every number of threads") {
  check_trees(all, 300, 240, 150, TreeLeaves::any, true);
  check_trees(std::make_index_sequence<10>{}, 301, 240, 150, TreeLeaves::full_or_number, true);
  check_trees(std::make_index_sequence<10>{}, 302, 36'000, 1, TreeLeaves::any, true);
  check_trees(std::make_index_sequence<10>{}, 303, 1, 36'000, TreeLeaves::any, true);
  // of wide rows, whose pullback goes by columns
  check_trees(std::make_index_sequence<10>{}, 304, 9, 6001, TreeLeaves::any, true);
  check_trees(std::make_index_sequence<10>{}, 305, 40, 1025, TreeLeaves::any, true);
}

TEST_CASE("a wide row that serves many is pulled by columns") {
  const Index rows = 9, cols = 6001;
  Parameters p;
  const Param b = p.add("b", {1, cols}), d = p.add("d", {3, cols}), c = p.add("c", {1, 1});
  for (const Param& each : {b, d, c})
    Stream(1, Purpose::test, each.number).normal(p.change_value(each));
  Tape tape;
  const Var x = tape.variable(Shape{rows, cols}), w = tape.constant(Shape{rows, 1});
  Stream(2, Purpose::test).normal(x.val());
  Stream(3, Purpose::test).normal(w.val());
  const auto leaf = [&](Shape s, bool active, Index repeat = 1) {
    return Leaf{nullptr, s.rows, s.cols, repeat, 0, active, true, nullptr, nullptr};
  };
  const auto by_columns = [&](Leaf one) {
    Leaf full = leaf({rows, cols}, true);
    Leaf* leaves[]{&full, &one};
    return plan_of_pull(plan({rows, cols}, leaves, false), leaves).by_columns;
  };
  CHECK(by_columns(leaf({1, cols}, true)));
  CHECK(!by_columns(leaf({1, cols}, false)));
  CHECK(!by_columns(leaf({rows, 1}, true)));
  CHECK(!by_columns(leaf({1, 1}, true)));

  // twice on the tape, and what stands in the gradient is added to
  const Var from = tape(b), again = tape(b);
  const Var y = tape(c) * square(x + from) * again + w * repeat_rows(tape(d), 3);
  const auto loss = [&](Var v) { return sum(row_sums(v)) + 0.01 * sum(column_sums(square(v))); };
  const Var of_y = loss(y);
  p.zero_gradient();
  tape.backward(of_y);
  tape.backward(of_y);
  const auto v = [&](const Param& of, Index i, Index j) { return double(p.value(of)(i, j)); };
  for (Index j = 0; j < cols; j += 7) {
    double of_b = 0, of_d = 0, size = 0;
    for (Index i = 0; i < rows; ++i) {
      const double s = double(x.val()(i, j)) + v(b, 0, j), wi = double(w.val()(i, 0)),
                   value = v(c, 0, 0) * s * s * v(b, 0, j) + wi * v(d, i / 3, j),
                   above = 1 + 0.02 * value;
      const double g = above * v(c, 0, 0) * (2 * s * v(b, 0, j) + s * s);
      of_b += 2 * g, size += std::abs(2 * g) + 1;
      if (i < 3) of_d += 2 * above * wi;
    }
    REQUIRE(std::abs(double(p.gradient(b)(0, j)) - of_b) < 200 * eps * size);
    REQUIRE(std::abs(double(p.gradient(d)(0, j)) - of_d) < 200 * eps * size);
  }
}

TEST_CASE("log_sum_exp and log_mean_exp at the ends of the range") {
  Tape tape;
  const Real big = Real(1e30);
  const Var x = tape.variable({{-infinity, -infinity, -infinity},
                               {-infinity, 1, -infinity},
                               {big, -big, 0},
                               {-big, -big, -big},
                               {1000, 1000, 1000}});
  const Var y = log_sum_exp(x), mean = log_mean_exp(x);
  const Real log3 = std::log(Real(3));
  CHECK(y.val()(0, 0) == -infinity);
  CHECK(y.val()(1, 0) == 1);
  CHECK(y.val()(2, 0) == big);
  CHECK(y.val()(3, 0) == -big);
  CHECK(y.val()(4, 0) == 1000 + log3);
  CHECK(mean.val()(0, 0) == -infinity);
  CHECK(mean.val()(4, 0) == doctest::Approx(1000).epsilon(2 * eps));
  tape.backward(sum(y));
  for (Index j = 0; j < 3; ++j) CHECK(x.adj()(0, j) == 0);
  CHECK(x.adj()(1, 0) == 0);
  CHECK(x.adj()(1, 1) == 1);
  CHECK(x.adj()(2, 0) == 1);
  CHECK(x.adj()(2, 1) == 0);
  for (Index j = 0; j < 3; ++j) CHECK(x.adj()(4, j) == doctest::Approx(1. / 3).epsilon(2000 * eps));
}

TEST_CASE("log_sum_exp of +inf or NaN has no gradient that looks like one") {
  Tape tape;
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Var x = tape.variable({{infinity, 5, 0}, {nan, 5, 0}});
  const Var y = log_sum_exp(x);
  CHECK(y.val()(0, 0) == infinity);
  CHECK(std::isnan(y.val()(1, 0)));
  tape.backward(sum(y));
  for (Index i = 0; i < 2; ++i) {
    CHECK(std::isnan(x.adj()(i, 0)));
    for (Index j = 1; j < 3; ++j) CHECK(!(std::abs(x.adj()(i, j)) > 0));
  }
}

TEST_CASE("max shares its adjoint between equal entries") {
  Tape tape;
  const Var x = tape.variable({{3, 1, 3}, {-infinity, -infinity, -infinity}});
  tape.backward(sum(max(x)));
  CHECK(x.adj()(0, 0) == Real(0.5));
  CHECK(x.adj()(0, 1) == 0);
  CHECK(x.adj()(0, 2) == Real(0.5));
  CHECK(x.adj()(1, 0) == doctest::Approx(1. / 3));
}
