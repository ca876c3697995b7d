// Ops on the unit sphere in R^Z, rows of Z numbers, for the von Mises-Fisher posterior.
#pragma once
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/numerics/sphere.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y = x / ‖x‖          x̄ += (ȳ − y yᵀȳ) / ‖x‖;  of x = 0 the first axis, and no gradient
struct UnitRows {
  static constexpr auto name = "unit_rows";
  static Shape shape(Shape x) { return x; }
  static Real length(Node x, Index i) {
    Real squares = 0;
    for (Index j = 0; j < x.val.cols; ++j) squares += x.val(i, j) * x.val(i, j);
    return std::sqrt(squares);
  }
  static void value(Node y, Node x) {
    for (Index i = 0; i < x.val.rows; ++i) {
      const Real n = length(x, i);
      for (Index j = 0; j < x.val.cols; ++j) y.val(i, j) = n == 0 ? Real(j == 0) : x.val(i, j) / n;
    }
  }
  static void pull(Wrt<0>, Node y, Node x) {
    for (Index i = 0; i < x.val.rows; ++i) {
      const Real n = length(x, i);
      if (n == 0) continue;
      Real along = 0;
      for (Index j = 0; j < x.val.cols; ++j) along += y.val(i, j) * y.adj(i, j);
      for (Index j = 0; j < x.val.cols; ++j) x.adj(i, j) += (y.adj(i, j) - y.val(i, j) * along) / n;
    }
  }
};
inline Var unit_rows(Var x) { return record(UnitRows{}, x); }
VAEGRAD_CHECKED(UnitRows, unit_rows, VAEGRAD_INPUTS({{4, 3}}), [](Var x) { return unit_rows(x); })

// κ (B, 1), u (B K, 1) uniform: the angle θ between z and μ in R^m, and ∂θ/∂κ beside it, to which
// no gradient goes;  (B K, 2)          κ̄ += Σ_k θ̄_k ∂θ_k/∂κ
struct PolarDraw {
  static constexpr auto name = "polar_draw";
  Index m;
  Shape shape(Shape kappa, Shape u) const {
    check(kappa.cols == 1 && u.cols == 1 && u.rows % kappa.rows == 0, "polar_draw: kappa is ",
          kappa, ", u ", u, hint, "K numbers for each row of kappa");
    return {u.rows, 2};
  }
  void value(Node y, Node kappa, Node u) const {
    const Index particles = u.val.rows / kappa.val.rows;
    parallel_for(kappa.val.rows, true, [&](Index b) {
      const PolarAngle angle(m, double(kappa.val(b, 0)));
      for (Index r = b * particles; r < (b + 1) * particles; ++r) {
        const auto [theta, slope] = angle.at(double(u.val(r, 0)));
        y.val(r, 0) = Real(theta), y.val(r, 1) = Real(slope);
      }
    });
  }
  static void pull(Wrt<0>, Node y, Node kappa, Node u) {
    const Index particles = u.val.rows / kappa.val.rows;
    for (Index r = 0; r < y.val.rows; ++r) kappa.adj(r / particles, 0) += y.adj(r, 0) * y.val(r, 1);
  }
  static void pull(Wrt<1>, Node, Node, Node) {}
};
VAEGRAD_CHECKED(PolarDraw, polar_draw, VAEGRAD_INPUTS({{2, 1}, 0.5, 20}), [](Var kappa) {
  return columns(
      record(PolarDraw{4}, kappa,
             kappa.tape().constant({{Real(0.2)}, {Real(0.7)}, {Real(0.5)}, {Real(0.01)}})),
      0, 1);
})

