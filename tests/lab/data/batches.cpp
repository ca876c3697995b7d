// Batches visit every example once an epoch, and pixels are what their definition says.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/batches.hpp>

#include "../../support/threads.hpp"

using namespace vaegrad;

namespace {

// 256 rows; row r is r in all its pixels.
std::shared_ptr<Images> ramp(std::size_t height, std::size_t width) {
  auto images = std::make_shared<Images>();
  images->count = 256;
  images->height = height;
  images->width = width;
  for (std::size_t r = 0; r < 256; ++r)
    images->bytes.insert(images->bytes.end(), height * width, std::uint8_t(r));
  return images;
}

struct Filled {
  std::vector<Real> values;
  Matrix x;
  Filled(const Images& file, std::span<const std::uint32_t> rows, Binarize how,
         std::uint64_t seed = 1, std::uint32_t draw = 0)
      : values(rows.size() * file.dimensions(), Real(-1)),
        x{values.data(), Index(rows.size()), Index(file.dimensions())} {
    fill(x, file, rows, how, seed, draw);
  }
};

std::vector<std::uint32_t> flat(const Batches& batches) {
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < batches.count(); ++i)
    all.insert(all.end(), batches[i].begin(), batches[i].end());
  return all;
}

}  // namespace

TEST_CASE("an epoch visits every example once, in an order of seed and epoch alone") {
  Examples examples;
  for (std::uint32_t r = 0; r < 103; ++r) examples.rows.push_back(3 * r);
  Batches batches(examples, 10, 7);
  CHECK(batches.count() == 11);
  CHECK(batches[0].size() == 10);
  CHECK(batches[10].size() == 3);
  CHECK(flat(batches) == examples.rows);
  CHECK_THROWS_WITH_AS(batches[11], doctest::Contains("no batch 11 among 11"), Error);

  std::set<std::vector<std::uint32_t>> orders{examples.rows};
  for (const std::uint32_t epoch : {1u, 2u, 3u}) {
    batches.shuffle(epoch);
    auto order = flat(batches);
    CHECK(orders.insert(order).second);
    Batches resumed(examples, 25, 7);  // neither the batch size nor earlier epochs matter
    resumed.shuffle(epoch);
    CHECK(flat(resumed) == order);
    Batches other(examples, 10, 8);
    other.shuffle(epoch);
    CHECK(flat(other) != order);
    std::sort(order.begin(), order.end());
    CHECK(order == examples.rows);
  }
  CHECK(Batches(examples, 1000).count() == 1);
  CHECK_THROWS_WITH_AS(Batches(examples, 0), doctest::Contains("batch size must be at least 1"),
                       Error);
  CHECK_THROWS_WITH_AS(Batches(Examples(), 1), doctest::Contains("no examples"), Error);
}

TEST_CASE("the first example of an epoch is any of them, equally often") {
  Examples examples;
  examples.rows = {0, 1, 2, 3, 4};
  Batches batches(examples, 1, 3);
  int seen[5] = {};
  const int epochs = 5000;
  for (std::uint32_t e = 0; e < epochs; ++e) {
    batches.shuffle(e);
    ++seen[batches[0][0]];
  }
  // Binomial(n, 1/5): mean n/5, variance 4n/25; five standard deviations
  for (const int n : seen) CHECK(std::abs(n - epochs / 5) < 5 * std::sqrt(4.0 * epochs / 25));
}

TEST_CASE("grey values are byte / 255, thresholds begin at 128, binary files stay as they are") {
  const auto file = ramp(2, 3);
  const std::vector<std::uint32_t> rows{255, 0, 127, 128, 51};
  const Filled grey(*file, rows, Binarize::none), black_white(*file, rows, Binarize::threshold);
  const Real want[] = {1, 0, Real(127) / 255, Real(128) / 255, Real(0.2)};
  for (Index i = 0; i < 5; ++i)
    for (Index j = 0; j < 6; ++j) {
      CHECK(grey.x(i, j) == want[i]);
      CHECK(black_white.x(i, j) == Real(i == 0 || i == 3));
    }
  file->bytes.assign(file->bytes.size(), 1);
  file->binary = true;
  for (const auto how : {Binarize::none, Binarize::threshold, Binarize::sample})
    for (const Real x : Filled(*file, rows, how).values) CHECK(x == 1);
  std::vector<Real> small(6);
  CHECK_THROWS_WITH_AS(fill({small.data(), 1, 6}, *file, rows, Binarize::none, 1, 0),
                       doctest::Contains("it has the shape (1, 6), the examples (5, 6)"), Error);
}

TEST_CASE("a sampled pixel is 1 with probability byte / 255, exactly so for black and white") {
  const auto file = ramp(100, 100);
  for (const std::uint32_t r : {0u, 1u, 64u, 128u, 200u, 254u, 255u}) {
    const Filled f(*file, std::vector{r}, Binarize::sample);
    double sum = 0;
    for (const Real x : f.values) {
      REQUIRE((x == 0 || x == 1));
      sum += double(x);
    }
    const double p = r / 255.0, n = 10000;
    CHECK(std::abs(sum - n * p) <= 5 * std::sqrt(n * p * (1 - p)));  // Binomial(n, p)
  }
}

