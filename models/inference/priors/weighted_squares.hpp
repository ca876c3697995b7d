// How far each of some points is from each of some centres, in units of the centre's own.
#pragma once
#include <vaegrad/autodiff/op.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y_ik = Σ_j w_kj d²,  d = z_ij − m_kj:  z (B, Z), m and w (K, Z) -> (B, K)
//   z̄_ij += 2 Σ_k ȳ_ik w_kj d      m̄_kj −= 2 w_kj Σ_i ȳ_ik d      w̄_kj += Σ_i ȳ_ik d²
// Not multiplied out into products of matrices: Σ w z² − 2 Σ w z m + Σ w m² has the digits of its
// largest term, and with deviations of 1/100 that costs 0.1 nat of a density in single precision.
struct WeightedSquares {
  static constexpr auto name = "weighted_squares";
  static Shape shape(Shape z, Shape m, Shape w) {
    check(m == w && z.cols == m.cols, "weighted_squares: z is ", z, ", the centres ", m,
          ", their weights ", w);
    return {z.rows, m.rows};
  }
  static void value(Node y, Node z, Node m, Node w);
  static void pull(Wrt<0>, Node y, Node z, Node m, Node w);
  static void pull(Wrt<1>, Node y, Node z, Node m, Node w);
  static void pull(Wrt<2>, Node y, Node z, Node m, Node w);
};
inline Var weighted_squares(Var z, Var m, Var w) { return record(WeightedSquares{}, z, m, w); }
VAEGRAD_CHECKED(WeightedSquares, weighted_squares, VAEGRAD_INPUTS({{4, 3}}, {{2, 3}}, {{2, 3}}),
                [](Var z, Var m, Var w) { return weighted_squares(z, m, w); })

}  // namespace vaegrad::inline VAEGRAD_ABI
