// multiply against the definition, for every transposition, and for any number of threads. Here for
// double; products_f32.cpp runs the same on float.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/product_blocks.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>

#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

std::vector<Real> random_numbers(Index n) {
  static std::mt19937 bits(7);
  std::vector<Real> x(static_cast<std::size_t>(n));
  for (Real& v : x) v = Real(double(bits()) / 4294967296.0 - 0.5);
  return x;
}

double at(const Factor& a, Index i, Index k) {
  return double(a.transposed ? a.data[k * a.rows + i] : a.data[i * a.cols + k]);
}

struct Case {
  Index m, k, n;
  bool a_transposed, b_transposed, accumulate;
};

// |computed - exact| <= k eps Σ|a||b| holds for every order of summation (Higham, Accuracy and
// Stability of Numerical Algorithms, 3.1), with one rounding more where C is added to. The
// reference itself is of double precision: its own error is within the same bound in the double
// build, hence the factor 2.
template <class Multiply>
void against_definition(const Case& s, Multiply multiply) {
  CAPTURE(s.m);
  CAPTURE(s.k);
  CAPTURE(s.n);
  CAPTURE(s.a_transposed);
  CAPTURE(s.b_transposed);
  CAPTURE(s.accumulate);
  const std::vector<Real> a = random_numbers(s.m * s.k), b = random_numbers(s.k * s.n);
  const Factor fa{a.data(), s.m, s.k, s.a_transposed}, fb{b.data(), s.k, s.n, s.b_transposed};
  // What is overwritten must not be read: it starts as NaN.
  std::vector<Real> before(std::size_t(s.m * s.n), std::numeric_limits<Real>::quiet_NaN());
  if (s.accumulate) before = random_numbers(s.m * s.n);
  std::vector<Real> c = before;
  c.push_back(42);  // nothing is written past the end
  multiply(fa, fb, c.data(), s.accumulate);

  const double eps = double(std::numeric_limits<Real>::epsilon());
  double worst = 0;
  for (Index i = 0; i < s.m; ++i)
    for (Index j = 0; j < s.n; ++j) {
      const std::size_t ij = std::size_t(i * s.n + j);
      double sum = s.accumulate ? double(before[ij]) : 0, size = std::abs(sum);
      for (Index k = 0; k < s.k; ++k) {
        sum += at(fa, i, k) * at(fb, k, j);
        size += std::abs(at(fa, i, k) * at(fb, k, j));
      }
      const double error = std::abs(double(c[ij]) - sum), bound = 2 * double(s.k + 1) * eps * size;
      if (!(error <= bound)) worst = std::max(worst, std::isnan(error) ? 1e300 : error / bound);
    }
  CHECK(worst == 0);
  CHECK(c.back() == 42);
}

constexpr auto whole = [](Factor a, Factor b, Real* c, bool accumulate) {
  multiply(a, b, c, accumulate);
};

// In pieces of `rows` by `cols`.
void by_blocks(Factor a, Factor b, Real* c, bool accumulate, Index rows, Index cols) {
  const Index m = a.rows, k = a.cols, n = b.cols;
  for (Index i = 0; i < m; i += rows)
    for (Index j = 0; j < n; j += cols) {
      const in_blocks::To to{c + i * n + j, n};
      const in_blocks::From from{accumulate ? to.data : nullptr, n}, x{a.data + i * k, k};
      const Shape size{std::min(rows, m - i), std::min(cols, n - j)};
      if (b.transposed)
        in_blocks::multiply_with_transposed(x, {b.data + j * k, k}, from, size, k, to);
      else
        in_blocks::multiply(x, {b.data + j, n}, from, size, k, to);
    }
}

}  // namespace

TEST_CASE("multiply against its definition") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const bool accumulate : {false, true}) {
        for (Index n = 1; n <= 40; ++n)
          against_definition({1 + n * 7 % 13, 1 + n * 5 % 19, n, ta, tb, accumulate}, whole);
        for (const auto& [m, k, n] : {std::array<Index, 3>{1, 1, 1},
                                      {65, 129, 67},
                                      {128, 20, 400},
                                      {130, 401, 21},
                                      {20, 128, 401},
                                      {201, 20, 201},
                                      {256, 150, 193},
                                      {257, 150, 193},
                                      {20, 300, 784},
                                      {7, 2100, 70},
                                      {50, 1100, 33},
                                      {64, 100, 130},
                                      {96, 64, 50},
                                      {192, 80, 100},
                                      {520, 70, 200}})
          against_definition({m, k, n, ta, tb, accumulate}, whole);
      }
}

