// Every entry of the catalogue in float against the same sources in double, on the same numbers.
//
// Bounds, with ε = 2^-23. Elementwise: value 8 ε |y|, slope 8 ε max(1, |dy/dx|) (a slope written
// in terms of y, as 1 − y², is exact to ε, not to ε of itself); pow(a, b) by ε (|b| + 1) |log a|
// more. Results below the normal numbers may be 0, those above 2.2e38 infinite (lane_math.hpp).
// Everything else: sums of n terms in some order, √n ε of the largest.
#include "../support/evaluate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace vaegrad;
using bridge::Evaluated;
using bridge::Numbers;

namespace {

using Limits = std::numeric_limits<float>;
constexpr double eps = Limits::epsilon();

bool agrees(double y, double exact, double bound) {
  if (std::isnan(exact)) return std::isnan(y);
  if (std::abs(exact) > 2.2e38)
    return std::abs(y) > 2.1e38 && std::signbit(y) == std::signbit(exact);
  return std::abs(y - exact) <= bound + double(Limits::min());
}

// ε's a result may be off
double ulps(const Catalogued& entry, const std::vector<Numbers>& in, std::size_t i) {
  if (entry.name != "pow") return 8;
  const double a = in[0].values[i], b = in[1].values[i];
  const double more = (std::abs(b) + 1) * std::abs(std::log(a));
  return 8 + (std::isfinite(more) ? more : 0);
}

// Neighbours lie in different ranges of the function: near 0, of order 1, 10, the listed range, of
// every magnitude, near ±1; on the right side of 0 or -1 where the listed range keeps to it.
class Mixed {
 public:
  float operator()(const Input& from) {
    const double sign = uniform(-1, 1) < 0 ? -1 : 1;
    const double x[]{uniform(-1e-3, 1e-3),
                     uniform(-1, 1),
                     uniform(-10, 10),
                     uniform(from.low, from.high),
                     sign * std::exp(uniform(-20, 9)),
                     sign * (1 + uniform(-1e-3, 1e-3))};
    const double v = x[count_++ % 6];
    if (from.low > 0) return float(std::abs(v) + 1e-9);
    if (from.low > -1) return float(std::max(v, -0.999));
    return float(v);
  }

 private:
  double uniform(double a, double b) { return a + (b - a) * double(bits_()) / 4294967296.0; }
  std::mt19937 bits_{1};
  std::size_t count_ = 0;
};

void check_elementwise(const Catalogued& entry, const std::vector<Numbers>& in, bool slopes) {
  const Evaluated single = bridge::evaluate(entry, in);
  const Evaluated exact = bridge::in_double(entry.op, entry.name, in);
  REQUIRE(single.y.values.size() == exact.y.values.size());
  for (std::size_t i = 0; i < exact.y.values.size(); ++i) {
    const double n = ulps(entry, in, i), w = 1 + double(i % 4) / 4;
    INFO(std::string(entry.name), " at ", in[0].values[i], ", ", in.back().values[i], " (column ",
         i % std::size_t(in[0].cols), " of ", in[0].cols, ")");
    const double y = exact.y.values[i];
    CHECK_MESSAGE(agrees(single.y.values[i], y, n * eps * std::abs(y)), "value ",
                  single.y.values[i], ", exactly ", y);
    for (std::size_t k = 0; slopes && k < in.size(); ++k) {
      const double g = exact.adj[k].values[i];
      CHECK_MESSAGE(agrees(single.adj[k].values[i], g, n * eps * std::max(w, std::abs(g))),
                    "slope ", k, ": ", single.adj[k].values[i], ", exactly ", g);
    }
  }
}

}  // namespace

TEST_CASE("every row on mixed lanes and every tail") {
  std::size_t numbers = 0, entries = 0;
  Mixed mixed;
  for (const Catalogued& entry : catalogue()) {
    if (!entry.elementwise) continue;
    ++entries;
    for (std::ptrdiff_t cols = 1; cols <= 40; ++cols) {
      std::vector<Numbers> in(entry.inputs.size(), Numbers{7, cols});
      for (std::size_t k = 0; k < in.size(); ++k)
        for (double& x : in[k].values) x = double(mixed(entry.inputs[k]));
      check_elementwise(entry, in, true);
      numbers += in[0].values.size();
    }
  }
  MESSAGE(entries, " rows, ", numbers, " numbers");
  CHECK(entries >= 23);
}

