// Ops that move entries, and the matrix product.
#pragma once
#include <algorithm>
#include <span>

#include <vaegrad/autodiff/fused.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>
#include <vaegrad/autodiff/op.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y += x, entry by entry; shapes agree
inline void add_to(Matrix y, ConstMatrix x) {
  for (Index i = 0; i < y.size(); ++i) y.data[i] += x.data[i];
}

// y_ij = a_ji          ā_ij += ȳ_ji
struct Transpose {
  static constexpr auto name = "transpose";
  static Shape shape(Shape a) { return {a.cols, a.rows}; }
  static void value(Node y, Node a) {
    for (Index i = 0; i < a.val.rows; ++i)
      for (Index j = 0; j < a.val.cols; ++j) y.val(j, i) = a.val(i, j);
  }
  static void pull(Wrt<0>, Node y, Node a) {
    for (Index i = 0; i < a.val.rows; ++i)
      for (Index j = 0; j < a.val.cols; ++j) a.adj(i, j) += y.adj(j, i);
  }
};
// As an operand of matmul nothing is copied.
inline Transposed transpose(Var a) { return {a}; }
// Anything else reads a copy.
inline Var stored(const Transposed& e) { return record(Transpose{}, e.x); }
VAEGRAD_CHECKED(Transpose, transpose, VAEGRAD_INPUTS({{3, 4}}),
                [](Var a) -> Var { return transpose(a); })

// Y = A B          Ā += Ȳ Bᵀ          B̄ += Aᵀ Ȳ          (A, B as they stand in the product)
struct Matmul {
  static constexpr auto name = "matmul";
  static constexpr bool writes_first = true;
  bool a_transposed = false, b_transposed = false;

  static Shape as(Shape s, bool flip) { return flip ? Shape{s.cols, s.rows} : s; }
  static Factor factor(ConstMatrix m, bool flip) {
    return flip ? transposed(m) : vaegrad::factor(m);
  }

  Shape shape(Shape a, Shape b) const {
    a = as(a, a_transposed), b = as(b, b_transposed);
    check(a.cols == b.rows, "matmul: inner dimensions differ: a is ", a, ", b is ", b,
          a.cols == b.cols   ? "\n  hint: matmul(a, transpose(b)) would fit"
          : a.rows == b.rows ? "\n  hint: matmul(transpose(a), b) would fit"
                             : "\n  hint: a needs as many columns as b has rows");
    return {a.rows, b.cols};
  }
  void value(Node y, Node a, Node b) const {
    multiply(factor(a.val, a_transposed), factor(b.val, b_transposed), y.val.data, false);
  }
  void pull(Wrt<0>, Node y, Node a, Node b) const {
    if (a_transposed)
      add_product(a, factor(b.val, b_transposed), transposed(y.adj));
    else
      add_product(a, factor(y.adj, false), factor(b.val, !b_transposed));
  }
  void pull(Wrt<1>, Node y, Node a, Node b) const {
    if (b_transposed)
      add_product(b, transposed(y.adj), factor(a.val, a_transposed));
    else
      add_product(b, factor(a.val, !a_transposed), factor(y.adj, false));
  }
  std::string details() const {
    return concat(a_transposed ? ", a transposed" : "", b_transposed ? ", b transposed" : "");
  }
};
// What matmul takes: a Var, an expression, or transpose(..).
struct MatmulOperand {
  Var x;
  bool transposed = false;
  MatmulOperand(Var v) : x(v) {}
  MatmulOperand(const Transposed& e) : x(e.x), transposed(true) {}
  template <Expression E>
  MatmulOperand(const E& e) : x(e) {}
};
// (B, N) times (N, D); either side may be transpose(..)
inline Var matmul(MatmulOperand a, MatmulOperand b) {
  return record(Matmul{a.transposed, b.transposed}, a.x, b.x);
}
VAEGRAD_CHECKED(Matmul, matmul, VAEGRAD_INPUTS({{3, 4}}, {{4, 2}}),
                [](Var a, Var b) { return matmul(a, b); })
VAEGRAD_CHECKED_ALSO(Matmul, matmul_tn, VAEGRAD_INPUTS({{4, 3}}, {{4, 2}}),
                     [](Var a, Var b) { return matmul(transpose(a), b); })
VAEGRAD_CHECKED_ALSO(Matmul, matmul_nt, VAEGRAD_INPUTS({{3, 4}}, {{2, 4}}),
                     [](Var a, Var b) { return matmul(a, transpose(b)); })
VAEGRAD_CHECKED_ALSO(Matmul, matmul_tt, VAEGRAD_INPUTS({{4, 3}}, {{2, 4}}),
                     [](Var a, Var b) { return matmul(transpose(a), transpose(b)); })

