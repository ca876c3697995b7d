// y = x, and x̄ = w ȳ row by row: how a gradient by draws is weighted after the draws are known.
#pragma once
#include <vaegrad/autodiff/op.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Row i of the adjoint is multiplied by w_i, whose value may be filled in until backward().
struct ScaleAdjoint {
  static constexpr auto name = "scale_adjoint";
  static Shape shape(Shape x, Shape w) {
    check(w == Shape{x.rows, 1}, "scale_adjoint: x is ", x, ", w is ", w, hint,
          "w has one factor per row of x");
    return x;
  }
  static Real* alias(Node x, Node) { return x.val.data; }
  static void pull(Wrt<0>, Node y, Node x, Node w) {
    for (Index i = 0; i < y.val.rows; ++i)
      for (Index j = 0; j < y.val.cols; ++j) x.adj(i, j) += w.val(i, 0) * y.adj(i, j);
  }
  static void pull(Wrt<1>, Node, Node, Node) {}
};
VAEGRAD_CHECKED(ScaleAdjoint, scale_adjoint, VAEGRAD_INPUTS({{3, 4}}), [](Var x) {
  return record(ScaleAdjoint{}, x, x.tape().constant({{1}, {1}, {1}}));
})

}  // namespace vaegrad::inline VAEGRAD_ABI
