// The loops behind an expression: how a matrix is cut into blocks, how a leaf is read and added to
// in each row, and the two passes that every fused entry is made of.
//
// Broadcasting is stride 0. An adjoint that several blocks add to is summed per block, and the
// blocks are combined in order by one thread; blocks follow from shapes and from who wants an
// adjoint, so no result depends on the number of threads.
#pragma once
#include <algorithm>

#include <vaegrad/autodiff/expression.hpp>
#include <vaegrad/autodiff/kernels/lanes.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Plan {
  Shape shape;              // of the loop
  bool flat;                // leaves are full or (1, 1): the matrix is one long row
  Index per_block, blocks;  // rows in a block, entries when flat, columns when ..
  bool by_columns = false;  // .. a block is some columns of all rows

  // 32 kB of floats, which stay in the L1 cache. Two blocks are worth a second thread: the 20 rows
  // of 784 of a likelihood take 8 us alone, the team 1.5 us to start.
  static constexpr Index entries_per_block = 1 << 13;
  bool worth_threads() const { return shape.size() > entries_per_block; }
  // One entry of the leaf serves many rows of the loop.
  bool is_one_row(const Leaf& l) const {
    return flat ? l.rows * l.cols == 1 && shape.size() > 1 : l.all_rows() == 1 && shape.rows > 1;
  }
};

Plan plan(Shape shape, Leaves leaves, bool may_be_flat);
// How its pullback is cut. Where one row serves many and is wide, a block of rows has few of them,
// and its share of that row's adjoint is as large as they are; a block of columns has no share.
Plan plan_of_pull(const Plan& p, Leaves leaves);

// ---- lanes, whole or partly live ----

struct All {};
inline Lanes load(const Real* x, All) { return Lanes::load(x); }
inline Lanes load(const Real* x, int live) { return Lanes::load(x, live); }
inline void store(Lanes x, Real* to, All) { x.store(to); }
inline void store(Lanes x, Real* to, int live) { x.store(to, live); }
inline Lanes dead_as(Real, Lanes x, All) { return x; }
inline Lanes dead_as(Real c, Lanes x, int live) { return select(first(live), x, Lanes(c)); }

template <class Body>
void over_lanes(Index begin, Index end, Body body) {
  Index j = begin;
  for (; j + Lanes::size <= end; j += Lanes::size) body(j, All{});
  if (j < end) body(j, int(end - j));
}

// Where this thread reads and adds, in this row.
struct Cursor {
  const Leaf* leaf;
  const Real* x;
  Real* g;     // null when no adjoint is wanted
  Index step;  // 0: one entry serves the row
  bool one_row, add;
  Lanes sum;  // of the adjoints of that one entry

  Cursor(const Leaf& l, const Plan& plan, Index block)
      : leaf(&l),
        x(l.val),
        g(l.partial ? l.partial + block * l.cols : l.adj),
        step(l.cols == 1 && (plan.flat ? l.rows == 1 && plan.shape.size() > 1 : plan.shape.cols > 1)
                 ? 0
                 : 1),
        one_row(plan.is_one_row(l)),
        add(!(l.partial || l.fresh)) {}

  void start_row(Index i) {
    if (!one_row) {
      const Index r = leaf->repeat == 1 ? i : i / leaf->repeat;
      x = leaf->val + r * leaf->cols;
      if (g) {
        g = leaf->adj + r * leaf->cols;
        add = !leaf->fresh || r * leaf->repeat != i;
      }
    }
  }
  void end_row() {
    if (step == 1) add = true;
    if (step == 0 && !one_row) flush();
  }
  void end_block() {
    if (step == 0 && one_row) flush();
  }
  void flush() {
    if (g) *g = (add ? *g : Real{0}) + horizontal_sum(sum);
    sum = Lanes(Real{0});
  }
};

// ---- one step of the mathematics: what push needs is kept in registers ----
//
// A state is built where it stays, its operands inside it: one that is copied, even once, is left in
// memory by the compiler, which then computes in a pullback also what nobody asks for.
template <class E, class Live>
struct State;
template <class Live>
struct State<Literal, Live> {
  Lanes y;
  State(const Literal& e, Index, Live) : y(e.c) {}
};
template <class Live>
struct State<Cursor, Live> {
  Lanes y;
  State(const Cursor& c, Index j, Live live) : y(c.step ? load(c.x + j, live) : Lanes(*c.x)) {}
};
template <class Row, class A, class Live>
struct State<Unary<Row, A>, Live> {
  State<A, Live> a;
  Lanes y;
  State(const Unary<Row, A>& e, Index j, Live live) : a(e.a, j, live), y(Row::f(a.y)) {}
};
template <class Row, class A, class B, class Live>
struct State<Binary<Row, A, B>, Live> {
  State<A, Live> a;
  State<B, Live> b;
  Lanes y;
  State(const Binary<Row, A, B>& e, Index j, Live live)
      : a(e.a, j, live), b(e.b, j, live), y(Row::f(a.y, b.y)) {}
};
template <class E, class Live>
State<E, Live> eval(const E& e, Index j, Live live) {
  return {e, j, live};
}

