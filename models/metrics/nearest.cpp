#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>
#include <vaegrad/models/metrics/nearest.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index query_block = 256, among_block = 2048;

struct Candidate {
  double distance;
  std::uint32_t row;
  bool operator<(const Candidate& other) const {
    return distance != other.distance ? distance < other.distance : row < other.row;
  }
};

// The `most` smallest so far, sorted.
void offer(std::vector<Candidate>& best, std::size_t most, Candidate c) {
  if (best.size() == most && !(c < best.back())) return;
  if (best.size() == most) best.pop_back();
  best.insert(std::upper_bound(best.begin(), best.end(), c), c);
}

std::vector<double> squared_norms(ConstMatrix x) {
  std::vector<double> to(std::size_t(x.rows));
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < x.cols; ++j) to[std::size_t(i)] += double(x(i, j)) * double(x(i, j));
  return to;
}

double squared_distance(const Real* a, const Real* b, Index n) {
  double sum = 0;
  for (Index j = 0; j < n; ++j)
    sum += (double(a[j]) - double(b[j])) * (double(a[j]) - double(b[j]));
  return sum;
}

}  // namespace

Neighbours nearest(ConstMatrix queries, ConstMatrix among, Index k,
                   std::span<const std::uint32_t> own) {
  check(queries.cols == among.cols, "nearest: queries have ", queries.cols, " columns, the others ",
        among.cols);
  const Index available = among.rows - (own.empty() ? 0 : 1);
  check(k >= 1 && k <= available, "nearest: ", k, " neighbours asked for, among ", available);
  check(own.empty() || Index(own.size()) == queries.rows, "nearest: ", own.size(),
        " rows named for ", queries.rows, " queries");
  // |q − a|² = |q|² + |a|² − 2 q·a loses digits in float, so a few more are kept than asked for,
  // and those are measured again.
  const std::size_t kept = std::size_t(std::min(available, k + 8));
  const std::vector<double> query_norm = squared_norms(queries), norm = squared_norms(among);
  Neighbours found{k, std::vector<std::uint32_t>(std::size_t(queries.rows * k)),
                   std::vector<double>(std::size_t(queries.rows * k))};
  OwnedMatrix products(query_block, among_block);
  for (Index q0 = 0; q0 < queries.rows; q0 += query_block) {
    const Index nq = std::min(query_block, queries.rows - q0);
    std::vector<std::vector<Candidate>> best{std::size_t(nq)};
    for (Index a0 = 0; a0 < among.rows; a0 += among_block) {
      const Index na = std::min(among_block, among.rows - a0);
      multiply({queries.row(q0), nq, queries.cols},
               transposed(ConstMatrix{among.row(a0), na, among.cols}), products.numbers.data(),
               false);
      parallel_for(nq, true, [&](Index i) {
        auto& of = best[std::size_t(i)];
        for (Index j = 0; j < na; ++j) {
          const std::uint32_t row = std::uint32_t(a0 + j);
          if (!own.empty() && own[std::size_t(q0 + i)] == row) continue;
          offer(of, kept,
                {query_norm[std::size_t(q0 + i)] + norm[row] -
                     2 * double(products.numbers[std::size_t(i * na + j)]),
                 row});
        }
      });
    }
    parallel_for(nq, true, [&](Index i) {
      auto& of = best[std::size_t(i)];
      for (Candidate& c : of)
        c.distance = squared_distance(queries.row(q0 + i), among.row(Index(c.row)), among.cols);
      std::sort(of.begin(), of.end());
      for (Index r = 0; r < k; ++r) {
        found.rows[std::size_t((q0 + i) * k + r)] = of[std::size_t(r)].row;
        found.squared_distances[std::size_t((q0 + i) * k + r)] = of[std::size_t(r)].distance;
      }
    });
  }
  return found;
}

std::vector<Label> vote(const Neighbours& neighbours, std::span<const Label> labels, Index k) {
  check(k >= 1 && k <= neighbours.k, "vote: of ", k, " neighbours, but ", neighbours.k,
        " were looked for");
  std::vector<Index> votes(labels.empty() ? 0
                                          : 1u + *std::max_element(labels.begin(), labels.end()));
  std::vector<Label> to(neighbours.rows.size() / std::size_t(neighbours.k));
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto rows = neighbours.of(i).first(std::size_t(k));
    Index most = 0;
    for (auto row : rows) most = std::max(most, ++votes[labels[row]]);
    for (auto row : rows)
      if (votes[labels[row]] == most) {
        to[i] = labels[row];
        break;
      }
    for (auto row : rows) votes[labels[row]] = 0;
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
