// Products of matrices, the seam behind which kernels may change. float: oneDNN (products_f32.cpp);
// double: plain loops (products_f64.cpp). A test holds one against the other.
#pragma once
#include <vaegrad/autodiff/kernels/epilogue.hpp>
#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// op(A) as it stands in the product, (rows, cols). In memory it is row-major: (rows, cols), or
// (cols, rows) when `transposed`.
struct Factor {
  const Real* data;
  Index rows, cols;
  bool transposed = false;
};
inline Factor factor(ConstMatrix a) { return {a.data, a.rows, a.cols, false}; }
inline Factor transposed(ConstMatrix a) { return {a.data, a.cols, a.rows, true}; }
inline Factor transposed(Factor a) { return {a.data, a.cols, a.rows, !a.transposed}; }

// C = op(A) op(B), or C += op(A) op(B) when `accumulate`, or C = 1 row + op(A) op(B) with a `row`
// (1, b.cols); and C ← f(C), while the tile of C is in cache;  c  (a.rows, b.cols), row-major, apart
// from a and b. The same bits for any number of threads. Error: inner dimensions differ.
void multiply(Factor a, Factor b, Real* c, bool accumulate, const Real* row = nullptr,
              const Epilogue* f = nullptr);

}  // namespace vaegrad::inline VAEGRAD_ABI