inline bool active(const Literal&) { return false; }
inline bool active(const Cursor& c) { return c.g; }
template <class Row, class A>
bool active(const Unary<Row, A>& e) {
  return active(e.a);
}
template <class Row, class A, class B>
bool active(const Binary<Row, A, B>& e) {
  return active(e.a) || active(e.b);
}

template <class S, class Live>
void push(Literal&, const S&, Lanes, Index, Live) {}
template <class S, class Live>
void push(Cursor& c, const S&, Lanes adj, Index j, Live live) {
  if (c.step == 0)
    c.sum += dead_as(0, adj, live);
  else if (c.add)
    store(load(c.g + j, live) + adj, c.g + j, live);
  else
    store(adj, c.g + j, live);
}
template <class Row, class A, class S, class Live>
void push(Unary<Row, A>& e, const S& s, Lanes adj, Index j, Live live) {
  push(e.a, s.a, adj * Row::df(s.a.y, s.y), j, live);
}
template <class Row, class A, class B, class S, class Live>
void push(Binary<Row, A, B>& e, const S& s, Lanes adj, Index j, Live live) {
  if (active(e.a)) push(e.a, s.a, adj * Row::da(s.a.y, s.b.y, s.y), j, live);
  if (active(e.b)) push(e.b, s.b, adj * Row::db(s.a.y, s.b.y, s.y), j, live);
}

// ---- the passes ----

// body(cursors, block, row, first column, last column + 1) for the rows of one block, or for the
// part of the one long row that it is when flat. All of the mathematics is inlined here, once: a
// state that is passed through memory costs more than the loop.
template <class Bound, class Body>
[[gnu::flatten, gnu::noinline]] void over_rows_of_block(const Plan& p, const Bound& bound,
                                                        Index block, const Body& body) {
  auto make = [&](const Leaf& l) { return Cursor(l, p, block); };
  auto cursors = map_leaves(bound, make);
  const bool along = p.flat || p.by_columns;
  const Index n = p.flat ? p.shape.size() : p.by_columns ? p.shape.cols : p.shape.rows;
  const Index from = block * p.per_block, to = std::min(from + p.per_block, n);
  const Index begin = along ? from : 0, end = along ? to : p.shape.cols;
  const Index first = along ? 0 : from, last = p.flat ? 1 : p.by_columns ? p.shape.rows : to;
  for (Index i = first; i < last; ++i) {
    if (!p.flat) each_leaf(cursors, [&](Cursor& c) { c.start_row(i); });
    body(cursors, block, i, begin, end);
    if (!p.flat) each_leaf(cursors, [](Cursor& c) { c.end_row(); });
  }
  each_leaf(cursors, [](Cursor& c) { c.end_block(); });
}

template <class Bound, class Body>
void over_rows(const Plan& p, const Bound& bound, Body body) {
  parallel_for(p.blocks, p.worth_threads(),
               [&](Index block) { over_rows_of_block(p, bound, block, body); });
}

// to_j = Σ_i x_ij, or to_j += Σ_i x_ij;  threads share the columns, so each sum has one order
void sum_columns(ConstMatrix x, Real* to, bool accumulate);

// Where the leaves' adjoints go in this pullback, and, after it, the partial sums of the blocks.
void begin_pull(Tape& tape, const Plan& p, Leaves leaves);
void end_pull(const Plan& p, Leaves leaves);

// Adjoints of all leaves. weight(row)(column, live, e) is the adjoint of the expression's value e
// there.
template <class Bound, class Weight>
void pull_rows(Tape& tape, const Plan& of_value, Bound& bound, Weight weight) {
  const auto leaves = leaves_of(bound);
  const Plan p = plan_of_pull(of_value, leaves);
  begin_pull(tape, p, leaves);
  over_rows(p, bound, [&](auto& cursors, Index, Index i, Index begin, Index end) {
    auto weight_at = weight(i);
    over_lanes(begin, end, [&](Index j, auto live) {
      const auto s = eval(cursors, j, live);
      push(cursors, s, weight_at(j, live, s.y), j, live);
    });
  });
  end_pull(p, leaves);
}

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
