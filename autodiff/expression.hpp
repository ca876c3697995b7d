// Elementwise mathematics, written as formulas and run as fused loops.
//
//   Var z = mean + exp(0.5 * log_variance) * noise;        // one entry, one pass
//
// An operator or function on Vars does not compute: it builds a small tree. Storing the tree in a
// Var, or reducing it (fused.hpp), records one entry, whose value loop and pullback loop
// (loops.hpp) are generated from the rows of elementwise.hpp over vector lanes, with no temporaries
// in memory.
//
// A tree holds Vars, not memory: they are resolved and checked when it is recorded, so a tree kept
// across reset() is an error. Recording it twice makes two entries.
#pragma once
#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include <vaegrad/autodiff/tape.hpp>
#include <vaegrad/autodiff/visitor.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What a tree is made of; Row is a row of elementwise.hpp, A and B are trees.
template <class Row, class A>
struct Unary {
  static constexpr bool is_expression = true;
  A a;
};
template <class Row, class A, class B>
struct Binary {
  static constexpr bool is_expression = true;
  A a;
  B b;
};
struct Literal {
  static constexpr bool is_expression = true;
  Real c;
};
struct Repeated {
  static constexpr bool is_expression = true;
  Var x;
  Index times;
};

// What transpose(x) gives: matmul takes it as it is, anything else stores it.
struct Transposed {
  static constexpr bool is_expression = true;
  Var x;
};
Var stored(const Transposed& e);  // structure.hpp

// (B times, D), row i of which is row i / times of x (B, D). Inside an expression nothing is
// copied.
Repeated repeat_rows(Var x, Index times);

// What formulas are made of: numbers, and Vars or expressions of them.
template <class T>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<T>>;
template <class T>
concept Operand = std::same_as<std::remove_cvref_t<T>, Var> || Expression<T>;

// A number, a Var or an expression as part of a tree.
template <Number N>
Literal operand(N c) {
  return {Real(c)};
}
inline Var operand(Var x) { return x; }
template <Expression E>
E operand(const E& e) {
  return e;
}
template <class T>
using operand_t = decltype(operand(std::declval<const T&>()));

// ---- internal: what is done with a tree ----

// The tree with f(leaf) in the place of every leaf, left before right.
template <class F>
Literal map_leaves(const Literal& e, F&) {
  return e;
}
template <class L, class F>
auto map_leaves(const L& leaf, F& f) {
  return f(leaf);
}
template <class Row, class A, class F>
auto map_leaves(const Unary<Row, A>& e, F& f) {
  return Unary<Row, decltype(map_leaves(e.a, f))>{map_leaves(e.a, f)};
}
template <class Row, class A, class B, class F>
auto map_leaves(const Binary<Row, A, B>& e, F& f) {
  auto a = map_leaves(e.a, f);
  auto b = map_leaves(e.b, f);
  return Binary<Row, decltype(a), decltype(b)>{a, b};
}

// f(leaf) for every leaf, left before right.
template <class F>
void each_leaf(Literal&, F&&) {}
template <class L, class F>
void each_leaf(L& leaf, F&& f) {
  f(leaf);
}
template <class Row, class A, class F>
void each_leaf(Unary<Row, A>& e, F&& f) {
  each_leaf(e.a, f);
}
template <class Row, class A, class B, class F>
void each_leaf(Binary<Row, A, B>& e, F&& f) {
  each_leaf(e.a, f);
  each_leaf(e.b, f);
}

// ---- internal: on the tape, the same tree with resolved leaves ----

struct Leaf {
  const Real* val;
  Index rows, cols, repeat;
  std::uint32_t index;  // of its entry
  bool active;          // wants an adjoint
  // While a pullback runs:
  bool fresh;     // the adjoint holds nothing yet
  Real* adj;      // null when inactive
  Real* partial;  // one partial sum per block, where several blocks add to the same entry

  Index all_rows() const { return rows * repeat; }
};

