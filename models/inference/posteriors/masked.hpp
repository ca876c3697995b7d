// The weights of a network in which the i-th output sees what stands before the i-th input alone.
// Germain, Gregor, Murray and Larochelle, MADE, arXiv 1502.03509, eq. 12 and 13
#pragma once
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Inputs have the degrees 1 .. Z (Z .. 1 where reversed), as the outputs have; of H hidden units
// each degree 0 .. Z − 1 has as many, those of degree 0 to be told of the context alone.
//   into a hidden layer:  y_ik = w_ik [degree k ≥ degree i], w (Z, H)
//   to the next one:      the same, w (H, H')
//   out of the last:      y_kj = w_kj [degree j > degree k], w (H, Z)          w̄_kj += ȳ_kj [..]
struct Masked {
  static constexpr auto name = "masked";
  static constexpr bool writes_first = true;
  enum class Place { in, between, out };
  Place place;
  Index latent;  // Z
  bool reversed;

  static Shape shape(Shape w) { return w; }
  // Columns [first, end) of row i are seen.
  struct Range {
    Index first, end;
  };
  Range seen(Shape w, Index i) const {
    const Index degree = place != Place::in ? i * latent / w.rows : reversed ? latent - i : i + 1;
    if (place == Place::out) return reversed ? Range{0, latent - degree} : Range{degree, latent};
    return {std::min(w.cols, (degree * w.cols + latent - 1) / latent), w.cols};
  }
  void value(Node y, Node w) const {
    for (Index i = 0; i < y.val.rows; ++i) {
      const auto [first, end] = seen(y.val.shape(), i);
      Real* row = y.val.row(i);
      std::fill_n(row, first, Real{0});
      std::copy_n(w.val.row(i) + first, end - first, row + first);
      std::fill_n(row + end, y.val.cols - end, Real{0});
    }
  }
  void pull(Wrt<0>, Node y, Node w) const {
    if (w.fresh) return value({w.adj, {}}, {y.adj, {}});
    for (Index i = 0; i < y.val.rows; ++i) {
      const auto [first, end] = seen(y.val.shape(), i);
      for (Index j = first; j < end; ++j) w.adj(i, j) += y.adj(i, j);
    }
  }
  std::string details() const {
    const char* to[] = {", in", ", between", ", out"};
    return concat(to[int(place)], reversed ? ", reversed" : "");
  }
};
VAEGRAD_CHECKED(Masked, masked_in, VAEGRAD_INPUTS({{3, 7}}), [](Var w) {
  return record(Masked{Masked::Place::in, 3, false}, w);
})
VAEGRAD_CHECKED_ALSO(Masked, masked_out, VAEGRAD_INPUTS({{7, 3}}), [](Var w) {
  return record(Masked{Masked::Place::out, 3, true}, w);
})
VAEGRAD_CHECKED_ALSO(Masked, masked_in_few, VAEGRAD_INPUTS({{5, 3}}), [](Var w) {
  return record(Masked{Masked::Place::in, 5, true}, w);
})
VAEGRAD_CHECKED_ALSO(Masked, masked_between, VAEGRAD_INPUTS({{7, 4}}), [](Var w) {
  return record(Masked{Masked::Place::between, 3, true}, w);
})
VAEGRAD_CHECKED_ALSO(Masked, masked_out_few, VAEGRAD_INPUTS({{3, 5}}), [](Var w) {
  return record(Masked{Masked::Place::out, 5, false}, w);
})

}  // namespace vaegrad::inline VAEGRAD_ABI