TEST_CASE("every row on extreme inputs") {
  const double inf = Limits::infinity(), nan = Limits::quiet_NaN();
  const std::vector<double> extremes{0,
                                     -0.,
                                     1,
                                     -1,
                                     100,
                                     -100,
                                     double(1e-40f),
                                     double(-1e-40f),
                                     inf,
                                     -inf,
                                     nan,
                                     1e30f,
                                     double(-1e30f),
                                     double(Limits::min()),
                                     double(Limits::max()),
                                     double(Limits::lowest())};
  for (const Catalogued& entry : catalogue()) {
    if (!entry.elementwise) continue;
    const bool periodic = entry.name == "sin" || entry.name == "cos";  // not meant beyond 1e4
    if (entry.inputs.size() == 1) {
      Numbers in{1, 0, {}};
      for (const double x : extremes)
        if (!periodic || !(std::abs(x) > 1e4)) in.values.push_back(x);
      in.cols = std::ptrdiff_t(in.values.size());
      check_elementwise(entry, {in}, false);
    } else {
      const auto n = std::ptrdiff_t(extremes.size());
      Numbers a{n, n, {}}, b{n, n, {}};
      for (const double x : extremes)
        for (const double y : extremes) a.values.push_back(x), b.values.push_back(y);
      check_elementwise(entry, {a, b}, false);
    }
  }
}

namespace {

void check_whole(const Catalogued& entry, const std::vector<Numbers>& in, double terms) {
  const Evaluated single = bridge::evaluate(entry, in);
  const Evaluated exact = bridge::in_double(entry.op, entry.name, in);
  const double bound = 4 * std::sqrt(terms) * eps;
  const auto compare = [&](const Numbers& y, const Numbers& right) {
    REQUIRE(y.values.size() == right.values.size());
    double largest = 0, worst = 0;
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      largest = std::max(largest, std::abs(right.values[i]));
      worst = std::max(worst, std::abs(y.values[i] - right.values[i]));
    }
    INFO(std::string(entry.name), ", first input ", in[0].rows, " x ", in[0].cols);
    CHECK(worst <= bound * std::max(largest, 1.));
  };
  compare(single.y, exact.y);
  for (std::size_t k = 0; k < in.size(); ++k) compare(single.adj[k], exact.adj[k]);
}

std::vector<Numbers> drawn(const Catalogued& entry, const std::vector<Shape>& shapes) {
  std::mt19937 bits(3);
  std::vector<Numbers> in;
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    in.push_back({shapes[k].rows, shapes[k].cols});
    const auto [low, high] = std::pair(entry.inputs[k].low, entry.inputs[k].high);
    for (double& x : in.back().values)
      x = double(float(low + (high - low) * double(bits()) / 4294967296.0));
  }
  return in;
}

}  // namespace

TEST_CASE("every reduction and every op that moves entries") {
  for (const Catalogued& entry : catalogue()) {
    if (entry.elementwise) continue;
    std::vector<Shape> shapes;
    for (const Input& input : entry.inputs) shapes.push_back(input.shape);
    check_whole(entry, drawn(entry, shapes), 37);
    if (shapes.size() > 1) continue;
    for (Index cols = 1; cols <= 41; ++cols) {
      const Shape shape = cols == 41 ? Shape{300, 200} : Shape{5, cols};
      try {
        check_whole(entry, drawn(entry, {shape}), double(shape.size()));
      } catch (const Error&) {  // a slice that does not lie in it
      }
    }
  }
}

TEST_CASE("products of every transposition, below and above the size of a tile") {
  for (const Catalogued& entry : catalogue()) {
    if (entry.op != "Matmul") continue;
    for (const auto& [m, k, n] : {std::array<Index, 3>{1, 1, 1},
                                  {37, 65, 129},
                                  {20, 200, 200},
                                  {128, 784, 400},
                                  {400, 96, 784},
                                  {1000, 7, 33}}) {
      std::vector<Shape> shapes;  // the entry's own are made of m = 3, k = 4, n = 2
      for (const Input& input : entry.inputs) {
        const auto size = [&, m = m, k = k, n = n](Index i) { return i == 3 ? m : i == 4 ? k : n; };
        shapes.push_back({size(input.shape.rows), size(input.shape.cols)});
      }
      check_whole(entry, drawn(entry, shapes), 10 * double(std::max({m, k, n})));
    }
  }
}
