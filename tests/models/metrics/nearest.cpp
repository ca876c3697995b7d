#include <doctest/doctest.h>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/nearest.hpp>

using namespace vaegrad;

TEST_CASE("neighbours found by products are those found one by one, also beyond a block") {
  OwnedMatrix q(300, 7), a(2500, 7);
  Stream noise(1, Purpose::test, 0, 0);
  noise.normal(q.view()), noise.normal(a.view());
  for (Index j = 0; j < 7; ++j) a.view()(2400, j) = a.view()(17, j) = q.view()(5, j);  // two alike
  const Neighbours found = nearest(q, a, 3);
  for (std::size_t i = 0; i < 300; ++i) {
    std::vector<std::pair<double, std::uint32_t>> all;
    for (Index r = 0; r < a.rows; ++r) {
      double d = 0;
      for (Index j = 0; j < 7; ++j) {
        const double e = double(q.view()(Index(i), j)) - double(a.view()(r, j));
        d += e * e;
      }
      all.emplace_back(d, std::uint32_t(r));
    }
    std::sort(all.begin(), all.end());
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(found.of(i)[k] == all[k].second);
      CHECK(found.squared_distance(i, Index(k)) == doctest::Approx(all[k].first));
    }
  }
  CHECK(found.of(5)[0] == 17);
  CHECK(found.of(5)[1] == 2400);
  CHECK(found.squared_distance(5) == 0);
}

TEST_CASE("a row is no neighbour of its own; ties in the vote go to the nearest") {
  OwnedMatrix x(5, 1);
  x.numbers = {0, 1, 3, 7, 7.5};
  const std::uint32_t own[]{0, 1, 2, 3, 4};
  const Neighbours n = nearest(x, x, 2, own);
  CHECK(n.of(0)[0] == 1);
  CHECK(n.of(2)[0] == 1);
  CHECK(n.of(2)[1] == 0);
  CHECK(n.of(3)[0] == 4);
  const Label labels[]{0, 1, 2, 3, 0};
  const auto one = vote(n, labels, 1), two = vote(n, labels, 2);
  CHECK(one[0] == 1);
  CHECK(two[2] == 1);  // 1 and 0 have one vote each; 1 is nearer
  CHECK(two[3] == 0);  // 0 nearer than 2
}