// Whether or not multiply() takes them on this processor.
TEST_CASE("products by blocks against their definition, cut anyhow") {
  const auto in_one = [](Factor a, Factor b, Real* c, bool accumulate) {
    by_blocks(a, b, c, accumulate, a.rows, b.cols);
  };
  for (const bool tb : {false, true})
    for (const bool accumulate : {false, true}) {
      for (Index n = 1; n <= 140; ++n)
        against_definition({1 + n * 7 % 67, 1 + n * 5 % 19, n, false, tb, accumulate}, in_one);
      for (const auto& [m, k, n] : {std::array<Index, 3>{256, 30, 65},
                                    {50, 2100, 71},
                                    {1, in_blocks::most_inner, 3},
                                    {256, 961, 60}})
        against_definition({m, k, n, false, tb, accumulate}, in_one);
    }
  for (const bool tb : {false, true}) {
    constexpr Index m = 70, k = 1100, n = 130;
    const std::vector<Real> a = random_numbers(m * k), b = random_numbers(k * n);
    std::vector<Real> one(m * n), c(m * n);
    by_blocks({a.data(), m, k}, {b.data(), k, n, tb}, one.data(), false, m, n);
    for (const auto& [rows, cols] : {std::array<Index, 2>{m, 48}, {32, n}, {1, 1}, {33, 17}}) {
      by_blocks({a.data(), m, k}, {b.data(), k, n, tb}, c.data(), false, rows, cols);
      CHECK(std::memcmp(c.data(), one.data(), c.size() * sizeof(Real)) == 0);
    }
  }
}

TEST_CASE("the same bits for every number of threads") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const auto& [m, k, n] : {std::array<Index, 3>{128, 784, 400},
                                    {784, 128, 400},
                                    {20, 200, 784},
                                    {128, 400, 20},
                                    {64, 784, 401},
                                    {33, 47, 51},
                                    {250, 140, 130},
                                    {600, 90, 250}}) {
        const std::vector<Real> a = random_numbers(m * k), b = random_numbers(k * n);
        std::vector<Real> one(std::size_t(m * n)), c(one.size());
        for (const int team : {1, 2, 3, 4, 8}) {
          const Threads use(team);
          multiply({a.data(), m, k, ta}, {b.data(), k, n, tb}, team == 1 ? one.data() : c.data(),
                   false);
          if (team > 1) CHECK(std::memcmp(c.data(), one.data(), c.size() * sizeof(Real)) == 0);
        }
        // A part of a batch is multiplied inside of a parallel_for.
        const Threads use(2);
        std::vector<Real> other(one.size());
        parallel_for(2, true, [&, m = m, k = k, n = n](Index i) {
          multiply({a.data(), m, k, ta}, {b.data(), k, n, tb}, i ? c.data() : other.data(), false);
        });
        CHECK(std::memcmp(c.data(), one.data(), c.size() * sizeof(Real)) == 0);
        CHECK(std::memcmp(other.data(), one.data(), c.size() * sizeof(Real)) == 0);
      }
}

TEST_CASE("multiply leaves the caller's OpenMP as it was") {
  const int before = omp_get_max_threads();
  const std::vector<Real> a = random_numbers(64 * 64);
  std::vector<Real> c(64 * 64);
  multiply({a.data(), 64, 64}, {a.data(), 64, 64}, c.data(), false);
  CHECK(omp_get_max_threads() == before);
}

TEST_CASE("an empty sum is zero") {
  std::vector<Real> c(6, Real(3));
  multiply({nullptr, 2, 0}, {nullptr, 0, 3}, c.data(), true);
  CHECK(c == std::vector<Real>(6, Real(3)));
  multiply({nullptr, 2, 0}, {nullptr, 0, 3}, c.data(), false);
  CHECK(c == std::vector<Real>(6, Real(0)));
}

TEST_CASE("multiply refuses shapes that do not fit") {
  const std::vector<Real> a(100);
  std::vector<Real> c(100);
  CHECK_THROWS_WITH(multiply({a.data(), 2, 3}, {a.data(), 4, 5}, c.data(), false),
                    "multiply: inner dimensions differ: a is (2, 3), b is (4, 5)");
}
