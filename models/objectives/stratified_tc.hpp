// The total correlation of codes by the posteriors of their own batch.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/op.hpp>
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
    thread_local std::vector<double> of_variance;  // no memory is asked for in a later step
    of_variance.assign(std::size_t(B * Z), 0.0);
    for (Index j = 0; j < B * Z; ++j)
      of_variance[std::size_t(j)] = std::exp(-double(log_variance.val.data[j]));
    const double* inverse = of_variance.data();
    parallel_for(z.val.rows, B * Z > 500, [&, inverse](Index i) {
      thread_local std::vector<double> numbers;
      numbers.assign(std::size_t(B + 2 * Z), 0.0);
      double *all = numbers.data(), *most = all + B, *sum = most + Z;
      std::fill(most, most + Z, -std::numeric_limits<double>::infinity());
      Real* d = kept.val.data + i * B * Z;
      for (Index j = 0; j < B; ++j) {
        const double log_w = std::log(weight(std::size_t(i / K), std::size_t(j)));
        all[j] = log_w;
        for (Index k = 0; k < Z; ++k) {
          const double s = double(log_variance.val(j, k));
          const double e = double(z.val(i, k) - mean.val(j, k));
          const double log_q = -0.5 * (log_2pi + s + e * e * inverse[j * Z + k]);
          all[j] += log_q, d[j * Z + k] = Real(log_w + log_q);
          most[k] = std::max(most[k], log_w + log_q);
        }
      }
      const double top = *std::max_element(all, all + B);
      double joint = 0;
      for (Index j = 0; j < B; ++j) {
        joint += all[j] = std::exp(all[j] - top);
        for (Index k = 0; k < Z; ++k)
          sum[k] += double(d[j * Z + k] = std::exp(Real(double(d[j * Z + k]) - most[k])));
      }
      double tc = top + std::log(joint);
      for (Index k = 0; k < Z; ++k) tc -= most[k] + std::log(sum[k]), sum[k] = 1 / sum[k];
      y.val(i, 0) = Real(tc);
      for (Index j = 0; j < B; ++j)
        for (Index k = 0; k < Z; ++k)
          d[j * Z + k] = Real(all[j] / joint - double(d[j * Z + k]) * sum[k]);
    });
  }
  // f(i, j, k, ȳ_i d_ijk, e, 1 / v)
  template <class F>
  static void each(Node y, Node z, Node mean, Node log_variance, Node kept, F f) {
    const Index B = mean.val.rows, Z = z.val.cols;
    thread_local std::vector<Real> inverse;
    for (Index j = 0; j < B; ++j) {
      inverse.assign(std::size_t(Z), Real(0));
      for (Index k = 0; k < Z; ++k) inverse[std::size_t(k)] = std::exp(-log_variance.val(j, k));
      for (Index i = 0; i < z.val.rows; ++i)
        for (Index k = 0; k < Z; ++k)
          f(i, j, k, y.adj(i, 0) * kept.val(i, j * Z + k), z.val(i, k) - mean.val(j, k),
            inverse[std::size_t(k)]);
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
