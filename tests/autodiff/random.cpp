// The numbers themselves (Philox, Box and Muller), their distribution, and what they depend on.
// random_f32.cpp runs the same on float.
#include <doctest/doctest.h>

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <vector>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>

#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

struct Numbers {
  std::vector<Real> x;
  Matrix m;
  Numbers(Index rows, Index cols)
      : x(std::size_t(rows * cols), Real(-9)), m{x.data(), rows, cols} {}
};
Numbers uniforms(Stream s, Index rows, Index cols) {
  Numbers n(rows, cols);
  s.uniform(n.m);
  return n;
}
Numbers normals(Stream s, Index rows, Index cols) {
  Numbers n(rows, cols);
  s.normal(n.m);
  return n;
}

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
// The definition, by Random123's own cipher and in double
double defined_uniform(std::uint32_t bits) {
  return bits < (1u << 23) ? (bits + 0.5) * 0x1p-32 : ((bits >> 9) + 0.5) * 0x1p-23;
}
std::array<std::uint32_t, 4> words(std::uint64_t seed, Purpose purpose, std::uint32_t step,
                                   std::uint32_t example, std::uint32_t particle,
                                   std::uint32_t draw, std::uint32_t quad) {
  const std::uint64_t key = mix(mix(seed) + std::uint64_t(purpose)) + draw;
  const r123::Philox4x32::ctr_type counter{{quad, particle, example, step}};
  const auto x = r123::Philox4x32()(counter, {{std::uint32_t(key), std::uint32_t(key >> 32)}});
  return {x[0], x[1], x[2], x[3]};
}

// sup |F_n - F|, and the value that it exceeds once in 10^6 samples: √(log(2·10⁶)/2n) (Massart
// 1990)
template <class Cdf>
double kolmogorov_smirnov(std::vector<Real> x, Cdf cdf) {
  std::sort(x.begin(), x.end());
  double sup = 0;
  const double n = double(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(double(x[i]));
    sup = std::max({sup, std::abs(f - double(i) / n), std::abs(f - double(i + 1) / n)});
  }
  return sup / std::sqrt(std::log(2e6) / (2 * n));
}
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double average(const std::vector<Real>& x, int power) {
  double sum = 0;
  for (const Real v : x) sum += std::pow(double(v), power);
  return sum / double(x.size());
}

}  // namespace

TEST_CASE("philox4x32-10 is Salmon et al.'s (kat_vectors of Random123)") {
  const std::uint32_t all = 0xffffffff;
  const r123::Philox4x32::ctr_type c{{all, all, all, all}};
  const auto x = r123::Philox4x32()(c, {{all, all}});
  CHECK(x[0] == 0x408f276d);
  CHECK(x[1] == 0x41c83b0e);
  CHECK(x[2] == 0xa20bc7c6);
  CHECK(x[3] == 0x6d5451fd);
}

TEST_CASE("uniforms are Random123's numbers at their address, bit by bit") {
  for (const Index cols : {1, 3, 4, 5, 20, 127, 128, 129, 784}) {
    Stream stream(99, Purpose::binarize, 7, 1000, 3);
    for (std::uint32_t draw = 0; draw < 2; ++draw) {
      Numbers u(10, cols);
      stream.uniform(u.m);
      bool same = true;
      for (Index r = 0; r < 10; ++r)
        for (Index j = 0; j < cols; ++j) {
          const auto w = words(99, Purpose::binarize, 7, 1000 + std::uint32_t(r / 3),
                               std::uint32_t(r % 3), draw, std::uint32_t(j / 4));
          same = same && double(u.m(r, j)) == defined_uniform(w[std::size_t(j % 4)]);
        }
      CAPTURE(cols);
      CHECK(same);
    }
  }
}

TEST_CASE("normals are Box and Muller's of the same bits, in float to float's precision") {
  Numbers z = normals(Stream(5, Purpose::latent, 2), 500, 50);
  double worst = 0;
  for (Index r = 0; r < 500; ++r)
    for (Index j = 0; j < 50; ++j) {
      const auto w = words(5, Purpose::latent, 2, std::uint32_t(r), 0, 0, std::uint32_t(j / 4));
      const std::size_t pair = std::size_t(j % 4 / 2 * 2);
      const double radius = std::sqrt(-2 * std::log(defined_uniform(w[pair])));
      const double turn = std::numbers::pi * (2 * defined_uniform(w[pair + 1]) - 1);
      const double exact = radius * (j % 2 ? std::sin(turn) : std::cos(turn));
      worst = std::max(worst, std::abs(double(z.m(r, j)) - exact) / radius);
    }
  CHECK(worst < 4 * double(std::numeric_limits<Real>::epsilon()));
}

TEST_CASE("moments and distribution") {
  const Index n = 400'000;
  const std::vector<Real> u = uniforms(Stream(1, Purpose::test), n / 100, 100).x;
  const std::vector<Real> z = normals(Stream(2, Purpose::test), n / 100, 100).x;
  CHECK(*std::min_element(u.begin(), u.end()) > 0);
  CHECK(*std::max_element(u.begin(), u.end()) < 1);
  // within 5 standard errors: of u, u², z, z², z³, z⁴ the variances are 1/12, 4/45, 1, 2, 15, 96
  const double s = 5 / std::sqrt(double(n));
  CHECK(std::abs(average(u, 1) - 0.5) < s * std::sqrt(1. / 12));
  CHECK(std::abs(average(u, 2) - 1. / 3) < s * std::sqrt(4. / 45));
  CHECK(std::abs(average(z, 1)) < s);
  CHECK(std::abs(average(z, 2) - 1) < s * std::sqrt(2));
  CHECK(std::abs(average(z, 3)) < s * std::sqrt(15));
  CHECK(std::abs(average(z, 4) - 3) < s * std::sqrt(96));
  CHECK(kolmogorov_smirnov(u, [](double x) { return x; }) < 1);
  CHECK(kolmogorov_smirnov(z, normal_cdf) < 1);
  CHECK(kolmogorov_smirnov(z, [](double x) { return normal_cdf(1.02 * x); }) >
        1);  // the test can fail
  // neighbours in a row, in a column, and the two of a Box-Muller pair are uncorrelated
  for (const std::size_t lag : {1u, 2u, 4u, 100u}) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < z.size(); ++i) sum += double(z[i]) * double(z[i + lag]);
    CHECK(std::abs(sum / double(n)) < s);
  }
}

