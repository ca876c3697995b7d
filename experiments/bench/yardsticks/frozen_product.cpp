// The product of the step by hand, as the engine's own was when that step was written down: what the
// engine gains since then is not given to the yardstick too.
#include "frozen_product.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index worth_threads = 1'500'000;  // additions and multiplications; 20 x 200 x 200 gains
constexpr Index worth_a_tile = 20'000'000;  // smaller tiles cost 5 % and more of the speed

// n cut into at most `parts` even parts, multiples of `unit` and no shorter than `least`
Index part(Index n, Index parts, Index least, Index unit) {
  parts = std::clamp<Index>(n / least, 1, parts);
  return std::min(n, ((n + parts - 1) / parts + unit - 1) / unit * unit);
}

// sgemm rearranges a transposed B once in each tile, so there the cut goes through the columns of
// C; otherwise, and where that is little work, through its rows. But for few rows and at most 100
// columns it takes another way with a transposed B, at half the speed: so few rows are cut in two
// rather than that. `unit` suits sgemm's own blocks.
Shape tile(Factor a, Factor b) {
  const Index m = a.rows, n = b.cols, k = a.cols, work = 2 * m * n * k;
  if (work < worth_threads) return {m, n};
  const Index parts = std::clamp<Index>(work / worth_a_tile, 2, 8);
  const bool few = m < 64, few_transposed = few && b.transposed;
  const Index narrowest = few_transposed ? 104 : 96;
  const bool by_columns = n >= 2 * narrowest && (few || (b.transposed && k >= 64));
  if (by_columns) return {std::min<Index>(m, 512), part(n, parts, narrowest, 16)};
  return few_transposed ? Shape{part(m, parts, 8, 4), n} : Shape{part(m, parts, 32, 8), n};
}

}  // namespace

void frozen_multiply(Factor a, Factor b, Real* c, bool accumulate, const Real* row) {
  check(a.cols == b.rows, "multiply: inner dimensions differ: a is ", Shape{a.rows, a.cols},
        ", b is ", Shape{b.rows, b.cols});
  const Index m = a.rows, n = b.cols, k = a.cols;
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (Index i = 0; row && i < m; ++i) std::copy_n(row, n, c + i * n);
    if (!accumulate && !row) std::fill_n(c, m * n, Real(0));
    return;
  }
  const Index a_stride = a.transposed ? m : k, b_stride = b.transposed ? k : n;
  const Shape t = tile(a, b);
  const Index across = (n + t.cols - 1) / t.cols, tiles = across * ((m + t.rows - 1) / t.rows);
  parallel_for(tiles, tiles > 1, [&](Index block) {
    const Index i = block / across * t.rows, j = block % across * t.cols;
    const Index down = std::min(t.rows, m - i), right = std::min(t.cols, n - j);
    for (Index r = i; row && r < i + down; ++r) std::copy_n(row + j, right, c + r * n + j);
    const OneThread one;
    const dnnl_status_t status =
        dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', down, right, k, 1.f,
                   a.data + (a.transposed ? i : i * a_stride), a_stride,
                   b.data + (b.transposed ? j * b_stride : j), b_stride,
                   accumulate || row ? 1.f : 0.f, c + i * n + j, n);
    check(status == dnnl_success, "multiply: dnnl_sgemm failed: status ", int(status));
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
