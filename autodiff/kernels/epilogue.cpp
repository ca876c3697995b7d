#include <algorithm>
#include <vector>

#include <vaegrad/autodiff/kernels/epilogue.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Short rows are taken several at a time, so that the loops are long.
constexpr Index long_enough = 256;
using Run = std::array<Real, 2 * long_enough>;
Index rows_of_run(Index cols) { return cols < long_enough ? (long_enough + cols - 1) / cols : 1; }

// f(first number, how many)
template <class F>
void for_each_run(Index numbers, Index run, F f) {
  for (Index first = 0; first < numbers; first += run) f(first, std::min(run, numbers - first));
}

constexpr Index worth_a_block = 1 << 15, most_blocks = 16;

}  // namespace

void apply_epilogue(const Epilogue& a, Real* y, const Real* b, Index rows, Index cols) {
  const Index times = rows_of_run(cols);
  Run run;
  if (times > 1) {
    for (Index k = 0; k < times; ++k) std::copy_n(b, cols, run.data() + k * cols);
    b = run.data();
  }
  for_each_run(rows * cols, times * cols, [&](Index first, Index n) {
    for (Index i = 0; i < n; ++i) y[first + i] += b[i];
    a.value(y + first, n);
  });
}

void pull_epilogue(const Epilogue& a, const Real* y, const Real* y_adj, Real* delta, Real* sum,
                   Index rows, Index cols) {
  const Index times = rows_of_run(cols);
  Run run{};
  Real* const to = times > 1 ? run.data() : sum;
  std::fill_n(sum, cols, Real(0));
  for_each_run(rows * cols, times * cols, [&](Index first, Index n) {
    a.pull(y + first, y_adj + first, delta + first, to, n);
  });
  for (Index k = 0; times > 1 && k < times; ++k)
    for (Index c = 0; c < cols; ++c) sum[c] += run[std::size_t(k * cols + c)];
}

const Real* pull_epilogue(const Epilogue& a, const Real* y, const Real* y_adj, Index rows,
                          Index cols, const Contribution& bias, Real* delta) {
  thread_local std::vector<Real> kept;
  const Index wanted =
      std::clamp<Index>(rows * cols / worth_a_block, 1, std::min(rows, most_blocks));
  const Index each = (rows + wanted - 1) / wanted, blocks = (rows + each - 1) / each;
  const auto size = std::size_t(((delta ? 0 : rows) + blocks) * cols);
  if (kept.size() < size) kept.resize(size);
  Real* const sums = kept.data();
  if (!delta) delta = sums + blocks * cols;
  parallel_for(blocks, blocks > 1, [&](Index k) {
    const Index first = k * each, count = std::min(each, rows - first);
    pull_epilogue(a, y + first * cols, y_adj + first * cols, delta + first * cols, sums + k * cols,
                  count, cols);
  });
  for (Index k = 1; k < blocks; ++k)
    for (Index c = 0; c < cols; ++c) sums[c] += sums[k * cols + c];
  give_to_bias(sums, cols, bias);
  return delta;
}

void give_to_bias(const Real* sum, Index cols, const Contribution& bias) {
  if (!bias.data) return;
  for (Index c = 0; c < cols; ++c) bias.data[c] = bias.accumulate ? bias.data[c] + sum[c] : sum[c];
}

}  // namespace vaegrad::inline VAEGRAD_ABI
