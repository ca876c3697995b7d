// y = N e, row by row: a strictly lower triangular matrix for each example, and K vectors for it.
#pragma once
#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// n (B, Z (Z − 1) / 2) holds the rows of N below the diagonal, one after the other; e (B K, Z).
// y_i = Σ_{j<i} N_ij e_j          N̄_ij += Σ_k ȳ_ki e_kj          ē_j += Σ_{i>j} N_ij ȳ_i
struct LowerProduct {
  static constexpr auto name = "lower_product";
  static Shape shape(Shape n, Shape e) {
    check(n.cols == e.cols * (e.cols - 1) / 2 && e.rows % n.rows == 0,
          "lower_product: the triangles are ", n, ", the vectors ", e, hint,
          "Z (Z - 1) / 2 numbers for vectors of Z, and as many vectors for each triangle");
    return e;
  }
  // f(row of n, row of e, place in a row of n, i, j) for each entry of each product
  template <class F>
  static void each(Node y, Node n, F f) {
    const Index particles = y.val.rows / n.val.rows;
    for (Index r = 0; r < y.val.rows; ++r)
      for (Index i = 1, at = 0; i < y.val.cols; ++i)
        for (Index j = 0; j < i; ++j, ++at) f(r / particles, r, at, i, j);
  }
  static void value(Node y, Node n, Node e) {
    std::fill(y.val.begin(), y.val.end(), Real{0});
    each(y, n, [&](Index b, Index r, Index at, Index i, Index j) {
      y.val(r, i) += n.val(b, at) * e.val(r, j);
    });
  }
  static void pull(Wrt<0>, Node y, Node n, Node e) {
    each(y, n, [&](Index b, Index r, Index at, Index i, Index j) {
      n.adj(b, at) += y.adj(r, i) * e.val(r, j);
    });
  }
  static void pull(Wrt<1>, Node y, Node n, Node e) {
    each(y, n, [&](Index b, Index r, Index at, Index i, Index j) {
      e.adj(r, j) += n.val(b, at) * y.adj(r, i);
    });
  }
};
inline Var lower_product(Var n, Var e) { return record(LowerProduct{}, n, e); }
VAEGRAD_CHECKED(LowerProduct, lower_product, VAEGRAD_INPUTS({{2, 6}}, {{4, 4}}),
                [](Var n, Var e) { return lower_product(n, e); })

}  // namespace vaegrad::inline VAEGRAD_ABI
