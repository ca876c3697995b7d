// One entry from an expression: stored as it is, or reduced. No reduction makes a temporary of the
// expression's size, forward or backward.
//
//   sum, average                  over everything           (1, 1)
//   row_sums                      over the columns          (B, 1)
//   column_sums                   over the rows             (1, D)
//   max, log_sum_exp,             over the columns          (B, 1)
//   log_mean_exp, row_norms
#pragma once
#include <new>

#include <vaegrad/autodiff/catalogue.hpp>
#include <vaegrad/autodiff/reductions.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: the entry ----

template <class Reduction, class Bound>
struct Fused {
  Reduction reduction;
  Bound bound;
  Plan plan;

  static Fused& of(const Entry& e) { return *static_cast<Fused*>(e.state); }
  static inline const Kind kind{[](Tape& tape, const Entry& e) {
                                  Fused& f = of(e);
                                  const Node y{{e.val, e.rows, e.cols}, {e.adj, e.rows, e.cols}};
                                  pull_rows(tape, f.plan, f.bound, f.reduction.adjoint(f.plan, y));
                                },
                                [](const Entry& e, std::string& to) {
                                  to += Reduction::name;
                                  if (*Reduction::name) to += '(';
                                  vaegrad::describe(of(e).bound, to);
                                  if (*Reduction::name) to += ')';
                                },
                                [](const Entry& e, std::vector<std::uint32_t>& to) {
                                  for (const Leaf* l : leaves_of(of(e).bound))
                                    to.push_back(l->index);
                                },
                                [](const Entry& e, Visitor& v) {
                                  vaegrad::visit(of(e).bound, v);
                                  v.reduced(Reduction::name);
                                }};
};

template <class Reduction, Expression E>
Var record_fused(const E& expression) {
  static_assert(InCatalogue<Reduction>,
                "a reduction is entered in the catalogue by a REDUCTION line");
  Tape& tape = *tape_of(expression);
  const Resolve resolve{tape};
  auto bound = map_leaves(expression, resolve);
  using State = Fused<Reduction, decltype(bound)>;
  const auto leaves = leaves_of(bound);
  auto* state = new (tape.memory_for<State>(1))
      State{{}, bound, plan(shape_of(bound), leaves, Reduction::may_be_flat)};

  const bool active = std::any_of(leaves.begin(), leaves.end(), [](auto* l) { return l->active; });
  const Shape shape = Reduction::shape(state->plan.shape);
  const Matrix y{tape.memory_for<Real>(shape.size()), shape.rows, shape.cols};
  state->reduction.value(tape, state->plan, state->bound, y);
  tape.scratch().reset();
  const Var v = tape.push(y.data, shape, active, &State::kind, state);
  tape.recorded(v);
  return v;
}

// A Var is the expression of itself.
inline Repeated as_expression(Var x) { return {x, 1}; }
template <Expression E>
const E& as_expression(const E& e) {
  return e;
}

// ---- the functions ----

// clang-format off
#define REDUCTION(fn, Reduction)                                                                 \
  template <Operand A>                                                                           \
  Var fn(const A& a) { return record_fused<Reduction>(as_expression(a)); }                       \
  VAEGRAD_ENTRY(Reduction, fn, false, VAEGRAD_INPUTS({{3, 37}}), [](Var x) { return fn(x); })    \
  VAEGRAD_ALSO(Reduction, fn##_column, VAEGRAD_INPUTS({{5, 1}}), [](Var x) { return fn(x); })

//        function      reduction
REDUCTION(sum,          Sum)         // Σ_ij x_ij;  (1, 1)
REDUCTION(average,      Average)     // Σ_ij x_ij, divided by how many there are;  (1, 1)
REDUCTION(row_sums,     RowSums)     // y_i = Σ_j x_ij;  (B, 1)
REDUCTION(column_sums,  ColumnSums)  // y_j = Σ_i x_ij;  (1, D)
REDUCTION(max,          Max)         // y_i = max_j x_ij;  (B, 1). Entries that share the maximum share the adjoint
REDUCTION(log_sum_exp,  LogSumExp)   // y_i = log Σ_j exp x_ij;  (B, 1), without overflow
REDUCTION(log_mean_exp, LogMeanExp)  // y_i = log 1/D Σ_j exp x_ij;  (B, 1), without overflow
REDUCTION(row_norms,    RowNorms)    // y_i = (Σ_j x_ij²)^½;  (B, 1), without overflow; the gradient at 0 is 0
REDUCTION(stored,       Store)       // y = x, as an entry of its own;  (B, D)
#undef REDUCTION
// clang-format on

template <Expression E>
Var::Var(const E& expression) : Var(stored(expression)) {}

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