// The leaves of a tree, left before right, for what is the same for every tree.
template <class T>
inline constexpr std::size_t leaf_count = 1;
template <>
inline constexpr std::size_t leaf_count<Literal> = 0;
template <class Row, class A>
inline constexpr std::size_t leaf_count<Unary<Row, A>> = leaf_count<A>;
template <class Row, class A, class B>
inline constexpr std::size_t leaf_count<Binary<Row, A, B>> = leaf_count<A> + leaf_count<B>;
template <class Bound>
std::array<Leaf*, leaf_count<Bound>> leaves_of(Bound& bound) {
  std::array<Leaf*, leaf_count<Bound>> all;
  Leaf** next = all.data();
  each_leaf(bound, [&](Leaf& leaf) { *next++ = &leaf; });
  return all;
}
using Leaves = std::span<Leaf* const>;

inline Tape* tape_of(const Literal&) { return nullptr; }
inline Tape* tape_of(Var x) { return &Tape::of(x, "expression"); }
inline Tape* tape_of(const Repeated& e) { return tape_of(e.x); }
inline Tape* tape_of(const Transposed& e) { return tape_of(e.x); }
template <class Row, class A>
Tape* tape_of(const Unary<Row, A>& e) {
  return tape_of(e.a);
}
template <class Row, class A, class B>
Tape* tape_of(const Binary<Row, A, B>& e) {
  Tape* tape = tape_of(e.a);
  return tape ? tape : tape_of(e.b);
}

struct Resolve {
  const Tape& tape;
  Leaf operator()(Var x, Index repeat = 1) const {
    const std::uint32_t index = tape.index(x, "expression");
    const Entry& e = tape.entry(index);
    return {e.val, e.rows, e.cols, repeat, index, e.active, false, nullptr, nullptr};
  }
  Leaf operator()(const Repeated& e) const { return (*this)(e.x, e.times); }
  Leaf operator()(const Transposed& e) const { return (*this)(stored(e)); }
};

// The shape two operands broadcast to: sizes are equal, or one of them is 1.
Shape broadcast(const char* name, Shape a, Shape b);

inline Shape shape_of(const Literal&) { return {1, 1}; }
inline Shape shape_of(const Leaf& l) { return {l.all_rows(), l.cols}; }
template <class Row, class A>
Shape shape_of(const Unary<Row, A>& e) {
  return shape_of(e.a);
}
template <class Row, class A, class B>
Shape shape_of(const Binary<Row, A, B>& e) {
  return broadcast(Row::name, shape_of(e.a), shape_of(e.b));
}

// As text, with %3 for entry 3; an outermost operator stands without parentheses.
void describe(const Leaf& leaf, std::string& to, bool inner = false);
void describe(const Literal& literal, std::string& to, bool inner = false);
template <class Row, class A>
void describe(const Unary<Row, A>& e, std::string& to, bool = false) {
  to += Row::name;
  to += '(';
  describe(e.a, to);
  to += ')';
}
template <class Row, class A, class B>
void describe(const Binary<Row, A, B>& e, std::string& to, bool inner = false) {
  if (!Row::infix) to += Row::name;
  if (!Row::infix || inner) to += '(';
  describe(e.a, to, Row::infix);
  to += Row::infix ? concat(' ', Row::name, ' ') : ", ";
  describe(e.b, to, Row::infix);
  if (!Row::infix || inner) to += ')';
}

// To a visitor, operands first.
inline void visit(const Leaf& leaf, Visitor& to) { to.leaf(leaf.index, leaf.repeat); }
inline void visit(const Literal& literal, Visitor& to) { to.literal(literal.c); }
template <class Row, class A>
void visit(const Unary<Row, A>& e, Visitor& to) {
  visit(e.a, to);
  to.function(Row::name, 1);
}
template <class Row, class A, class B>
void visit(const Binary<Row, A, B>& e, Visitor& to) {
  visit(e.a, to);
  visit(e.b, to);
  to.function(Row::name, 2);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
