// A file of its own, for loops that are to be compiled as loops (cmake/rooms.cmake: VAEGRAD_LOOPS).
#include <algorithm>
#include <vector>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/models/inference/priors/weighted_squares.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

bool worth_threads(Node y, Node z) { return y.val.size() * z.val.cols > (1 << 16); }

// (K, Z) -> (Z, K), so that the inner loop is over centres, of which there are more; in this
// thread's memory, of which there are two
const Real* turned(ConstMatrix from, std::size_t which) {
  thread_local std::vector<Real> memory[2];
  memory[which].resize(std::size_t(from.size()));
  Real* to = memory[which].data();
  for (Index k = 0; k < from.rows; ++k)
    for (Index j = 0; j < from.cols; ++j) to[j * from.rows + k] = from(k, j);
  return to;
}

// The sums over examples i of ȳ_ik f(d_ikj), given to take(k, j, sum)
template <class F, class Take>
void over_examples(Node y, Node z, Node m, F f, Take take) {
  const Index K = m.val.rows, Z = m.val.cols;
  const Real* at = turned(m.val, 0);
  parallel_for(Z, worth_threads(y, z), [=](Index j) {
    thread_local std::vector<Real> sums;
    sums.assign(std::size_t(K), Real(0));
    Real* __restrict to = sums.data();
    const Real* m_j = at + j * K;
    for (Index i = 0; i < y.val.rows; ++i) {
      const Real here = z.val(i, j), *by = y.adj.row(i);
      for (Index k = 0; k < K; ++k) to[k] += by[k] * f(here - m_j[k]);
    }
    for (Index k = 0; k < K; ++k) take(k, j, to[k]);
  });
}

}  // namespace

void WeightedSquares::value(Node y, Node z, Node m, Node w) {
  const Index K = m.val.rows, Z = m.val.cols;
  const Real *at = turned(m.val, 0), *weight = turned(w.val, 1);
  parallel_for(y.val.rows, worth_threads(y, z), [=](Index i) {
    Real* __restrict to = y.val.row(i);
    std::fill_n(to, K, Real(0));
    for (Index j = 0; j < Z; ++j) {
      const Real here = z.val(i, j), *m_j = at + j * K, *w_j = weight + j * K;
      for (Index k = 0; k < K; ++k) to[k] += w_j[k] * ((here - m_j[k]) * (here - m_j[k]));
    }
  });
}
void WeightedSquares::pull(Wrt<0>, Node y, Node z, Node m, Node w) {
  parallel_for(y.val.rows, worth_threads(y, z), [=](Index i) {
    Real* __restrict to = z.adj.row(i);
    const Real* here = z.val.row(i);
    for (Index k = 0; k < m.val.rows; ++k) {
      const Real twice = 2 * y.adj(i, k), *m_k = m.val.row(k), *w_k = w.val.row(k);
      for (Index j = 0; j < m.val.cols; ++j) to[j] += twice * (w_k[j] * (here[j] - m_k[j]));
    }
  });
}
void WeightedSquares::pull(Wrt<1>, Node y, Node z, Node m, Node w) {
  over_examples(
      y, z, m, [](Real d) { return d; },
      [=](Index k, Index j, Real sum) { m.adj(k, j) -= 2 * w.val(k, j) * sum; });
}
void WeightedSquares::pull(Wrt<2>, Node y, Node z, Node m, Node w) {
  over_examples(
      y, z, m, [](Real d) { return d * d; },
      [=](Index k, Index j, Real sum) { w.adj(k, j) += sum; });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
