#include <algorithm>
#include <cmath>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/factors/factor_scores.hpp>
#include <vaegrad/models/metrics/logistic.hpp>
#include <vaegrad/models/metrics/roc.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Columns in deviations from their mean; a constant one is 0. (columns, rows), in double
struct CodeColumns {
  std::size_t count, rows;
  std::vector<double> numbers;

  template <class F>
  CodeColumns(std::size_t count, std::size_t rows, F number)
      : count(count), rows(rows), numbers(count * rows) {
    for (std::size_t j = 0; j < count; ++j) {
      double mean = 0, squares = 0;
      for (std::size_t i = 0; i < rows; ++i) mean += number(i, j) / double(rows);
      for (std::size_t i = 0; i < rows; ++i) {
        const double from = numbers[j * rows + i] = number(i, j) - mean;
        squares += from * from / double(rows);
      }
      const double unit = squares > 1e-12 * (1 + mean * mean) ? 1 / std::sqrt(squares) : 0;
      for (std::size_t i = 0; i < rows; ++i) numbers[j * rows + i] *= unit;
    }
  }
  double operator()(std::size_t i, std::size_t j) const { return numbers[j * rows + i]; }
};
CodeColumns standard(ConstMatrix codes) {
  return {std::size_t(codes.cols), std::size_t(codes.rows),
          [&](std::size_t i, std::size_t j) { return double(codes(Index(i), Index(j))); }};
}
CodeColumns standard(const KnownFactors& f, std::size_t rows) {
  return {f.count(), rows, [&](std::size_t i, std::size_t k) { return double(f.of(i, k)); }};
}

// min ½ wᵀ S w − cᵀ w + penalty |w|₁ by coordinates (S: covariances of the latents, c: with the
// factor), from w as it is.          Friedman, Hastie and Tibshirani, JSS 33 (2010), eq. 5
void lasso(const std::vector<double>& S, const std::vector<double>& c, double penalty,
           std::vector<double>& w) {
  const std::size_t Z = c.size();
  for (int sweep = 0; sweep < 10000; ++sweep) {
    double moved = 0;
    for (std::size_t j = 0; j < Z; ++j) {
      if (S[j * Z + j] <= 0) continue;
      double rest = c[j];
      for (std::size_t l = 0; l < Z; ++l) rest -= l == j ? 0 : S[j * Z + l] * w[l];
      const double shrunk = std::max(0.0, std::abs(rest) - penalty) / S[j * Z + j];
      const double next = rest < 0 ? -shrunk : shrunk;
      moved = std::max(moved, std::abs(next - w[j])), w[j] = next;
    }
    if (moved < 1e-10) break;
  }
}

// The 0.99 quantile of the distances from the mean, between two of them as far as it falls there;
// `distances`: all of them, rising.
double usual_distance(std::vector<double> z, std::vector<double>* distances = nullptr) {
  double mean = 0;
  for (const double x : z) mean += x / double(z.size());
  for (double& x : z) x = std::abs(x - mean);
  std::sort(z.begin(), z.end());
  const double at = 0.99 * double(z.size() - 1);
  const std::size_t below = std::size_t(at), above = std::min(below + 1, z.size() - 1);
  const double q = z[below] + (at - double(below)) * (z[above] - z[below]);
  if (distances) *distances = std::move(z);
  return q;
}

// 1 − H(p) / log n of p = weights / Σ weights; 0 where they are all 0, 1 where n = 1
double concentration(const std::vector<double>& weights) {
  double sum = 0, h = 0;
  for (const double w : weights) sum += w;
  if (sum <= 0) return 0;
  for (const double w : weights) h -= w > 0 ? w / sum * std::log(w / sum) : 0;
  return weights.size() == 1 ? 1 : 1 - h / std::log(double(weights.size()));
}

}  // namespace

double sap_score(ConstMatrix codes, const KnownFactors& f) {
  const std::size_t N = std::size_t(codes.rows);
  const CodeColumns z = standard(codes), v = standard(f, N);
  double score = 0;
  for (std::size_t k = 0; k < v.count; ++k) {
    double first = 0, second = 0;
    for (std::size_t j = 0; j < z.count; ++j) {
      double correlation = 0;
      for (std::size_t i = 0; i < N; ++i) correlation += z(i, j) * v(i, k) / double(N);
      const double r2 = correlation * correlation;
      second = std::max(second, std::min(first, r2)), first = std::max(first, r2);
    }
    score += (first - second) / double(v.count);
  }
  return score;
}

double modularity(ConstMatrix codes, const KnownFactors& f, Index bins) {
  const MutualInformationGap gap = mutual_information_gap(codes, f, bins);
  const ConstMatrix share = gap.information;
  std::vector<double> entropy(f.count());
  for (std::size_t k = 0; k < f.count(); ++k) {
    std::vector<double> counts(f.sizes[k]);
    for (std::size_t i = 0; i < std::size_t(codes.rows); ++i) ++counts[f.of(i, k)];
    for (const double c : counts)
      entropy[k] -= c > 0 ? c / double(codes.rows) * std::log(c / double(codes.rows)) : 0;
  }
  double sum = 0, latents = 0;
  for (Index j = 0; j < share.rows; ++j) {
    double most = 0, squares = 0;
    for (std::size_t k = 0; k < f.count(); ++k) {
      const double m = double(share(j, Index(k))) * entropy[k];
      most = std::max(most, m), squares += m * m;
    }
    if (most < 0.01) continue;
    const double others = squares / (most * most) - 1;
    sum += f.count() > 1 ? 1 - others / double(f.count() - 1) : 1, ++latents;
  }
  return latents > 0 ? sum / latents : 0;
}