TEST_CASE("a draw belongs to its example, seed and step: not to its batch, place or thread") {
  const auto file = ramp(28, 28);
  const Examples train{Split::train, file, {}}, test{Split::test, file, {}};
  std::vector<std::uint32_t> rows(256);
  for (std::uint32_t r = 0; r < 256; ++r) rows[r] = 255 - r;
  const auto sampled = [&](std::span<const std::uint32_t> r, std::uint64_t seed,
                           std::uint32_t draw) {
    return Filled(*file, r, Binarize::sample, seed, draw).values;
  };
  const auto all = sampled(rows, 1, 5);
  CHECK(sampled(rows, 2, 5) != all);
  CHECK(sampled(rows, 1, 6) != all);
  CHECK(sampled(rows, 1, fixed_draw(Split::validation)) !=
        sampled(rows, 1, fixed_draw(Split::test)));
  for (std::size_t i = 0; i < 256; i += 50) {
    const auto one = sampled(std::span(rows).subspan(i, 1), 1, 5);
    CHECK(std::equal(one.begin(), one.end(), all.begin() + std::ptrdiff_t(784 * i)));
  }
  for (const int n : {1, 2, 3, 8}) {
    const Threads use(n);
    CHECK(sampled(rows, 1, 5) == all);
  }
}

TEST_CASE("real numbers enter as they are, and are not binarized") {
  auto table = std::make_shared<Images>();
  table->count = 300;
  table->height = 1;
  table->width = 200;
  for (std::size_t i = 0; i < 60'000; ++i) table->values.push_back(float(i) / 8 - 1000);
  const std::vector<std::uint32_t> rows{299, 0, 7};
  const Filled f(*table, rows, Binarize::none);
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 200; ++j)
      CHECK(f.x(i, j) == Real(table->values[200 * rows[std::size_t(i)] + std::size_t(j)]));
  CHECK_THROWS_WITH_AS(Filled(*table, rows, Binarize::sample),
                       doctest::Contains("--binarize: the data are real numbers"), UsageError);
}

TEST_CASE("moments: of a ramp (n^2 - 1) / 12, in the units of x; far from zero too") {
  Examples examples{Split::train, ramp(1, 2), {}};
  for (std::uint32_t r = 0; r < 256; ++r) examples.rows.push_back(r);
  Moments m = moments(examples);
  CHECK(m.mean.size() == 2);
  CHECK(m.mean[1] == doctest::Approx(0.5));
  CHECK(m.deviation[1] == doctest::Approx(std::sqrt((256.0 * 256 - 1) / 12) / 255));
  examples.rows = {10, 12};  // only these count
  m = moments(examples);
  CHECK(m.mean[0] == doctest::Approx(11 / 255.0));
  CHECK(m.deviation[0] == doctest::Approx(1 / 255.0));

  auto table = std::make_shared<Images>();
  table->count = 1000;
  table->height = table->width = 1;
  for (int i = 0; i < 1000; ++i) table->values.push_back(8e6f + float(i % 2));
  examples.file = table;
  examples.rows.clear();
  for (std::uint32_t r = 0; r < 1000; ++r) examples.rows.push_back(r);
  m = moments(examples);
  CHECK(m.mean[0] == 8e6 + 0.5);
  CHECK(m.deviation[0] == 0.5);
  examples.rows.clear();
  CHECK_THROWS_WITH_AS(moments(examples), doctest::Contains("no examples"), Error);
}

TEST_CASE("mutate: the share and the values asked for, by row and not by batch") {
  auto file = ramp(10, 20);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t r = 0; r < 256; ++r) rows.push_back(r);
  const auto mutated = [&](double rate, int levels, Real unit, std::span<const std::uint32_t> of) {
    std::vector<Real> values(of.size() * 200, Real(-1));
    mutate({values.data(), Index(of.size()), 200}, rate, levels, unit, of, 7, 3);
    return values;
  };
  const auto count = [](const std::vector<Real>& v, auto which) {
    return double(std::count_if(v.begin(), v.end(), which));
  };
  const double n = 256 * 200;
  const auto binary = mutated(0.3, 2, 1, rows);  // standard error of the shares: 0.002, 0.0016
  CHECK(count(binary, [](Real x) { return x == -1; }) / n == doctest::Approx(0.7).epsilon(0.01));
  CHECK(count(binary, [](Real x) { return x == 0; }) / n == doctest::Approx(0.15).epsilon(0.04));
  CHECK(count(binary, [](Real x) { return x == 1; }) / n == doctest::Approx(0.15).epsilon(0.04));

  const auto grey = mutated(1, 256, Real(1) / 255, rows);
  std::set<int> levels;
  double sum = 0;
  for (Real x : grey) {
    const double level = 255 * double(x);
    CHECK(std::abs(level - std::round(level)) < 1e-4);
    levels.insert(int(std::lround(level)));
    sum += level / n;
  }
  CHECK(levels.size() == 256);
  CHECK(*levels.begin() == 0);
  CHECK(*levels.rbegin() == 255);
  CHECK(sum == doctest::Approx(127.5).epsilon(0.01));  // 0.33 is one standard error

  const auto some = mutated(0.3, 2, 1, std::span(rows).subspan(100, 3));
  CHECK(std::equal(some.begin(), some.end(), binary.begin() + 100 * 200));
}