// The same entries in another shape, row by row. No copy.
struct Reshape {
  static constexpr auto name = "reshape";
  Shape to;
  Shape shape(Shape a) const {
    check(a.size() == to.size(), "reshape: ", a, " has ", a.size(), " entries, ", to, " has ",
          to.size(), hint, "both shapes must have the same number of entries");
    return to;
  }
  static Real* alias(Node a) { return a.val.data; }
  static void pull(Wrt<0>, Node y, Node a) { add_to(a.adj, {y.adj.data, a.adj.rows, a.adj.cols}); }
};
inline Var reshape(Var a, Index rows, Index cols) { return record(Reshape{{rows, cols}}, a); }
VAEGRAD_CHECKED(Reshape, reshape, VAEGRAD_INPUTS({{3, 4}}), [](Var a) { return reshape(a, 2, 6); })

// y_ij = a_(first+i)j: `count` rows from `first` on. No copy.
struct Rows {
  static constexpr auto name = "rows";
  Index first, count;
  Shape shape(Shape a) const {
    check(first >= 0 && count >= 1 && first + count <= a.rows, "rows: ", count, " rows from ",
          first, " on do not lie in ", a, hint, "rows(x, first, count) counts from 0");
    return {count, a.cols};
  }
  Real* alias(Node a) const { return a.val.row(first); }
  void pull(Wrt<0>, Node y, Node a) const { add_to({a.adj.row(first), count, a.adj.cols}, y.adj); }
  std::string details() const { return concat(", ", first, ", ", count); }
};
inline Var rows(Var a, Index first, Index count) { return record(Rows{first, count}, a); }
VAEGRAD_CHECKED(Rows, rows, VAEGRAD_INPUTS({{5, 3}}), [](Var a) { return rows(a, 1, 3); })

// y_ij = a_i(first+j): `count` columns from `first` on
struct Columns {
  static constexpr auto name = "columns";
  Index first, count;
  Shape shape(Shape a) const {
    check(first >= 0 && count >= 1 && first + count <= a.cols, "columns: ", count, " columns from ",
          first, " on do not lie in ", a, hint, "columns(x, first, count) counts from 0");
    return {a.rows, count};
  }
  void value(Node y, Node a) const {
    for (Index i = 0; i < a.val.rows; ++i) std::copy_n(a.val.row(i) + first, count, y.val.row(i));
  }
  void pull(Wrt<0>, Node y, Node a) const {
    for (Index i = 0; i < a.val.rows; ++i)
      add_to({a.adj.row(i) + first, 1, count}, {y.adj.row(i), 1, count});
  }
  std::string details() const { return concat(", ", first, ", ", count); }
};
inline Var columns(Var a, Index first, Index count) { return record(Columns{first, count}, a); }
VAEGRAD_CHECKED(Columns, columns, VAEGRAD_INPUTS({{3, 6}}), [](Var a) { return columns(a, 2, 3); })

// One below the other: two or more Vars or expressions
struct ConcatenateRows {
  static constexpr auto name = "concatenate_rows";
  template <class... S>
  static Shape shape(Shape first, S... more) {
    (check(more.cols == first.cols, "concatenate_rows: columns differ: ", first, " and ", more,
           hint, "parts that stand one below the other have the same columns"),
     ...);
    return {(first.rows + ... + more.rows), first.cols};
  }
  template <class... N>
  static void value(Node y, N... part) {
    Real* to = y.val.data;
    ((to = std::copy(part.val.begin(), part.val.end(), to)), ...);
  }
  template <std::size_t K, class... N>
  static void pull(Wrt<K>, Node y, N... part) {
    const Node all[]{part...};
    Real* from = y.adj.data;
    for (std::size_t k = 0; k < K; ++k) from += all[k].val.size();
    add_to(all[K].adj, {from, all[K].adj.rows, all[K].adj.cols});
  }
};
template <Operand... V>
Var concatenate_rows(const V&... part) {
  return record(ConcatenateRows{}, Var(part)...);
}
VAEGRAD_CHECKED(ConcatenateRows, concatenate_rows, VAEGRAD_INPUTS({{2, 3}}, {{1, 3}}, {{4, 3}}),
                [](Var a, Var b, Var c) { return concatenate_rows(a, b, c); })

// Side by side: two or more Vars or expressions
struct ConcatenateColumns {
  static constexpr auto name = "concatenate_columns";
  template <class... S>
  static Shape shape(Shape first, S... more) {
    (check(more.rows == first.rows, "concatenate_columns: rows differ: ", first, " and ", more,
           hint, "parts that stand side by side have the same rows"),
     ...);
    return {first.rows, (first.cols + ... + more.cols)};
  }
  template <class... N>
  static void value(Node y, N... part) {
    for (Index i = 0; i < y.val.rows; ++i) {
      Real* to = y.val.row(i);
      ((to = std::copy_n(part.val.row(i), part.val.cols, to)), ...);
    }
  }
  template <std::size_t K, class... N>
  static void pull(Wrt<K>, Node y, N... part) {
    const Node all[]{part...};
    Index first = 0;
    for (std::size_t k = 0; k < K; ++k) first += all[k].val.cols;
    const Matrix to = all[K].adj;
    for (Index i = 0; i < to.rows; ++i)
      add_to({to.row(i), 1, to.cols}, {y.adj.row(i) + first, 1, to.cols});
  }
};
template <Operand... V>
Var concatenate_columns(const V&... part) {
  return record(ConcatenateColumns{}, Var(part)...);
}
VAEGRAD_CHECKED(ConcatenateColumns, concatenate_columns,
                VAEGRAD_INPUTS({{3, 2}}, {{3, 1}}, {{3, 4}}),
                [](Var a, Var b, Var c) { return concatenate_columns(a, exp(b), c); })

