// The weights of a network in which the i-th output sees what stands before the i-th input alone.
// Germain, Gregor, Murray and Larochelle, MADE, arXiv 1502.03509, eq. 12 and 13
#pragma once
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Inputs have the degrees 1 .. Z (Z .. 1 where reversed), as the outputs have; of H hidden units
// each degree 0 .. Z − 1 has as many, those of degree 0 to be told of the context alone.
//   into the hidden layer:  y_ik = w_ik [degree k ≥ degree i], w (Z, H)
//   out of it:              y_kj = w_kj [degree j > degree k], w (H, Z)          w̄_kj += ȳ_kj [..]
struct Masked {
  static constexpr auto name = "masked";
  bool out, reversed;

  static Shape shape(Shape w) { return w; }
  bool seen(Shape w, Index i, Index j) const {
    const Index latent = out ? w.cols : w.rows, hidden = out ? w.rows : w.cols;
    const Index k = out ? i : j, at = out ? j : i;
    const Index of_hidden = k * latent / hidden, degree = reversed ? latent - at : at + 1;
    return out ? degree > of_hidden : of_hidden >= degree;
  }
  void value(Node y, Node w) const {
    for (Index i = 0; i < y.val.rows; ++i)
      for (Index j = 0; j < y.val.cols; ++j)
        y.val(i, j) = seen(y.val.shape(), i, j) ? w.val(i, j) : 0;
  }
  void pull(Wrt<0>, Node y, Node w) const {
    for (Index i = 0; i < y.val.rows; ++i)
      for (Index j = 0; j < y.val.cols; ++j)
        if (seen(y.val.shape(), i, j)) w.adj(i, j) += y.adj(i, j);
  }
  std::string details() const {
    return concat(out ? ", out" : ", in", reversed ? ", reversed" : "");
  }
};
VAEGRAD_CHECKED(Masked, masked_in, VAEGRAD_INPUTS({{3, 7}}), [](Var w) {
  return record(Masked{false, false}, w);
})
VAEGRAD_CHECKED_ALSO(Masked, masked_out, VAEGRAD_INPUTS({{7, 3}}), [](Var w) {
  return record(Masked{true, true}, w);
})

}  // namespace vaegrad::inline VAEGRAD_ABI
