// A Householder reflection of each row, at the plane that one of its example's vectors stands on.
#pragma once
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// x (B K, Z), and p (B, N) holds v (Z numbers from `first` on):  y = x − 2 v vᵀx / ‖v‖²
// x̄ += ȳ − 2 v vᵀȳ / ‖v‖²          v̄ += −2 (vᵀx ȳ + vᵀȳ x) / ‖v‖² + 4 vᵀx vᵀȳ v / ‖v‖⁴
struct Reflect {
  static constexpr auto name = "reflect";
  Index first;

  Shape shape(Shape x, Shape p) const {
    check(x.rows % p.rows == 0 && first >= 0 && first + x.cols <= p.cols, "reflect: x is ", x,
          ", the vectors stand from ", first, " on in ", p, hint,
          "a vector as long as a row of x, and K rows of x for each");
    return x;
  }
  struct Row {
    const Real* v;
    Real along, squares;  // vᵀ of the row, ‖v‖² (1 where v is 0: then nothing is reflected)
  };
  Row row(Matrix x, Node p, Index r) const {
    const Real* v = p.val.row(r / (x.rows / p.val.rows)) + first;
    Real along = 0, squares = 0;
    for (Index j = 0; j < x.cols; ++j) along += v[j] * x(r, j), squares += v[j] * v[j];
    return {v, along, squares > 0 ? squares : 1};
  }
  void value(Node y, Node x, Node p) const {
    for (Index r = 0; r < x.val.rows; ++r) {
      const auto [v, along, squares] = row(x.val, p, r);
      for (Index j = 0; j < x.val.cols; ++j) y.val(r, j) = x.val(r, j) - 2 * along / squares * v[j];
    }
  }
  void pull(Wrt<0>, Node y, Node x, Node p) const {
    for (Index r = 0; r < x.val.rows; ++r) {
      const auto [v, along, squares] = row(y.adj, p, r);
      for (Index j = 0; j < x.val.cols; ++j)
        x.adj(r, j) += y.adj(r, j) - 2 * along / squares * v[j];
    }
  }
  void pull(Wrt<1>, Node y, Node x, Node p) const {
    for (Index r = 0; r < x.val.rows; ++r) {
      const auto [v, along, squares] = row(x.val, p, r);
      const Real back = row(y.adj, p, r).along;
      Real* to = p.adj.row(r / (x.val.rows / p.val.rows)) + first;
      for (Index j = 0; j < x.val.cols; ++j)
        to[j] -= 2 / squares *
                 (along * y.adj(r, j) + back * x.val(r, j) - 2 * along * back / squares * v[j]);
    }
  }
  std::string details() const { return concat(", ", first); }
};
VAEGRAD_CHECKED(Reflect, reflect, VAEGRAD_INPUTS({{4, 3}}, {{2, 5}}),
                [](Var x, Var p) { return record(Reflect{1}, x, p); })

}  // namespace vaegrad::inline VAEGRAD_ABI
