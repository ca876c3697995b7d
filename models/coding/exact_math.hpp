// Functions that come out the same on every machine: made of + - * / and square roots of doubles,
// which IEEE 754 prescribes to the last bit, and of integers; no libm, no contraction of a*b+c.
// What bits-back coding computes must be repeated exactly by whoever decodes. Not fast: tables are
// made with it, and the few numbers for which a table would be no gain.
#pragma once
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

static_assert(FLT_EVAL_METHOD == 0, "coding: doubles must be computed as doubles");

// Errors of about 1e-16, relative (tests/models/coding/exact_math.cpp).
double exact_exp(double x);       // |x| <= 700
double exact_log(double x);       // normal numbers
double exact_tanh(double x);      // any
double exact_sigmoid(double x);   // any
double exact_softplus(double x);  // any: log(1 + eˣ)

// The nearest multiple of 2^-bits, |x| < 2^(51 - bits); of two the even one. Also for vectors.
template <class T>
T to_grid(T x, int bits) {
  const double shift = 1.5 * double(std::int64_t{1} << 52) / double(std::int64_t{1} << bits);
  return (x + shift) - shift;
}

// Weights are multiples of 2^-weight_bits, what flows between layers of 2^-activation_bits: every
// product is a multiple of 2^-26, and a sum of them that stays below 2^27 is exact, in whatever
// order it is taken.
inline constexpr int weight_bits = 14, activation_bits = 12;
inline constexpr double largest_sum = double(1 << 27);

// A distribution function F as whole numbers F(x) 2^32 that never fall as x rises: a table at
// steps of 1/256 with straight lines between, 0 and 2^32 beyond its ends.
class CdfTable {
 public:
  static constexpr int steps = 256;  // per unit of x

  // x ↦ P(X <= x) 2^32
  std::uint64_t operator()(double x) const {
    const double at = (x + reach_) * steps, last = double(values_.size() - 1);
    if (!(at > 0)) return values_.front();
    if (at >= last) return values_.back();
    const std::size_t i = std::size_t(at);
    const std::uint64_t step = values_[i + 1] - values_[i];
    return values_[i] + std::uint64_t((at - double(i)) * double(step));
  }

 private:
  friend const CdfTable& normal_cdf();
  friend const CdfTable& logistic_cdf();
  CdfTable(double reach, std::vector<std::uint64_t> values)
      : reach_(reach), values_(std::move(values)) {}

  double reach_;
  std::vector<std::uint64_t> values_;
};
const CdfTable& normal_cdf();    // of N(0, 1)
const CdfTable& logistic_cdf();  // 1 / (1 + e⁻ˣ)

// Error when this build or this thread does not compute as the format demands: another rounding
// mode, sums kept in more than 53 bits, a contracted a*b+c. Cheap.
void check_arithmetic();

}  // namespace vaegrad::inline VAEGRAD_ABI
