#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/roc.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

using Scores = std::vector<double>;

// P(a > n) + ½ P(a = n), by looking at every pair
double auroc_of_pairs(const Scores& normal, const Scores& anomalous) {
  double sum = 0;
  for (double n : normal)
    for (double a : anomalous) sum += a > n ? 1 : a == n ? 0.5 : 0;
  return sum / double(normal.size() * anomalous.size());
}

Scores normals(std::size_t n, double mean, std::uint32_t step) {
  std::vector<Real> to(n);
  Stream(3, Purpose::test, step).normal({to.data(), 1, Index(n)});
  Scores s(to.begin(), to.end());
  for (double& v : s) v += mean;
  return s;
}

}  // namespace

TEST_CASE("the three numbers of sets small enough to count by hand") {
  // Highest first: a 4, n 3, a 3, a 2, n 1, n 0.  Pairs won: 4 beats 3; 3 beats 2 and ties 1; 2
  // beats 2.
  const Scores normal{3, 1, 0}, anomalous{4, 3, 2};
  const DetectionQuality q = detection_quality(normal, anomalous, 0);
  CHECK(q.auroc.value == doctest::Approx((3 + 2.5 + 2) / 9));
  // Thresholds 4, 3, 2: recall 1/3, 2/3, 1 at precision 1/1, 2/3, 3/4
  CHECK(q.aupr.value == doctest::Approx((1 + 2 / 3. + 3 / 4.) / 3));
  CHECK(q.fpr95.value == doctest::Approx(1 / 3.));
  CHECK(q.auroc.low == q.auroc.value);

  const DetectionQuality perfect = detection_quality(Scores{0, 1}, Scores{2, 3, 4});
  CHECK(perfect.auroc.value == 1);
  CHECK(perfect.auroc.low == 1);
  CHECK(perfect.aupr.value == doctest::Approx(1));
  CHECK(perfect.fpr95.value == 0);

  const DetectionQuality reversed = detection_quality(Scores{2, 3}, Scores{0, 1}, 0);
  CHECK(reversed.auroc.value == 0);
  CHECK(reversed.fpr95.value == 1);

  const DetectionQuality equal = detection_quality(Scores{1, 1, 1}, Scores{1}, 100);
  CHECK(equal.auroc.value == 0.5);
  CHECK(equal.aupr.value == doctest::Approx(0.25));  // the share of anomalies
  CHECK(equal.fpr95.value == 1);
  CHECK(equal.auroc.high == 0.5);
}

TEST_CASE("false alarms at 95 %: of 20 anomalies one may be missed, of 10 none") {
  Scores normal{5.5, 0.5}, anomalous;
  for (int i = 1; i <= 20; ++i) anomalous.push_back(i);
  CHECK(detection_quality(normal, anomalous, 0).fpr95.value == 0.5);  // down to 2
  normal = {1.5, 0.5};
  CHECK(detection_quality(normal, anomalous, 0).fpr95.value == 0);
  anomalous.resize(10);
  CHECK(detection_quality(normal, anomalous, 0).fpr95.value == 0.5);  // down to 1
}

TEST_CASE("AUROC by ranks is AUROC by pairs, with many ties") {
  for (std::uint32_t draw = 0; draw < 20; ++draw) {
    Scores a = normals(37, 0.4, 2 * draw), n = normals(53, 0, 2 * draw + 1);
    for (double& v : a) v = std::round(3 * v);
    for (double& v : n) v = std::round(3 * v);
    CHECK(detection_quality(n, a, 0).auroc.value == doctest::Approx(auroc_of_pairs(n, a)));
    const Roc curve = roc(n, a);
    double area = 0;  // trapezia: ties count one half
    for (std::size_t i = 1; i < curve.true_positives.size(); ++i)
      area += (curve.false_positives[i] - curve.false_positives[i - 1]) * 0.5 *
              (curve.true_positives[i] + curve.true_positives[i - 1]);
    CHECK(area == doctest::Approx(auroc_of_pairs(n, a)));
    CHECK(curve.false_positives.back() == doctest::Approx(1));
    CHECK(curve.true_positives.back() == doctest::Approx(1));
  }
}

TEST_CASE("two normals d apart have AUROC Φ(d/√2), and 95 % intervals hold it about so often") {
  const double d = 1, truth = 0.5 * std::erfc(-d / 2);
  const auto big = detection_quality(normals(20000, 0, 1000), normals(20000, d, 1001), 200);
  CHECK(big.auroc.value == doctest::Approx(truth).epsilon(0.006));
  CHECK(big.auroc.low < big.auroc.value);
  CHECK(big.auroc.high > big.auroc.value);
  int holds = 0;
  double width = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const auto q =
        detection_quality(normals(100, 0, 2 * i + 2), normals(100, d, 2 * i + 3), 200, i + 1);
    holds += q.auroc.low <= truth && truth <= q.auroc.high;
    width += (q.auroc.high - q.auroc.low) / 200;
  }
  CHECK(holds >= 180);  // 190 expected; the percentile bootstrap is known to hold a little less
  CHECK(holds <= 199);
  CHECK(width ==
        doctest::Approx(4 * 0.0336).epsilon(0.1));  // σ by Hanley and McNeil (1982): 0.0336
}

TEST_CASE("scores that cannot be ranked are refused") {
  CHECK(message_of([] { detection_quality(Scores{}, Scores{1}); }) ==
        "roc: 0 normal and 1 anomalous examples\n  hint: it needs some of both kinds");
  CHECK(message_of([] {
          detection_quality(Scores{1, std::nan("")}, Scores{1});
        }) == "roc: 1 of 3 scores are not a number\n  hint: has training diverged?");
}
