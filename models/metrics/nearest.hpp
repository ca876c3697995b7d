// Nearest neighbours by squared Euclidean distance, by brute force: a product of matrices.
#pragma once
#include <cstdint>

#include <vaegrad/models/label.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The k nearest rows of `among` for each query, nearest first; at equal distance the first row.
struct Neighbours {
  Index k = 0;
  std::vector<std::uint32_t> rows = {};        // (queries, k)
  std::vector<double> squared_distances = {};  // likewise, exact

  // Rows of `among`, nearest first
  std::span<const std::uint32_t> of(std::size_t query) const {
    return std::span(rows).subspan(query * std::size_t(k), std::size_t(k));
  }
  // Of the nearest, or of the one of that rank
  double squared_distance(std::size_t query, Index rank = 0) const {
    return squared_distances[query * std::size_t(k) + std::size_t(rank)];
  }
};

// `own`: where the queries are rows of `among` themselves, which ones; a row is then no neighbour
// of its own. Errors: columns differ, fewer than k rows to choose from.
Neighbours nearest(ConstMatrix queries, ConstMatrix among, Index k,
                   std::span<const std::uint32_t> own = {});

// For each query the most frequent label of its k nearest, the nearest one's among equals.
std::vector<Label> vote(const Neighbours& neighbours, std::span<const Label> labels, Index k);

}  // namespace vaegrad::inline VAEGRAD_ABI
