// The total correlation of codes by the posteriors of their own batch.
#pragma once
#include <cmath>
#include <vector>

#include <vaegrad/autodiff/op.hpp>
#include <vaegrad/autodiff/parallel.hpp>
#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y_i = log Σ_j w_ij Π_d q_ijd − Σ_d log Σ_j w_ij q_ijd,  q_ijd = N(z_id; μ_jd, exp s_jd), nats:
// z (B K, Z), μ and s (B, Z) -> (B K, 1). Row i is of example i / K, whose weight is 1/N; w are
// the StratifiedWeights. With r_ij and r_ijd the shares of j in the sums,
//   d_ijd = r_ij − r_ijd,  e = z_id − μ_jd,  v = exp s_jd:
//   z̄_id −= ȳ_i Σ_j d e / v      μ̄_jd += Σ_i ȳ_i d e / v      s̄_jd += Σ_i ȳ_i d ½ (e² / v − 1)
// d is kept in the memory of a constant (B K, B Z), the last input.
struct StratifiedTc {
  Index examples;  // N

  static constexpr auto name = "stratified_tc";
  static Shape shape(Shape z, Shape mean, Shape log_variance, Shape kept) {
    check(mean == log_variance && z.cols == mean.cols && z.rows % mean.rows == 0 &&
              kept == Shape{z.rows, mean.size()},
          "stratified_tc: z is ", z, ", the mean ", mean, ", the log variance ", log_variance);
    return {z.rows, 1};
  }

  void value(Node y, Node z, Node mean, Node log_variance, Node kept) const {
    const Index B = mean.val.rows, Z = z.val.cols, K = z.val.rows / B;
    const StratifiedWeights weight{std::size_t(B), std::size_t(std::max(examples, B))};
    parallel_for(z.val.rows, B * Z > 500, [&](Index i) {
      LogWeights joint;
      std::vector<LogWeights> marginal(std::size_t(Z), LogWeights{});
      std::vector<double> all(std::size_t(B), 0.0), log_w(std::size_t(B), 0.0);
      Real* d = kept.val.data + i * B * Z;
      for (Index j = 0; j < B; ++j) {
        log_w[std::size_t(j)] = std::log(weight(std::size_t(i / K), std::size_t(j)));
        for (Index k = 0; k < Z; ++k) {
          const double s = double(log_variance.val(j, k)), e = double(z.val(i, k) - mean.val(j, k));
          const double log_q = -0.5 * (log_2pi + s + e * e * std::exp(-s));
          all[std::size_t(j)] += log_q, d[j * Z + k] = Real(log_q);
          marginal[std::size_t(k)].add(log_w[std::size_t(j)] + log_q);
        }
        joint.add(log_w[std::size_t(j)] + all[std::size_t(j)]);
      }
      double tc = joint.log_sum();
      for (const LogWeights& m : marginal) tc -= m.log_sum();
      y.val(i, 0) = Real(tc);
      for (Index j = 0; j < B; ++j) {
        const double log_wj = log_w[std::size_t(j)];
        const double share = std::exp(log_wj + all[std::size_t(j)] - joint.log_sum());
        for (Index k = 0; k < Z; ++k)
          d[j * Z + k] = Real(
              share - std::exp(log_wj + double(d[j * Z + k]) - marginal[std::size_t(k)].log_sum()));
      }
    });
  }
  // f(i, j, k, ȳ_i d_ijk, e, 1 / v)
  template <class F>
  static void each(Node y, Node z, Node mean, Node log_variance, Node kept, F f) {
    const Index B = mean.val.rows, Z = z.val.cols;
    for (Index j = 0; j < B; ++j)
      for (Index k = 0; k < Z; ++k) {
        const Real inverse = std::exp(-log_variance.val(j, k));
        for (Index i = 0; i < z.val.rows; ++i)
          f(i, j, k, y.adj(i, 0) * kept.val(i, j * Z + k), z.val(i, k) - mean.val(j, k), inverse);
      }
  }
  static void pull(Wrt<0>, Node y, Node z, Node mean, Node log_variance, Node kept) {
    each(y, z, mean, log_variance, kept,
         [&](Index i, Index, Index k, Real d, Real e, Real inverse) {
           z.adj(i, k) -= d * e * inverse;
         });
  }
  static void pull(Wrt<1>, Node y, Node z, Node mean, Node log_variance, Node kept) {
    each(y, z, mean, log_variance, kept,
         [&](Index, Index j, Index k, Real d, Real e, Real inverse) {
           mean.adj(j, k) += d * e * inverse;
         });
  }
  static void pull(Wrt<2>, Node y, Node z, Node mean, Node log_variance, Node kept) {
    each(y, z, mean, log_variance, kept,
         [&](Index, Index j, Index k, Real d, Real e, Real inverse) {
           log_variance.adj(j, k) += d * Real(0.5) * (e * e * inverse - 1);
         });
  }
  static void pull(Wrt<3>, Node, Node, Node, Node, Node) {}
};
// N examples, of which the batch is a part; (B K, 1), nats
inline Var stratified_tc(Var z, Var mean, Var log_variance, Index examples) {
  const Var kept = z.tape().constant(Shape{z.shape().rows, mean.shape().size()});
  return record(StratifiedTc{examples}, z, mean, log_variance, kept);
}
VAEGRAD_CHECKED(StratifiedTc, stratified_tc, VAEGRAD_INPUTS({{6, 2}}, {{3, 2}}, {{3, 2}}),
                [](Var z, Var mean, Var log_variance) {
                  return stratified_tc(z, mean, log_variance, 50);
                })

}  // namespace vaegrad::inline VAEGRAD_ABI
