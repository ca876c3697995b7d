// Float products. Of few rows, such as a part of a batch has, and where it is measured to be faster, by
// a kernel of our own (product_blocks.hpp), whose bits do not depend on how C is cut. The others by
// dnnl_sgemm on one thread, in tiles that follow from the shape alone: its bits do, and left to its own
// threads it allocates.
#include <vaegrad/autodiff/real.hpp>
#if !defined(VAEGRAD_DOUBLE)
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/product_blocks.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using in_blocks::From, in_blocks::To, in_blocks::registers;

constexpr Index worth_threads = 1'500'000;  // additions and multiplications; 20 x 200 x 200 gains

// ---- by blocks ----

constexpr Index few_rows = in_blocks::most_beside;  // of a part; more pay for what sgemm rearranges

// Taken for AMD's processors with AVX-512; measured on Zen 4, which multiplies and adds one register a
// cycle. On Intel's, which do two, an earlier kernel of this kind had nine tenths of sgemm's speed.
bool blocks_are_faster() {
#if defined(__AVX512F__)
  static const bool amd = (__builtin_cpu_init(), __builtin_cpu_is("amd"));
  return amd;
#else
  return false;
#endif
}

// As many pieces as there are threads: the bits are the same for any number. By columns, so that each
// thread reads its own weights, unless by rows there are fewer registers for each.
Shape tile_of_blocks(Factor a, Factor b) {
  const Index m = a.rows, n = b.cols;
  const Index pieces = 2 * m * n * a.cols < worth_threads ? 1 : free_threads();
  if (pieces == 1) return {m, n};
  const auto each = [&](Index size, Index unit) {
    return std::min(size, ((size + pieces - 1) / pieces + unit - 1) / unit * unit);
  };
  const Index down = each(m, b.transposed ? Lanes::size : 1);
  const Index across = each(n, b.transposed ? 1 : Lanes::size);
  const bool by_rows =
      b.transposed ? m > n : m >= 64 && down * registers(n) <= m * registers(across);
  return by_rows ? Shape{down, n} : Shape{m, across};
}

// Whether to rearrange A and C costs less than what sgemm does with a transposed B: where the rows fill
// registers, and k pays for it.
bool worth_rearranging(Index m, Index k) {
  return m >= 48 && 10 * m >= 9 * registers(m) * Lanes::size && k >= 128;
}

// ---- by sgemm ----

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

// C = start + op(A) op(B), a tile from row i and column j of C
void multiply_by_sgemm(Factor a, Factor b, From start, Index i, Index j, Shape size, To c) {
  for (Index r = 0; start.data && start.data != c.data && r < size.rows; ++r)
    std::copy_n(start.at(r, 0).data, size.cols, c.data + r * c.below);
  const Index below_a = a.transposed ? a.rows : a.cols, below_b = b.transposed ? b.rows : b.cols;
  const OneThread one;
  const dnnl_status_t status = dnnl_sgemm(
      a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', size.rows, size.cols, a.cols, 1.f,
      a.data + (a.transposed ? i : i * below_a), below_a, b.data + (b.transposed ? j * below_b : j),
      below_b, start.data ? 1.f : 0.f, c.data, c.below);
  check(status == dnnl_success, "multiply: dnnl_sgemm failed: status ", int(status));
}

}  // namespace

void multiply(Factor a, Factor b, Real* c, bool accumulate, const Real* row, const Epilogue* f) {
  check(a.cols == b.rows, "multiply: inner dimensions differ: a is ", Shape{a.rows, a.cols},
        ", b is ", Shape{b.rows, b.cols});
  const Index m = a.rows, n = b.cols, k = a.cols;
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (Index i = 0; row && i < m; ++i) std::copy_n(row, n, c + i * n);
    if (!accumulate && !row) std::fill_n(c, m * n, Real(0));
    if (f) f->value(c, m * n);
    return;
  }
  const bool here = blocks_are_faster() && !a.transposed && m <= few_rows &&
                    (!b.transposed || worth_rearranging(m, k));
  const Shape t = here ? tile_of_blocks(a, b) : tile(a, b);
  const Index across = (n + t.cols - 1) / t.cols, tiles = across * ((m + t.rows - 1) / t.rows);
  const From start{row ? row : accumulate ? c : nullptr, row ? 0 : n};
  parallel_for(tiles, tiles > 1, [&](Index each) {
    const Index i = each / across * t.rows, j = each % across * t.cols;
    const Index down = std::min(t.rows, m - i), right = std::min(t.cols, n - j);
    const From from = start.data ? start.at(i, j) : start;
    const To to{c + i * n + j, n};
    if (here && b.transposed)
      in_blocks::multiply_with_transposed({a.data + i * k, k}, {b.data + j * k, k}, from,
                                          {down, right}, k, to);
    else if (here)
      in_blocks::multiply({a.data + i * k, k}, {b.data + j, n}, from, {down, right}, k, to);
    else
      multiply_by_sgemm(a, b, from, i, j, {down, right}, to);
    const bool whole_rows = right == n;
    for (Index r = 0; f && r < down; r += whole_rows ? down : 1)
      f->value(to.data + r * n, whole_rows ? down * n : right);
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
