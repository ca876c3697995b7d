#include <array>
#include <bit>

#include <vaegrad/models/coding/exact_math.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

double exact_exp(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
  constexpr auto inverse_factorials = [] {
    std::array<double, 15> c{1};
    for (std::size_t n = 1; n < c.size(); ++n) c[n] = c[n - 1] / double(n);
    return c;
  }();
  // x = k ln 2 + r, |r| <= ln 2 / 2;  eˣ = 2ᵏ Σ rⁿ / n!
  const double k = to_grid(x * log2_e, 0);
  const double r = (x - k * ln2_high) - k * ln2_low;
  double sum = inverse_factorials.back();
  for (std::size_t n = inverse_factorials.size() - 1; n-- > 0;)
    sum = sum * r + inverse_factorials[n];
  return sum * std::bit_cast<double>((std::int64_t(k) + 1023) << 52);
}

double exact_log(double x) {
  constexpr double ln2 = 0x1.62e42fefa39efp-1;
  // x = 2ᵏ m with m in [0.7, 1.5);  log m = 2 artanh s = 2 Σ s²ⁿ⁺¹ / (2n + 1),  s = (m − 1)/(m + 1)
  const auto bits = std::bit_cast<std::int64_t>(x);
  std::int64_t k = (bits >> 52) - 1023;
  double m =
      std::bit_cast<double>((bits & ((std::int64_t{1} << 52) - 1)) | (std::int64_t{1023} << 52));
  if (m >= 1.5) m *= 0.5, ++k;
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 13; n >= 0; --n) sum = sum * square + 1 / double(2 * n + 1);
  return double(k) * ln2 + 2 * s * sum;
}

double exact_sigmoid(double x) {
  if (x < -700) return 0;
  if (x > 40) return 1;
  return 1 / (1 + exact_exp(-x));
}

double exact_tanh(double x) {
  if (x < 0) return -exact_tanh(-x);
  if (x > 20) return 1;
  if (x < 0.01) return x - x * x * x / 3 + 2 * (x * x * x * x * x) / 15;  // where 1 − 2/.. cancels
  return 1 - 2 / (exact_exp(2 * x) + 1);
}

double exact_softplus(double x) {
  if (x > 40) return x;
  if (x < -30) return x < -700 ? 0 : exact_exp(x);
  return exact_log(1 + exact_exp(x));
}

namespace {

constexpr double scale = 4294967296.0;  // 2^32

// Nodes from 0 outwards by Simpson's rule; the density is even.
std::vector<std::uint64_t> integrate_normal(int reach) {
  const auto density = [](double x) { return 0x1.9884533d43651p-2 * exact_exp(-0.5 * x * x); };
  const std::size_t half = std::size_t(reach * CdfTable::steps);
  const double h = 1.0 / CdfTable::steps;
  std::vector<std::uint64_t> f(2 * half + 1);
  double sum = 0;
  for (std::size_t i = 0; i <= half; ++i) {
    if (i > 0) {
      const double left = double(i - 1) * h;
      sum += (density(left) + 4 * density(left + 0.5 * h) + density(left + h)) * (h / 6);
    }
    f[half + i] = std::uint64_t(to_grid((sum < 0.5 ? 0.5 + sum : 1) * scale, 0));
    f[half - i] = std::uint64_t(scale) - f[half + i];
  }
  return f;
}

}  // namespace

const CdfTable& normal_cdf() {
  static const CdfTable table(7, integrate_normal(7));
  return table;
}

const CdfTable& logistic_cdf() {
  static const CdfTable table = [] {
    constexpr int reach = 24;
    std::vector<std::uint64_t> f;
    for (int i = -reach * CdfTable::steps; i <= reach * CdfTable::steps; ++i)
      f.push_back(std::uint64_t(to_grid(exact_sigmoid(double(i) / CdfTable::steps) * scale, 0)));
    return CdfTable(reach, std::move(f));
  }();
  return table;
}

void check_arithmetic() {
  // Numbers that the compiler cannot know. (1 + 2⁻³⁰)² rounds to 1 + 2⁻²⁹, and the difference of
  // two such products is 0, but with contraction 2⁻⁶⁰; rounded towards 0, 1 + 1.5 2⁻⁵³ would be 1.
  volatile double factor = 1 + 0x1p-30, product = factor * factor, one = 1, three = 3;
  const double difference = factor * factor - product, up = one + 0x1.8p-53;
  bool right = difference == 0 && up > 1 && one / three == 0x1.5555555555555p-2 &&
               std::sqrt(three) == 0x1.bb67ae8584caap+0;
  std::uint64_t sum = 0;  // of a few of the tables' entries
  for (int i = -40; i <= 40; ++i)
    sum = sum * 31 + normal_cdf()(0.13 * i) + logistic_cdf()(0.37 * i);
  right &= sum == 2342204970705693150u;
  check(right, "coding: this build does not compute doubles as IEEE 754 says (", sum, ")", hint,
        "build without -ffast-math and with -ffp-contract=off");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