// y_i = a_row(i); a row may be taken several times
struct GatherRows {
  static constexpr auto name = "gather_rows";
  const std::uint32_t* row;  // in the tape's memory
  Index count;
  Shape shape(Shape a) const {
    for (Index i = 0; i < count; ++i)
      check(Index(row[i]) < a.rows, "gather_rows: index ", row[i], " at ", i,
            " is beyond the last row of ", a, hint, "indices count from 0");
    return {count, a.cols};
  }
  void value(Node y, Node a) const {
    for (Index i = 0; i < count; ++i)
      std::copy_n(a.val.row(Index(row[i])), a.val.cols, y.val.row(i));
  }
  void pull(Wrt<0>, Node y, Node a) const {
    for (Index i = 0; i < count; ++i)
      add_to({a.adj.row(Index(row[i])), 1, a.adj.cols}, {y.adj.row(i), 1, a.adj.cols});
  }
};
inline Var gather_rows(Var a, std::span<const std::uint32_t> row) {
  auto* copy = a.tape().memory_for<std::uint32_t>(Index(row.size()));
  std::copy(row.begin(), row.end(), copy);
  return record(GatherRows{copy, Index(row.size())}, a);
}
VAEGRAD_CHECKED(GatherRows, gather_rows, VAEGRAD_INPUTS({{4, 3}}), [](Var a) {
  const std::uint32_t row[]{2, 0, 2, 3, 2};
  return gather_rows(a, row);
})

// y_i = a_i,column(i): one entry of each row
struct PickColumns {
  static constexpr auto name = "pick_columns";
  const std::uint32_t* column;  // in the tape's memory
  Index count;
  Shape shape(Shape a) const {
    check(count == a.rows, "pick_columns: ", count, " columns are named, but there are ", a.rows,
          " rows", hint, "one column for each row of ", a);
    for (Index i = 0; i < count; ++i)
      check(Index(column[i]) < a.cols, "pick_columns: index ", column[i], " at ", i,
            " is beyond the last column of ", a, hint, "indices count from 0");
    return {count, 1};
  }
  void value(Node y, Node a) const {
    for (Index i = 0; i < count; ++i) y.val.data[i] = a.val(i, Index(column[i]));
  }
  void pull(Wrt<0>, Node y, Node a) const {
    for (Index i = 0; i < count; ++i) a.adj(i, Index(column[i])) += y.adj.data[i];
  }
};
inline Var pick_columns(Var a, std::span<const std::uint32_t> column) {
  auto* copy = a.tape().memory_for<std::uint32_t>(Index(column.size()));
  std::copy(column.begin(), column.end(), copy);
  return record(PickColumns{copy, Index(column.size())}, a);
}
VAEGRAD_CHECKED(PickColumns, pick_columns, VAEGRAD_INPUTS({{4, 3}}), [](Var a) {
  const std::uint32_t column[]{2, 0, 2, 1};
  return pick_columns(a, column);
})

// y = a, as a constant: nothing flows back
struct StopGradient {
  static constexpr auto name = "stop_gradient";
  static constexpr bool is_constant = true;
  static constexpr bool is_surrogate = true;
  static Shape shape(Shape a) { return a; }
  static Real* alias(Node a) { return a.val.data; }
  static void pull(Wrt<0>, Node, Node) {}
};
inline Var stop_gradient(Var a) { return record(StopGradient{}, a); }
VAEGRAD_CHECKED(StopGradient, stop_gradient, VAEGRAD_INPUTS({{3, 4}}),
                [](Var a) { return stop_gradient(a); })

// y = hard, but the adjoint goes to `soft` as if y were soft (Bengio et al. 2013, arXiv 1308.3432)
struct StraightThrough {
  static constexpr auto name = "straight_through";
  static constexpr bool is_surrogate = true;
  static Shape shape(Shape hard, Shape soft) {
    check(hard == soft, "straight_through: shapes differ: hard is ", hard, ", soft is ", soft, hint,
          "soft stands in for hard entry by entry");
    return hard;
  }
  static Real* alias(Node hard, Node) { return hard.val.data; }
  static void pull(Wrt<0>, Node, Node, Node) {}
  static void pull(Wrt<1>, Node y, Node, Node soft) { add_to(soft.adj, y.adj); }
};
inline Var straight_through(Var hard, Var soft) { return record(StraightThrough{}, hard, soft); }
VAEGRAD_CHECKED(StraightThrough, straight_through, VAEGRAD_INPUTS({{3, 4}}, {{3, 4}}),
                [](Var hard, Var soft) { return straight_through(hard, soft); })

}  // namespace vaegrad::inline VAEGRAD_ABI
