#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/probe.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

// Class c around 3 e_c in the plane of the first columns, and columns of noise.
struct Clusters {
  OwnedMatrix x;
  std::vector<Label> y;
  Clusters(Index n, Index cols, std::uint32_t step) : x(n, cols) {
    Stream(1, Purpose::test, step).normal(x.view());
    for (Index i = 0; i < n; ++i) y.push_back(Label(i % 3)), x.view()(i, i % 3) += 4;
  }
};

}  // namespace

TEST_CASE("a probe: clusters are read from few labels, noise is guessed, draws differ") {
  const Clusters train(600, 3, 0), test(900, 3, 1);
  OwnedMatrix noise_train(600, 3), noise_test(900, 3);
  Stream(9, Purpose::test, 0).normal(noise_train.view());
  Stream(9, Purpose::test, 1).normal(noise_test.view());
  const Features sets[]{{"clusters", train.x, test.x}, {"noise", noise_train, noise_test}};
  std::size_t steps = 0;
  const auto cells = probe(sets, train.y, test.y, 3, {.label_counts = {12, 0}, .draws = 4},
                           [&](std::size_t, std::size_t of) { steps = of; });
  CHECK(steps == 4);
  REQUIRE(cells.size() == 8);
  for (const ProbeCell& c : cells) {
    CHECK(c.accuracy.size() == (c.labels == 600 ? 1u : 4u));
    const Spread s = spread(c.accuracy);
    if (c.features == "clusters")
      CHECK(s.mean > (c.labels == 600 ? 0.97 : 0.93));
    else
      CHECK(s.mean == doctest::Approx(1 / 3.).epsilon(0.15));
  }
  CHECK(cells[0].accuracy[0] != cells[0].accuracy[1]);
  // The unit of the features does not matter.
  OwnedMatrix big_train = train.x, big_test = test.x;
  for (OwnedMatrix* m : {&big_train, &big_test})
    for (Real& v : m->numbers) v = 1000 * v + 5000;
  const Features big[]{{"clusters", big_train, big_test}};
  const auto same = probe(big, train.y, test.y, 3, {.label_counts = {12}, .draws = 4});
  for (std::size_t d = 0; d < 4; ++d)
    CHECK(same[0].accuracy[d] == doctest::Approx(cells[0].accuracy[d]).epsilon(0.005));
}

TEST_CASE("a probe of some of the classes, and of a rare one") {
  Clusters train(600, 3, 0), test(900, 3, 1);
  for (auto* labels : {&train.y, &test.y})
    for (Label& y : *labels) y = Label(2 * y + 1);  // 1, 3, 5 of 0 .. 6
  const Features sets[]{{"clusters", train.x, test.x}};
  CHECK(occurring_classes(train.y, 7) == 3);
  CHECK(
      spread(probe(sets, train.y, test.y, 7, {.label_counts = {13}, .draws = 4})[0].accuracy).mean >
      0.93);
  const std::vector<Label> rare = {0, 2, 2, 0, 2, 2, 2, 5, 5};  // 2, 5 and 2 of them
  CHECK(most_labels(rare, 6) == 6);                             // the one more would be of class 0
  const std::vector<Label> late = {0, 0, 0, 2, 2, 2, 5, 5};
  CHECK(most_labels(late, 6) == 8);
  CHECK(most_labels(train.y, 7) == 600);
  Clusters few(30, 3, 0);
  std::fill(few.y.begin() + 3, few.y.end(), Label(1));
  std::fill(few.y.begin(), few.y.begin() + 3, Label(0));
  const Features of_few[]{{"clusters", few.x, few.x}};
  CHECK(message_of([&] { probe(of_few, few.y, few.y, 3, {.label_counts = {10}}); }) ==
        "probe: 10 labels ask for 2 more of class 0 than there are\n"
        "  hint: ask for at most 6 labels, or all");
}

TEST_CASE("mean, deviation and standard error of small sets, and of pairs") {
  const double a[]{1, 2, 3, 6}, b[]{0, 2, 1, 5};
  const Spread s = spread(a);
  CHECK(s.mean == doctest::Approx(3));
  CHECK(s.deviation == doctest::Approx(std::sqrt(14 / 3.)));
  CHECK(s.standard_error() == doctest::Approx(std::sqrt(14 / 12.)));
  const Spread d = paired(a, b);  // 1, 0, 2, 1
  CHECK(d.mean == doctest::Approx(1));
  CHECK(d.deviation == doctest::Approx(std::sqrt(2 / 3.)));
}

TEST_CASE("labels that are not there are refused") {
  const Clusters few(30, 3, 0);
  const Features sets[]{{"clusters", few.x, few.x}};
  CHECK(message_of([&] { probe(sets, few.y, few.y, 3, {.label_counts = {100}}); }) ==
        "probe: 100 labels for 3 classes, of 30\n  hint: from 6 to 30 labels");
}
