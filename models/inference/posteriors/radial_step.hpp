// One step of a radial flow.          Rezende and Mohamed, arXiv 1505.05770, eq. 14, A.2
#pragma once
#include <vaegrad/models/inference/posteriors/flow_step.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// p = (c, a, b), the centre c as long as z:  z' = z + β (z − c) / (α + r),  r = ‖z − c‖,
// α = softplus(a) > 0,  β = softplus(b) − α > −α, so that the step can be undone.
// log |∂z'/∂z| = (Z − 1) log(1 + β / (α + r)) + log(1 + β α / (α + r)²)
struct RadialStep {
  static constexpr auto name = "radial_step";
  Index first;

  static Index numbers(Index latent) { return latent + 2; }
  Shape shape(Shape s, Shape p) const {
    return flow_step_shape(name, s, p, first, numbers(s.cols - 1));
  }
  struct Row {
    Index b;  // the example
    const Real *z, *c;
    Real a, of_b;                  // before softplus
    Real alpha, raised, r, whole;  // raised = α + β > 0, whole = α + r
    Real beta() const { return raised - alpha; }
    // 1 + β / (α + r) and 1 + β α / (α + r)², whose terms are positive here
    Real across() const { return (r + raised) / whole; }
    Real along() const { return (r * (r + 2 * alpha) + alpha * raised) / (whole * whole); }
  };
  Row row(Node s, Node p, Index r) const {
    const Index latent = s.val.cols - 1, b = r / (s.val.rows / p.val.rows);
    const Real *c = p.val.row(b) + first, *z = s.val.row(r);
    Real squares = 0;
    for (Index j = 0; j < latent; ++j) squares += (z[j] - c[j]) * (z[j] - c[j]);
    const Real alpha = softplus_of(c[latent]), distance = std::sqrt(squares);
    return {b,
            z,
            c,
            c[latent],
            c[latent + 1],
            alpha,
            softplus_of(c[latent + 1]),
            distance,
            alpha + distance};
  }
  void value(Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      for (Index j = 0; j < latent; ++j)
        y.val(r, j) = q.z[j] + q.beta() / q.whole * (q.z[j] - q.c[j]);
      y.val(r, latent) =
          q.z[latent] + Real(latent - 1) * std::log(q.across()) + std::log(q.along());
    }
  }
  // The adjoints of α, α + β and r, with z and c held in z − c
  struct Adjoints {
    Real alpha, raised, r;
  };
  static Adjoints adjoints(const Row& q, const Real* y_adj, Index latent) {
    Real f = 0;  // of β / (α + r) = (raised − α) / whole
    for (Index j = 0; j < latent; ++j) f += y_adj[j] * (q.z[j] - q.c[j]);
    f += Real(latent - 1) * y_adj[latent] / q.across();
    const Real g = y_adj[latent] / q.along();  // of β α / (α + r)²
    const Real squared = q.whole * q.whole,
               by_whole =
                   -f * q.beta() / squared - 2 * g * q.beta() * q.alpha / (squared * q.whole);
    return {-f / q.whole + g * (q.raised - 2 * q.alpha) / squared + by_whole,
            f / q.whole + g * q.alpha / squared, by_whole};
  }
  // of z_j − c_j
  static Real adjoint_of(const Row& q, const Adjoints& a, const Real* y_adj, Index j) {
    const Real along = q.r > 0 ? (q.z[j] - q.c[j]) / q.r : 0;
    return q.beta() / q.whole * y_adj[j] + a.r * along;
  }
  void pull(Wrt<0>, Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      const Real* from = y.adj.row(r);
      const Adjoints a = adjoints(q, from, latent);
      for (Index j = 0; j < latent; ++j) s.adj(r, j) += from[j] + adjoint_of(q, a, from, j);
      s.adj(r, latent) += from[latent];
    }
  }
  void pull(Wrt<1>, Node y, Node s, Node p) const {
    const Index latent = s.val.cols - 1;
    for (Index r = 0; r < s.val.rows; ++r) {
      const Row q = row(s, p, r);
      const Real* from = y.adj.row(r);
      const Adjoints a = adjoints(q, from, latent);
      Real* c = p.adj.row(q.b) + first;
      for (Index j = 0; j < latent; ++j) c[j] -= adjoint_of(q, a, from, j);
      c[latent] += a.alpha * sigmoid_of(q.a);
      c[latent + 1] += a.raised * sigmoid_of(q.of_b);
    }
  }
  std::string details() const { return concat(", ", first); }
};
VAEGRAD_CHECKED(RadialStep, radial_step, VAEGRAD_INPUTS({{4, 4}}, {{2, 7}}),
                [](Var s, Var p) { return record(RadialStep{2}, s, p); })

}  // namespace vaegrad::inline VAEGRAD_ABI
