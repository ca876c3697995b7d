// A matrix that owns its numbers, for what outlives a tape: codes, images as features, weights of a
// probe.
#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct OwnedMatrix {
  Index rows = 0, cols = 0;
  std::vector<Real> numbers = {};  // row by row

  OwnedMatrix() = default;
  OwnedMatrix(Index rows, Index cols)
      : rows(rows), cols(cols), numbers(std::size_t(rows) * std::size_t(cols)) {}

  // Its numbers, as long as they stay where they are.
  Matrix view() { return {numbers.data(), rows, cols}; }
  ConstMatrix view() const { return {numbers.data(), rows, cols}; }
  operator ConstMatrix() const { return view(); }
};

// Rows `which` of x, one below the other.
inline OwnedMatrix rows_of(ConstMatrix x, std::span<const std::uint32_t> which) {
  OwnedMatrix to(Index(which.size()), x.cols);
  for (std::size_t i = 0; i < which.size(); ++i)
    std::copy_n(x.row(Index(which[i])), x.cols, to.view().row(Index(i)));
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
