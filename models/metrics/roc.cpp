#include <algorithm>
#include <cmath>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/roc.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The distinct scores, highest first, and how many examples of each kind have them.
struct Ranked {
  std::vector<std::uint32_t> normal, anomalous;  // the place of each example's score
  std::size_t places = 0;
};

Ranked rank(std::span<const double> normal, std::span<const double> anomalous) {
  check(!normal.empty() && !anomalous.empty(), "roc: ", normal.size(), " normal and ",
        anomalous.size(), " anomalous examples", hint, "it needs some of both kinds");
  std::vector<double> scores(normal.begin(), normal.end());
  scores.insert(scores.end(), anomalous.begin(), anomalous.end());
  const auto nan = std::count_if(scores.begin(), scores.end(), [](double s) { return s != s; });
  check(nan == 0, "roc: ", nan, " of ", scores.size(), " scores are not a number", hint,
        "has training diverged?");
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  const auto place = [&](double s) {
    return std::uint32_t(std::lower_bound(scores.begin(), scores.end(), s, std::greater<>()) -
                         scores.begin());
  };
  Ranked r;
  r.places = scores.size();
  for (double s : normal) r.normal.push_back(place(s));
  for (double s : anomalous) r.anomalous.push_back(place(s));
  return r;
}

struct Counts {
  std::vector<std::uint32_t> normal, anomalous;  // by place
  explicit Counts(std::size_t places) : normal(places), anomalous(places) {}
};

struct Three {
  double auroc = 0, aupr = 0, fpr95 = 1;
};
Three measure(const Counts& at, double normal, double anomalous) {
  Three m;
  double found = 0, alarms = 0;  // anomalous and normal examples above the threshold
  bool reached = false;
  for (std::size_t i = 0; i < at.normal.size(); ++i) {
    const double a = at.anomalous[i], n = at.normal[i];
    m.auroc += n * (found + a / 2);
    found += a, alarms += n;
    if (a > 0) m.aupr += a / anomalous * found / (found + alarms);
    if (!reached && found >= 0.95 * anomalous * (1 - 1e-12))
      m.fpr95 = alarms / normal, reached = true;
  }
  m.auroc /= normal * anomalous;
  return m;
}

Interval interval(double value, std::vector<double> of_resamples) {
  if (of_resamples.empty()) return {value, value, value};
  std::sort(of_resamples.begin(), of_resamples.end());
  const auto at = [&](double share) {
    return of_resamples[std::size_t(std::lround(share * double(of_resamples.size() - 1)))];
  };
  return {value, at(0.025), at(0.975)};
}

}  // namespace

DetectionQuality detection_quality(std::span<const double> normal,
                                   std::span<const double> anomalous, int resamples,
                                   std::uint64_t seed) {
  const Ranked r = rank(normal, anomalous);
  const auto measured = [&](auto normal_at, auto anomalous_at) {
    Counts counts(r.places);
    for (std::size_t i = 0; i < r.normal.size(); ++i) ++counts.normal[normal_at(i)];
    for (std::size_t i = 0; i < r.anomalous.size(); ++i) ++counts.anomalous[anomalous_at(i)];
    return measure(counts, double(normal.size()), double(anomalous.size()));
  };
  const Three all = measured([&](std::size_t i) { return r.normal[i]; },
                             [&](std::size_t i) { return r.anomalous[i]; });
  std::vector<double> auroc(std::size_t(std::max(resamples, 0))), aupr = auroc, fpr95 = auroc;
  parallel_for(Index(auroc.size()), true, [&](Index b) {
    Stream draw(seed, Purpose::other, std::uint32_t(b));
    const Three m =
        measured([&](std::size_t) { return r.normal[draw.below(r.normal.size())]; },
                 [&](std::size_t) { return r.anomalous[draw.below(r.anomalous.size())]; });
    auroc[std::size_t(b)] = m.auroc, aupr[std::size_t(b)] = m.aupr;
    fpr95[std::size_t(b)] = m.fpr95;
  });
  return {interval(all.auroc, auroc), interval(all.aupr, aupr), interval(all.fpr95, fpr95)};
}

Roc roc(std::span<const double> normal, std::span<const double> anomalous) {
  const Ranked r = rank(normal, anomalous);
  Roc curve{std::vector<double>(r.places + 1), std::vector<double>(r.places + 1)};
  for (auto p : r.normal) curve.false_positives[p + 1] += 1 / double(normal.size());
  for (auto p : r.anomalous) curve.true_positives[p + 1] += 1 / double(anomalous.size());
  for (std::size_t i = 0; i < r.places; ++i) {
    curve.false_positives[i + 1] += curve.false_positives[i];
    curve.true_positives[i + 1] += curve.true_positives[i];
  }
  return curve;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
