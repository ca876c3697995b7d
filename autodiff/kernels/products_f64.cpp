// Double products, for gradient checks and exact answers: loops that can be read. A (64, 64) tile
// of C at a time; the part of op(B) under it is copied to the stack, so that all transpositions are
// one loop.
#include <vaegrad/autodiff/real.hpp>
#if defined(VAEGRAD_DOUBLE)
#include <algorithm>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index edge = 64;
constexpr Index worth_threads = 1'000'000;  // multiplications and additions

struct At {  // op(A)(i, k)
  const Real* data;
  Index down, right;
  explicit At(Factor a)
      : data(a.data), down(a.transposed ? 1 : a.cols), right(a.transposed ? a.rows : 1) {}
  Real operator()(Index i, Index k) const { return data[i * down + k * right]; }
};

}  // namespace

void multiply(Factor a, Factor b, Real* c, bool accumulate, const Real* row, const Epilogue* f) {
  check(a.cols == b.rows, "multiply: inner dimensions differ: a is ", Shape{a.rows, a.cols},
        ", b is ", Shape{b.rows, b.cols});
  const Index m = a.rows, n = b.cols, inner = a.cols;
  const At at_a(a), at_b(b);
  const Index across = (n + edge - 1) / edge, down = (m + edge - 1) / edge;
  parallel_for(across * down, 2 * m * n * inner >= worth_threads, [&](Index block) {
    const Index i0 = block / across * edge, i1 = std::min(m, i0 + edge);
    const Index j0 = block % across * edge, width = std::min(n - j0, edge);
    if (row)
      for (Index i = i0; i < i1; ++i) std::copy_n(row + j0, width, c + i * n + j0);
    else if (!accumulate)
      for (Index i = i0; i < i1; ++i) std::fill_n(c + i * n + j0, width, Real(0));

    // c_ij = Σ_k a_ik b_kj, k ascending
    Real panel[edge][edge] = {};
    for (Index k0 = 0; k0 < inner; k0 += edge) {
      const Index depth = std::min(inner - k0, edge);
      for (Index k = 0; k < depth; ++k)
        for (Index j = 0; j < width; ++j) panel[k][j] = at_b(k0 + k, j0 + j);
      for (Index i = i0; i < i1; ++i) {
        Real sum[edge] = {};
        std::copy_n(c + i * n + j0, width, sum);
        for (Index k = 0; k < depth; ++k) {
          const Real a_ik = at_a(i, k0 + k);
          for (Index j = 0; j < edge; ++j) sum[j] += a_ik * panel[k][j];
        }
        std::copy_n(sum, width, c + i * n + j0);
      }
    }
    for (Index i = i0; f && i < i1; ++i) f->value(c + i * n + j0, width);
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