TEST_CASE("a row does not depend on its batch, its place or the threads") {
  for (const Index cols : {2, 20, 50, 784}) {
    CAPTURE(cols);
    const Numbers whole = normals(Stream(3, Purpose::latent, 11, 0, 5), 64 * 5, cols);
    const Numbers tail = normals(Stream(3, Purpose::latent, 11, 37, 5), 10 * 5, cols);
    CHECK(std::equal(tail.x.begin(), tail.x.end(), whole.x.begin() + 37 * 5 * cols));

    const std::vector<std::uint32_t> chosen = {63, 0, 17, 17};
    const Numbers picked = normals(Stream(3, Purpose::latent, 11, chosen, 5), 4 * 5, cols);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      CHECK(std::equal(picked.x.begin() + Index(i) * 5 * cols,
                       picked.x.begin() + Index(i + 1) * 5 * cols,
                       whole.x.begin() + Index(chosen[i]) * 5 * cols));
  }
  std::vector<Real> one;
  for (const int team : {1, 2, 3, 8}) {
    const Threads use(team);
    const Numbers x = normals(Stream(3, Purpose::latent, 11), 301, 203);
    if (team == 1) one = x.x;
    CHECK(x.x == one);
  }
}

TEST_CASE("every part of the address changes the numbers") {
  std::set<std::vector<Real>> seen;
  std::size_t drawn = 0;
  auto add = [&](Stream s) {
    for (int draw = 0; draw < 3; ++draw, ++drawn) {
      Numbers n(1, 4);
      s.uniform(n.m);
      seen.insert(n.x);
    }
  };
  for (const std::uint64_t seed : {0ull, 1ull, 2ull, 1ull << 40}) add(Stream(seed, Purpose::test));
  for (const Purpose p : {Purpose::weights, Purpose::shuffle, Purpose::split, Purpose::binarize,
                          Purpose::latent, Purpose::prior, Purpose::evaluate, Purpose::generate,
                          Purpose::mutate, Purpose::data, Purpose::other})
    add(Stream(1, p));
  for (const std::uint32_t step : {1u, 2u, 4'000'000'000u}) add(Stream(1, Purpose::test, step));
  for (const std::uint32_t first : {1u, 2u, 70'000u}) add(Stream(1, Purpose::test, 0, first));
  CHECK(seen.size() == drawn);
}

TEST_CASE("below is even-handed, also where 2^64 is no multiple") {
  Stream s(4, Purpose::test);
  std::vector<int> count(7, 0);
  for (int i = 0; i < 70'000; ++i) ++count[s.below(7)];
  double chi2 = 0;
  for (const int c : count) chi2 += (c - 10'000.) * (c - 10'000.) / 10'000;
  CHECK(chi2 < 38.3);  // 6 degrees of freedom: once in 10^6
  // For n = 3·2^62 the plain remainder would give the lower third 1/2 of the draws.
  int low = 0;
  for (int i = 0; i < 10'000; ++i) low += s.below(3ull << 62) < 1ull << 62;
  CHECK(std::abs(low - 10'000 / 3.) < 5 * std::sqrt(10'000 * 2 / 9.));
  CHECK_THROWS(s.below(0));
}

TEST_CASE("permutation") {
  const auto p = permutation(1000, 8, Purpose::shuffle, 3);
  auto sorted = p;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 1000; ++i) REQUIRE(sorted[i] == i);
  CHECK(p == permutation(1000, 8, Purpose::shuffle, 3));
  CHECK(p != permutation(1000, 8, Purpose::shuffle, 4));
  CHECK(permutation(0, 8, Purpose::shuffle).empty());
  CHECK(permutation(1, 8, Purpose::shuffle) == std::vector<std::uint32_t>{0});

  std::vector<int> count(24, 0);  // the 24 orders of 4 come equally often
  for (std::uint32_t step = 0; step < 24'000; ++step) {
    const auto q = permutation(4, 1, Purpose::test, step);
    int rank = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      int smaller = 0;
      for (std::size_t j = i + 1; j < 4; ++j) smaller += q[j] < q[i];
      rank = rank * int(4 - i) + smaller;
    }
    ++count[std::size_t(rank)];
  }
  double chi2 = 0;
  for (const int c : count) chi2 += (c - 1000.) * (c - 1000.) / 1000;
  CHECK(chi2 < 73.6);  // 23 degrees of freedom: less than once in 10^6
}

TEST_CASE("a stream refuses more rows than it has examples") {
  const std::vector<std::uint32_t> two = {4, 9};
  Stream s(1, Purpose::test, 0, two, 3);
  Numbers fits(6, 2), over(7, 2);
  CHECK_NOTHROW(s.normal(fits.m));
  CHECK_THROWS_WITH(s.normal(over.m), "stream: 7 rows, but 2 examples with 3 particles each");
  CHECK_THROWS(Stream(1, Purpose::test, 0, 0, 0));
}
