// Estimates of log p(x) and of what a code holds. No gradients.
#pragma once
#include <cmath>
#include <vector>

#include <vaegrad/models/bounds.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log Σ exp and its second moment, one number at a time, in constant memory.
class LogWeights {
 public:
  void add(double log_w) {
    if (log_w > largest_) {
      const double shrink = std::exp(largest_ - log_w);
      sum_ *= shrink, squares_ *= shrink * shrink;
      largest_ = log_w;
    }
    const double w = std::isfinite(largest_) ? std::exp(log_w - largest_) : 0;
    sum_ += w, squares_ += w * w, ++count_;
  }
  std::size_t count() const { return count_; }
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
// appended to `to`. record(tape) puts the examples on a tape and returns {vae, x}; it is called
// once per chunk of particles, so memory does not grow with their number. Draws go by the examples'
// names, so a result does not depend on how they are batched.
template <class Record>
void importance_sample(const Record& record, std::span<const std::uint32_t> rows, Index particles,
                       std::uint64_t seed, std::vector<LogWeights>& to) {
  constexpr Index chunk = 50;  // encoding again for each chunk costs a fiftieth of decoding it
  const std::size_t first = to.size();
  to.resize(first + rows.size());
  Tape tape;
  for (Index done = 0; done < particles; done += chunk) {
    const ObjectiveSettings s{.particles = std::min(chunk, particles - done)};
    tape.reset();
    const auto [vae, x] = record(tape);
    Stream noise(seed, Purpose::evaluate, std::uint32_t(done / chunk), rows,
                 std::uint32_t(s.particles));
    const auto q = vae.encode(x);
    const Var z = q.sample(noise, s.particles);
    const Var log_px = vae.decode(z).log_prob(repeat_rows(x, s.particles));
    const Matrix log_w = Var(log_weights(vae, q, z, log_px, s)).val();
    for (std::size_t b = 0; b < rows.size(); ++b)
      for (Real w : std::span(log_w.row(Index(b)), std::size_t(log_w.cols)))
        to[first + b].add(double(w));
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