InterventionalRobustness interventional_robustness(ConstMatrix codes, const KnownFactors& f) {
  const std::size_t N = std::size_t(codes.rows);
  InterventionalRobustness to;
  double weights = 0;
  for (Index j = 0; j < codes.cols; ++j) {
    const auto z = [&](std::size_t i) { return double(codes(Index(i), j)); };
    std::vector<double> all(N);
    for (std::size_t i = 0; i < N; ++i) all[i] = z(i);
    const double near = usual_distance(all, &all), most = all.empty() ? 0 : all.back();
    if (most <= 0) continue;
    double robust = 0;
    for (std::size_t k = 0; k < f.count(); ++k) {
      std::vector<std::vector<double>> of_value(f.sizes[k]);
      for (std::size_t i = 0; i < N; ++i) of_value[f.of(i, k)].push_back(z(i));
      double moved = 0, values = 0;
      for (const auto& group : of_value)
        if (!group.empty()) moved += usual_distance(group), ++values;
      robust = std::max(robust, 1 - moved / values / most);
    }
    to.score += most * robust, to.chance += most * (1 - near / most), weights += most;
  }
  if (weights > 0) to.score /= weights, to.chance /= weights;
  return to;
}

double explicitness(ConstMatrix codes, const KnownFactors& f, std::uint64_t seed) {
  const auto order = permutation(std::uint32_t(codes.rows), seed, Purpose::other);
  const std::span<const std::uint32_t> all(order);
  const auto seen = all.first(order.size() / 2), unseen = all.subspan(order.size() / 2);
  const CodeColumns z = standard(codes);
  OwnedMatrix unit(codes.rows, codes.cols);
  for (Index i = 0; i < codes.rows; ++i)
    for (Index j = 0; j < codes.cols; ++j)
      unit.view()(i, j) = Real(z(std::size_t(i), std::size_t(j)));
  const OwnedMatrix to_fit = rows_of(unit, seen), to_judge = rows_of(unit, unseen);
  double score = 0;
  for (std::size_t k = 0; k < f.count(); ++k) {
    std::vector<Label> labels;
    for (const std::uint32_t row : seen) labels.push_back(Label(f.of(row, k)));
    const auto fit = fit_logistic(to_fit, labels, Index(f.sizes[k]), 1e-6);
    OwnedMatrix logits = fit.logits(to_judge);
    double of_values = 0, values = 0;
    for (std::size_t value = 0; value < f.sizes[k]; ++value) {
      std::vector<double> with, without;
      for (std::size_t i = 0; i < unseen.size(); ++i) {
        const Real* row = logits.view().row(Index(i));
        const double top = double(*std::max_element(row, row + logits.cols));
        double others = 0;
        for (Index c = 0; c < logits.cols; ++c) others += std::exp(double(row[c]) - top);
        const double log_p = double(row[value]) - top - std::log(others);
        (f.of(unseen[i], k) == value ? with : without).push_back(log_p);
      }
      if (with.empty() || without.empty()) continue;
      of_values += detection_quality(without, with, 0).auroc.value, ++values;
    }
    score += (values > 0 ? of_values / values : 0.5) / double(f.count());
  }
  return score;
}

Dci dci(ConstMatrix codes, const KnownFactors& f, std::uint64_t seed) {
  const std::size_t N = std::size_t(codes.rows), Z = std::size_t(codes.cols), K = f.count();
  const auto order = permutation(std::uint32_t(N), seed, Purpose::other);
  const std::size_t half = N / 2;
  const CodeColumns z = standard(codes), v = standard(f, N);
  std::vector<double> S(Z * Z);
  for (std::size_t i = 0; i < half; ++i)
    for (std::size_t j = 0; j < Z; ++j)
      for (std::size_t l = 0; l < Z; ++l)
        S[j * Z + l] += z(order[i], j) * z(order[i], l) / double(half);
  Dci to{0, 0, 0, OwnedMatrix(codes.cols, Index(K))};
  double total = 0;
  for (std::size_t k = 0; k < K; ++k) {
    std::vector<double> c(Z), w(Z), best(Z);
    for (std::size_t i = 0; i < half; ++i)
      for (std::size_t j = 0; j < Z; ++j) c[j] += z(order[i], j) * v(order[i], k) / double(half);
    double r2 = 0;  // of the mean
    for (const double penalty : {0.1, 0.03, 0.01, 0.003, 0.001}) {
      lasso(S, c, penalty, w);
      double error = 0, squares = 0;
      for (std::size_t i = half; i < N; ++i) {
        double predicted = 0;
        for (std::size_t j = 0; j < Z; ++j) predicted += w[j] * z(order[i], j);
        error += std::pow(v(order[i], k) - predicted, 2), squares += std::pow(v(order[i], k), 2);
      }
      if (squares > 0 && 1 - error / squares > r2) r2 = 1 - error / squares, best = w;
    }
    to.informativeness += r2 / double(K);
    for (double& b : best) b = std::abs(b), total += b;
    to.completeness += concentration(best) / double(K);
    for (std::size_t j = 0; j < Z; ++j) to.importance.view()(Index(j), Index(k)) = Real(best[j]);
  }
  for (std::size_t j = 0; j < Z && total > 0; ++j) {
    const Real* row = to.importance.view().row(Index(j));
    const std::vector<double> weights(row, row + K);
    double sum = 0;
    for (const double one : weights) sum += one;
    to.disentanglement += sum / total * concentration(weights);
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
