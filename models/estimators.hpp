// Estimates of log p(x) and of what a code holds. No gradients.
#pragma once
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/autodiff/tape.hpp>
#include <vaegrad/models/log_2pi.hpp>
#include <vaegrad/models/pareto.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log Σ exp and its second moment, one number at a time, in constant memory.
class LogWeights {
 public:
  // One weight more, by its logarithm; −∞ counts, and a NaN makes all that follows one.
  void add(double log_w) {
    if (log_w > largest_) {
      const double shrink = std::exp(largest_ - log_w);
      sum_ *= shrink, squares_ *= shrink * shrink;
      largest_ = log_w;
    }
    const double w =
        log_w == -std::numeric_limits<double>::infinity() ? 0 : std::exp(log_w - largest_);
    sum_ += w, squares_ += w * w, ++count_;
  }
  std::size_t count() const { return count_; }
  double log_sum() const { return largest_ + std::log(sum_); }
  // log 1/K Σ w
  double log_mean() const { return largest_ + std::log(sum_ / double(count_)); }
  // (Σ w)² / Σ w², 1 to K
  double effective_sample_size() const { return sum_ * sum_ / squares_; }
  // Variance of log_mean() to first order: (K Σ w² / (Σ w)² − 1) / K
  double variance() const {
    const double k = double(count_);
    return std::max(0.0, (k / effective_sample_size() - 1) / k);
  }

 private:
  double largest_ = -std::numeric_limits<double>::infinity(), sum_ = 0, squares_ = 0;
  std::size_t count_ = 0;
};

// log p(x) of each of `rows` by importance sampling with exactly `particles` draws of z ~ q(z|x),
// appended to `to`. record(tape, noise, K) puts the examples on a tape and returns log w of K draws
// for each, (B, K); it is called once per chunk of particles, so memory does not grow with their
// number. Draws go by the examples' names, so a result does not depend on how they are batched.
using RecordLogWeights = std::function<Var(Tape&, Stream& noise, Index particles)>;
void importance_sample(const RecordLogWeights& record, std::span<const std::uint32_t> rows,
                       Index particles, std::uint64_t seed, std::vector<LogWeights>& to,
                       std::vector<WeightTail>* tails = nullptr);  // replaced, when wanted

// ---- what the KL is made of ----

// E KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ Π_d q(z_d)) + Σ_d KL(q(z_d) ‖ p(z_d)), p = N(0, I),
// with the aggregate posterior q(z) = 1/N Σ_n q(z|x_n).          Chen et al., arXiv 1802.04942, eq.
// 2
struct KlParts {
  double mutual_information = 0, total_correlation = 0, dimension_wise_kl = 0;
  double sum() const { return mutual_information + total_correlation + dimension_wise_kl; }
};

// The weight of q(z_i|x_j) in the estimate of q(z_i) from a batch of B of N examples: x_i, of which
// z_i was drawn, stands for itself alone, and the others for the N − 1 that remain. (Chen et al.,
// appendix C.2, with the weights of the others averaged over which of them comes last.) The sum of
// the three parts is right with any weights, so it is no check of them.
struct StratifiedWeights {
  std::size_t batch, examples;
  // of x_j for z_i, both places in the batch
  double operator()(std::size_t i, std::size_t j) const {
    const double n = double(examples);
    return i == j ? 1 / n : (n - 1) / (n * double(batch - 1));
  }
};

// The mean over the batch of each part, with z_i ~ q(z|x_i): mean, log_variance, z (B, D).
template <class Weights>
KlParts kl_parts(ConstMatrix mean, ConstMatrix log_variance, ConstMatrix z, const Weights& weight) {
  const std::size_t b = std::size_t(z.rows), d = std::size_t(z.cols);
  KlParts to;
  std::vector<double> log_q(d), inverse(b * d), constant(b * d);
  for (std::size_t k = 0; k < b * d; ++k) {
    inverse[k] = std::exp(-double(log_variance.data[k]));
    constant[k] = -0.5 * (double(log_variance.data[k]) + log_2pi);
  }
  for (std::size_t i = 0; i < b; ++i) {
    LogWeights joint;                     // of Σ_j w_ij q(z_i|x_j)
    std::vector<LogWeights> marginal(d);  // of Σ_j w_ij q(z_id|x_j)
    double of_own = 0, prior = 0;
    for (std::size_t j = 0; j < b; ++j) {
      const double log_w = std::log(weight(i, j));
      double all = 0;
      for (std::size_t k = 0; k < d; ++k) {
        const double from_mean = double(z.data[i * d + k]) - double(mean.data[j * d + k]);
        const double one = constant[j * d + k] - 0.5 * from_mean * from_mean * inverse[j * d + k];
        all += one;
        marginal[k].add(log_w + one);
      }
      joint.add(log_w + all);
      if (i == j) of_own = all;
    }
    double product = 0;
    for (std::size_t k = 0; k < d; ++k) {
      product += marginal[k].log_sum();
      prior -= 0.5 * (double(z.data[i * d + k]) * double(z.data[i * d + k]) + log_2pi);
    }
    to.mutual_information += (of_own - joint.log_sum()) / double(b);
    to.total_correlation += (joint.log_sum() - product) / double(b);
    to.dimension_wise_kl += (product - prior) / double(b);
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
