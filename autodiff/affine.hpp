// A dense layer's product with its bias, and with what follows.
#pragma once
#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/kernels/epilogue.hpp>
#include <vaegrad/autodiff/structure.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal ----

inline void check_affine(const char* where, Shape a, Shape b, Shape c) {
  check(a.cols == b.rows, where, ": inner dimensions differ: a is ", a, ", b is ", b, hint,
        "a needs as many columns as b has rows");
  check(c == Shape{1, b.cols}, where, ": c is ", c, ", but b is ", b, hint,
        "c needs one row and as many columns as b");
}

// ---- the ops ----

// Y = A B + 1 c          Ā += Ȳ Bᵀ          B̄ += Aᵀ Ȳ          c̄_j += Σ_i ȳ_ij          c  (1, D)
//
// One entry rather than matmul(a, b) + c: that sum reads and writes all of Y once more, and its
// pullback all of Ȳ; 5 % of a step in which Y is as wide as an image.
struct Affine {
  static constexpr auto name = "affine";
  static constexpr bool writes_first = true;

  static Shape shape(Shape a, Shape b, Shape c) {
    check_affine(name, a, b, c);
    return {a.rows, b.cols};
  }
  static void value(Node y, Node a, Node b, Node c) {
    multiply(factor(a.val), factor(b.val), y.val.data, false, c.val.data);
  }
  static void pull(Wrt<0>, Node y, Node a, Node b, Node) {
    add_product(a, factor(y.adj), transposed(b.val));
  }
  static void pull(Wrt<1>, Node y, Node a, Node b, Node) {
    add_product(b, transposed(a.val), factor(y.adj));
  }
  static void pull(Wrt<2>, Node y, Node, Node, Node c) { sum_columns(y.adj, c.adj.data, !c.fresh); }
};
// a b + c:  a (B, N), b (N, D), c (1, D)
inline Var affine(Var a, Var b, Var c) { return record(Affine{}, a, b, c); }

// H = f(U), U = A B + 1 c     δ = f'(U) ⊙ H̄     Ā += δ Bᵀ     B̄ += Aᵀ δ     c̄_j += Σ_i δ_ij
//
// U is nowhere kept: f is applied to a tile as it is computed, and its slope is known by H.
struct AffineThen {
  static constexpr auto name = "affine";
  const Epilogue* f;

  static Shape shape(Shape a, Shape b, Shape c) {
    check_affine(name, a, b, c);
    return {a.rows, b.cols};
  }
  void value(Node h, Node a, Node b, Node c) const {
    multiply(factor(a.val), factor(b.val), h.val.data, false, c.val.data, f);
  }
  void pull_all(Node h, Node a, Node b, Node c) const {
    const auto [rows, cols] = h.val.shape();
    // δ takes the place of H̄ where it must last, or else memory that is used again.
    const Factor there{h.adj.data, rows, cols};
    const bool lasts = b.later.waits(b.adj, transposed(a.val), there);
    const Factor delta{pull_epilogue(*f, h.val.data, h.adj.data, rows, cols, {c.adj.data, !c.fresh},
                                     lasts ? h.adj.data : nullptr),
                       rows, cols};
    if (a.adj.data) multiply(delta, transposed(b.val), a.adj.data, !a.fresh);
    if (lasts)
      b.later.give(transposed(a.val), delta, b.fresh);
    else if (b.adj.data)
      multiply(transposed(a.val), delta, b.adj.data, !b.fresh);
  }
  std::string details() const { return concat(", ", f->name); }
};
// f(a b + c), entry by entry
Var affine(Var a, Var b, Var c, const Epilogue&& f) = delete;  // f outlives the tape
inline Var affine(Var a, Var b, Var c, const Epilogue& f) {
  return record(AffineThen{&f}, a, b, c);
}

// clang-format off
VAEGRAD_CHECKED(Affine, affine, VAEGRAD_INPUTS({{3, 4}}, {{4, 2}}, {{1, 2}}),
        [](Var a, Var b, Var c) { return affine(a, b, c); })
VAEGRAD_CHECKED_ALSO(Affine, affine_wide, VAEGRAD_INPUTS({{5, 2}}, {{2, 75}}, {{1, 75}}),
             [](Var a, Var b, Var c) { return affine(a, b, c); })
VAEGRAD_CHECKED(AffineThen, affine_relu, VAEGRAD_INPUTS({{3, 4}}, {{4, 2}}, {{1, 2}}),
        [](Var a, Var b, Var c) { return affine(a, b, c, epilogue_of<relu_row>); })
VAEGRAD_CHECKED_ALSO(AffineThen, affine_tanh, VAEGRAD_INPUTS({{5, 2}}, {{2, 75}}, {{1, 75}}),
             [](Var a, Var b, Var c) { return affine(a, b, c, epilogue_of<tanh_row>); })
VAEGRAD_CHECKED_ALSO(AffineThen, affine_sigmoid, VAEGRAD_INPUTS({{3, 4}}, {{4, 3}}, {{1, 3}}),
             [](Var a, Var b, Var c) { return affine(a, b, c, epilogue_of<sigmoid_row>); })
VAEGRAD_CHECKED_ALSO(AffineThen, affine_elu, VAEGRAD_INPUTS({{3, 4}}, {{4, 3}}, {{1, 3}}),
             [](Var a, Var b, Var c) { return affine(a, b, c, epilogue_of<elu_row>); })
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
