// One step of a planar flow.          Rezende and Mohamed, arXiv 1505.05770, eq. 10 to 12, A.1
#pragma once
#include <vaegrad/models/inference/posteriors/flow_step.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// p = (u, w, b):  z' = z + û t,  t = tanh(wᵀz + b),  log |∂z'/∂z| = log(1 + (1 − t²) wᵀû)
//
// û = u + (m(a) − a) w / ‖w‖²,  a = wᵀu, so that wᵀû = m(a) > −1 and the step can be undone.
// m(a) = log(1 + (e − 1) eᵃ) − 1 rather than the paper's log(1 + eᵃ) − 1: m(0) = 0, so û stays
// within 2 ‖u‖ as w goes to 0, where the paper's goes to infinity.
struct PlanarStep {
  static constexpr auto name = "planar_step";
  static constexpr Real log_e_1 = Real(0.54132485461291810898);  // log(e − 1)
  Index first;

  static Index numbers(Index latent) { return 2 * latent + 1; }
  Shape shape(Shape s, Shape p) const {
    return flow_step_shape(name, s, p, first, numbers(s.cols - 1));
  }
  struct Row {
    Index b;  // the example
    const Real *z, *u, *w;
    Real a, m, n, c, t, det;  // û = u + c w,  n = ‖w‖²
  };
  Row row(Node s, Node p, Index r) const {
    const Index latent = s.val.cols - 1, b = r / (s.val.rows / p.val.rows);
    const Real *u = p.val.row(b) + first, *w = u + latent, *z = s.val.row(r);
    Real a = 0, n = 0, at = w[latent];  // b stands behind w
    for (Index j = 0; j < latent; ++j) a += w[j] * u[j], n += w[j] * w[j], at += w[j] * z[j];
    // 1 + m, which is positive, so that nothing cancels in 1 + (1 − t²) m = t² + (1 − t²)(1 + m)
    const Real raised = softplus_of(a + log_e_1), m = raised - 1, t = std::tanh(at);
    return {b, z, u, w, a, m, n, n > 0 ? (m - a) / n : 0, t, t * t + (1 - t * t) * raised};
  }
  void value(Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      for (Index j = 0; j < latent; ++j) y.val(r, j) = q.z[j] + (q.u[j] + q.c * q.w[j]) * q.t;
      y.val(r, latent) = q.z[latent] + std::log(q.det);
    }
  }
  // of wᵀz + b:  (Σ_j û_j z̄'_j − 2 t m d̄ / det) (1 − t²), with d̄ the log-determinant's
  static Real adjoint_inside(const Row& q, const Real* y_adj, Index latent) {
    Real t_adj = -2 * q.t * q.m * y_adj[latent] / q.det;
    for (Index j = 0; j < latent; ++j) t_adj += (q.u[j] + q.c * q.w[j]) * y_adj[j];
    return t_adj * (1 - q.t * q.t);
  }
  void pull(Wrt<0>, Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      const Real *from = y.adj.row(r), inside = adjoint_inside(q, from, latent);
      for (Index j = 0; j < latent; ++j) s.adj(r, j) += from[j] + inside * q.w[j];
      s.adj(r, latent) += from[latent];
    }
  }
  void pull(Wrt<1>, Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      const Real *from = y.adj.row(r), inside = adjoint_inside(q, from, latent);
      Real *u = p.adj.row(q.b) + first, *w = u + latent;
      Real c_adj = 0;
      for (Index j = 0; j < latent; ++j) c_adj += q.t * from[j] * q.w[j];
      const Real c_per_n = q.n > 0 ? c_adj / q.n : 0, n_adj = -q.c * c_per_n;
      const Real m_adj = from[latent] / q.det * (1 - q.t * q.t) + c_per_n;
      const Real a_adj = m_adj * sigmoid_of(q.a + log_e_1) - c_per_n;
      for (Index j = 0; j < latent; ++j) {
        u[j] += q.t * from[j] + a_adj * q.w[j];
        w[j] += inside * q.z[j] + q.c * q.t * from[j] + a_adj * q.u[j] + 2 * n_adj * q.w[j];
      }
      w[latent] += inside;
    }
  }
  std::string details() const { return concat(", ", first); }
};
VAEGRAD_CHECKED(PlanarStep, planar_step, VAEGRAD_INPUTS({{4, 4}}, {{2, 9}}),
                [](Var s, Var p) { return record(PlanarStep{2}, s, p); })

}  // namespace vaegrad::inline VAEGRAD_ABI
