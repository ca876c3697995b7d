#include <numeric>

#include <vaegrad/autodiff/loops.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Plan plan(Shape shape, Leaves leaves, bool may_be_flat) {
  Plan p{shape, may_be_flat, 0, 0};
  Index group = 1;  // rows that add to the same row of a repeated leaf stay in one block
  for (const Leaf* l : leaves) {
    const bool full = Shape{l->rows, l->cols} == p.shape;
    p.flat = p.flat && l->repeat == 1 && (full || l->rows * l->cols == 1);
    group = std::lcm(group, l->repeat);
  }
  const Index n = p.flat ? p.shape.size() : p.shape.rows;
  const Index want = p.flat ? Plan::entries_per_block : Plan::entries_per_block / p.shape.cols;
  p.per_block = std::max<Index>(1, (want + group - 1) / group) * group;
  p.blocks = (n + p.per_block - 1) / p.per_block;
  return p;
}

Plan plan_of_pull(const Plan& p, Leaves leaves) {
  constexpr Index few_rows = 8;
  if (p.flat || p.blocks == 1 || p.per_block >= few_rows) return p;
  bool wide = false;
  for (const Leaf* l : leaves) {
    if (!l->active) continue;
    if (l->cols == 1 && l->rows > 1) return p;  // its entries would be of several blocks
    wide |= l->cols > 1 && p.is_one_row(*l);
  }
  if (!wide) return p;
  Plan to = p;
  to.by_columns = true;
  constexpr Index run = 1024, line = 64;  // numbers: shorter runs of each row took a third longer
  const Index parts = (p.shape.cols + run - 1) / run;
  to.per_block = ((p.shape.cols + parts - 1) / parts + line - 1) / line * line;
  to.blocks = (p.shape.cols + to.per_block - 1) / to.per_block;
  return to;
}

void begin_pull(Tape& tape, const Plan& p, Leaves leaves) {
  for (Leaf* l : leaves) {
    l->adj = l->partial = nullptr;
    if (!l->active) continue;
    const bool also_otherwise_repeated = std::any_of(
        leaves.begin(), leaves.end(),
        [&](const Leaf* other) { return other->val == l->val && other->repeat != l->repeat; });
    const Node to = also_otherwise_repeated ? tape.zeroed_target(l->index) : tape.target(l->index);
    l->adj = to.adj.data;
    l->fresh = to.fresh;
    if (p.blocks > 1 && p.is_one_row(*l) && !(p.by_columns && l->cols > 1))
      l->partial = tape.scratch().allocate<Real>(p.blocks * l->cols);
  }
}

void end_pull(const Plan& p, Leaves leaves) {
  for (const Leaf* l : leaves) {
    if (!l->partial) continue;
    for (Index b = 0; b < p.blocks; ++b)
      for (Index j = 0; j < l->cols; ++j)
        l->adj[j] = (l->fresh && b == 0 ? Real{0} : l->adj[j]) + l->partial[b * l->cols + j];
  }
}

void sum_columns(ConstMatrix x, Real* to, bool accumulate) {
  constexpr Index wide = 4 * Lanes::size;  // independent chains hide the latency of an addition
  parallel_for((x.cols + wide - 1) / wide, x.size() >= 4 * Plan::entries_per_block, [&](Index b) {
    const Index begin = b * wide, end = std::min(x.cols, begin + wide);
    Lanes sum[4];
    for (Index i = 0; i < x.rows; ++i)
      over_lanes(begin, end, [&](Index j, auto live) {
        sum[(j - begin) / Lanes::size] += load(x.row(i) + j, live);
      });
    over_lanes(begin, end, [&](Index j, auto live) {
      const Lanes s = sum[(j - begin) / Lanes::size];
      store(accumulate ? load(to + j, live) + s : s, to + j, live);
    });
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