// z at the angle θ from μ, in the direction that e has there: z = H (s cos θ, sin θ e), with s = −1
// where μ_1 ≥ 0, else 1, and H the reflection that takes (s, 0) to μ, at u = (s, 0) − μ.
// μ (B, Z), θ (B K, 1), e (B K, Z − 1), rows of length 1
struct OnSphere {
  static constexpr auto name = "on_sphere";
  static Shape shape(Shape mu, Shape theta, Shape e) {
    check(e.cols == mu.cols - 1 && theta == Shape{e.rows, 1} && e.rows % mu.rows == 0,
          "on_sphere: mu is ", mu, ", theta ", theta, ", e ", e, hint,
          "e has a column less than mu, and K rows for each of mu's");
    return {e.rows, mu.cols};
  }
  struct Row {
    const Real *mu, *e;
    Real s, cos, sin;
    Real u(Index j) const { return (j ? 0 : s) - mu[j]; }
    Real y(Index j) const { return j ? sin * e[j - 1] : s * cos; }
  };
  static Row row(Node mu, Node theta, Node e, Index r) {
    const Real* m = mu.val.row(r / (e.val.rows / mu.val.rows));
    const Real t = theta.val(r, 0);
    return {m, e.val.row(r), m[0] < 0 ? Real(1) : Real(-1), std::cos(t), std::sin(t)};
  }
  // uᵀu, uᵀy, uᵀz̄
  struct Products {
    Real squares = 0, y = 0, z = 0;
  };
  static Products products(const Row& q, const Real* z_adj, Index n) {
    Products p;
    for (Index j = 0; j < n; ++j) {
      p.squares += q.u(j) * q.u(j), p.y += q.u(j) * q.y(j);
      if (z_adj) p.z += q.u(j) * z_adj[j];
    }
    return p;
  }
  static void value(Node z, Node mu, Node theta, Node e) {
    for (Index r = 0; r < z.val.rows; ++r) {
      const Row q = row(mu, theta, e, r);
      const Products p = products(q, nullptr, z.val.cols);
      for (Index j = 0; j < z.val.cols; ++j) z.val(r, j) = q.y(j) - 2 * p.y / p.squares * q.u(j);
    }
  }
  static void pull(Wrt<0>, Node z, Node mu, Node theta, Node e) {
    for (Index r = 0; r < z.val.rows; ++r) {
      const Row q = row(mu, theta, e, r);
      const Real* from = z.adj.row(r);
      const Products p = products(q, from, z.val.cols);
      Real* to = mu.adj.row(r / (z.val.rows / mu.val.rows));
      for (Index j = 0; j < z.val.cols; ++j)  // −ū
        to[j] +=
            2 / p.squares * (p.y * from[j] + p.z * q.y(j) - 2 * p.y * p.z / p.squares * q.u(j));
    }
  }
  // f(row, ȳ = H z̄, of component j, j)
  template <class F>
  static void each(Node z, Node mu, Node theta, Node e, F f) {
    for (Index r = 0; r < z.val.rows; ++r) {
      const Row q = row(mu, theta, e, r);
      const Products p = products(q, z.adj.row(r), z.val.cols);
      for (Index j = 0; j < z.val.cols; ++j) f(r, q, z.adj(r, j) - 2 * p.z / p.squares * q.u(j), j);
    }
  }
  static void pull(Wrt<1>, Node z, Node mu, Node theta, Node e) {
    each(z, mu, theta, e, [&](Index r, const Row& q, Real back, Index j) {
      theta.adj(r, 0) += back * (j ? q.cos * q.e[j - 1] : -q.s * q.sin);
    });
  }
  static void pull(Wrt<2>, Node z, Node mu, Node theta, Node e) {
    each(z, mu, theta, e, [&](Index r, const Row& q, Real back, Index j) {
      if (j) e.adj(r, j - 1) += back * q.sin;
    });
  }
};
VAEGRAD_CHECKED(OnSphere, on_sphere, VAEGRAD_INPUTS({{2, 3}}, {{4, 1}}, {{4, 2}}),
                [](Var mu, Var theta, Var e) { return record(OnSphere{}, mu, theta, e); })

// Of κ (B, 1), with F and A of sphere_normaliser:
//   κ − F(κ)          κ̄ += (1 − A) ȳ
//   KL to the uniform distribution, κ A − F          κ̄ += κ A' ȳ
struct SphereTerm {
  static constexpr auto name = "sphere_term";
  Index m;
  bool kl;
  static Shape shape(Shape kappa) { return kappa; }
  void value(Node y, Node kappa) const {
    for (Index i = 0; i < y.val.size(); ++i) {
      const SphereNormaliser n = sphere_normaliser(m, double(kappa.val.data[i]));
      y.val.data[i] = Real(kl ? n.kl : n.below);
    }
  }
  void pull(Wrt<0>, Node y, Node kappa) const {
    for (Index i = 0; i < y.val.size(); ++i) {
      const double k = double(kappa.val.data[i]);
      const SphereNormaliser n = sphere_normaliser(m, k);
      kappa.adj.data[i] += y.adj.data[i] * Real(kl ? k * n.slope : 1 - n.ratio);
    }
  }
  std::string details() const { return kl ? ", KL" : ", log"; }
};
VAEGRAD_CHECKED(SphereTerm, sphere_log, VAEGRAD_INPUTS({{3, 2}, 0.1, 30}), [](Var kappa) {
  return record(SphereTerm{5, false}, kappa);
})
VAEGRAD_CHECKED_ALSO(SphereTerm, sphere_kl, VAEGRAD_INPUTS({{3, 2}, 0.1, 30}), [](Var kappa) {
  return record(SphereTerm{5, true}, kappa);
})

}  // namespace vaegrad::inline VAEGRAD_ABI
