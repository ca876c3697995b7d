#include <algorithm>
#include <cmath>
#include <numeric>

#include <vaegrad/models/metrics/factors/disentanglement.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Ranks of a column, of equals their mean, as distances from the mean rank and of length 1; zeros of
// a column that is constant.
std::vector<double> standard_ranks(ConstMatrix z, Index column) {
  const std::size_t n = std::size_t(z.rows);
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  const auto at = [&](std::uint32_t i) { return z(Index(i), column); };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return at(a) < at(b); });
  std::vector<double> rank(n);
  double squares = 0;
  for (std::size_t first = 0, end = 0; first < n; first = end) {
    while (end < n && at(order[end]) == at(order[first])) ++end;
    const double mean = (double(first + end) - double(n)) / 2;
    for (std::size_t i = first; i < end; ++i) rank[order[i]] = mean, squares += mean * mean;
  }
  if (squares > 0)
    for (double& r : rank) r /= std::sqrt(squares);
  return rank;
}

// The mean over rows of (max_b R_ab)² / Σ_b R_ab, of R or its transpose
double one_stands_out(const OwnedMatrix& R, bool columns) {
  const Index n = columns ? R.cols : R.rows, m = columns ? R.rows : R.cols;
  double mean = 0;
  for (Index a = 0; a < n; ++a) {
    double most = 0, sum = 0;
    for (Index b = 0; b < m; ++b) {
      const double r = double(columns ? R.view()(b, a) : R.view()(a, b));
      most = std::max(most, r), sum += r;
    }
    if (sum > 0) mean += most * most / sum / double(n);
  }
  return mean;
}

}  // namespace

OwnedMatrix rank_correlations(ConstMatrix a, ConstMatrix b) {
  check(a.rows == b.rows, "rank_correlations: ", a.rows, " and ", b.rows, " rows", hint,
        "codes of the same examples");
  std::vector<std::vector<double>> of_a, of_b;
  for (Index j = 0; j < a.cols; ++j) of_a.push_back(standard_ranks(a, j));
  for (Index j = 0; j < b.cols; ++j) of_b.push_back(standard_ranks(b, j));
  OwnedMatrix R(a.cols, b.cols);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    for (std::size_t j = 0; j < of_b.size(); ++j)
      R.view()(Index(i), Index(j)) =
          Real(std::abs(std::inner_product(of_a[i].begin(), of_a[i].end(), of_b[j].begin(), 0.0)));
  return R;
}

double agreement(ConstMatrix a, ConstMatrix b) {
  if (a.cols == 0 || b.cols == 0) return std::nan("");
  const OwnedMatrix R = rank_correlations(a, b);
  return (one_stands_out(R, false) + one_stands_out(R, true)) / 2;
}

namespace {

double median(std::vector<double> of) {
  std::erase_if(of, [](double x) { return std::isnan(x); });
  if (of.empty()) return std::nan("");
  std::sort(of.begin(), of.end());
  const std::size_t n = of.size();
  return (of[(n - 1) / 2] + of[n / 2]) / 2;
}
// The latents whose KL is above 0.01 nats
OwnedMatrix informative(const TrainedCodes& of) {
  check(Index(of.kl.size()) == of.codes.cols, "udr: there are ", of.codes.cols, " latents, but ",
        of.kl.size(), " numbers of KL", hint, "one for each latent");
  std::vector<Index> which;
  for (std::size_t j = 0; j < of.kl.size(); ++j)
    if (of.kl[j] > 0.01) which.push_back(Index(j));
  OwnedMatrix to(of.codes.rows, Index(which.size()));
  for (Index i = 0; i < to.rows; ++i)
    for (Index j = 0; j < to.cols; ++j) to.view()(i, j) = of.codes(i, which[std::size_t(j)]);
  return to;
}

}  // namespace

DisentanglementRanking unsupervised_ranking(std::span<const TrainedCodes> runs) {
  check(runs.size() >= 2, "udr: ", runs.size(), " training", hint,
        "two or more, that differ by their seed");
  DisentanglementRanking to;
  const std::size_t n = runs.size();
  std::vector<OwnedMatrix> z;
  for (const TrainedCodes& run : runs) {
    z.push_back(informative(run));
    to.informative.push_back(std::size_t(z.back().cols));
  }
  to.pairs.assign(n, std::vector<double>(n, std::nan("")));
  std::vector<double> all;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      all.push_back(to.pairs[i][j] = to.pairs[j][i] = agreement(z[i], z[j]));
  for (std::size_t i = 0; i < n; ++i) to.of_run.push_back(median(to.pairs[i]));
  to.score = median(all);
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
