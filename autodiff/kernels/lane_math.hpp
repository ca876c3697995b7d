// The elementary functions on Lanes.
//
// Our own rather than xsimd 8.1's, which are wrong or slow where it matters: they do not fuse
// multiplication and addition on AVX-512 (softplus 1.2 ns a float against 0.5, tanh 0.75 against
// 0.4); sin and cos choose one reduction for all lanes, so that a value depends on its neighbours;
// pow(0, -1) is 0; log does not compile with GCC -O0 for AVX-512. Errors in ulps are held by
// tests/autodiff/lanes.cpp, which has the table. Not here: denormal results. exp(-100.f),
// softplus(-100.f), sigmoid(-100.f) are 0, where libm gives 4e-44; exp and expm1 are infinite
// from 88.38f (libm: 88.72f) and 709.44 (709.78); pow errs by up to 2 + 2 |y log x| ulps. NaN goes
// through every function.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include <vaegrad/autodiff/kernels/lanes.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// NaN from either side goes through.
inline Lanes max(Lanes a, Lanes b) { return select((a > b) | (a != a), a, b); }
inline Lanes min(Lanes a, Lanes b) { return select((a < b) | (a != a), a, b); }

// c0 + c1 x + c2 x^2 + ..
template <std::size_t n>
Lanes polynomial(Lanes x, const std::array<Real, n>& c) {
  Lanes y = c[n - 1];
  for (std::size_t k = n - 1; k-- > 0;) y = fma(y, x, Lanes(c[k]));
  return y;
}

// 1/k!, 1/(k+step)!, 1/(k+2 step)!, .. with alternating signs if `alternate`
template <std::size_t n>
constexpr std::array<Real, n> inverse_factorials(int k, int step, bool alternate) {
  std::array<Real, n> c{};
  double factorial = 1;
  for (int i = 2; i < k; ++i) factorial *= i;
  for (std::size_t j = 0; j < n; ++j) {
    for (int i = 0; i < (j == 0 ? 1 : step); ++i) factorial *= k++;
    c[j] = Real((alternate && j % 2 ? -1 : 1) / factorial);
  }
  return c;
}

// log 2 in two parts; an exponent times the first is exact.
inline constexpr Real log2_high = sizeof(Real) == 4 ? Real(0x1.62ep-1) : Real(0x1.62e42feep-1);
inline constexpr Real log2_low =
    sizeof(Real) == 4 ? Real(0x1.0bfbe8p-15) : Real(0x1.a39ef35793c76p-33);

// exp(x) = scale (1 + p), both to full relative accuracy: exp and exp - 1 at once, no branch.
//   x = n log 2 + r,  |r| <= log(2)/2,  scale = 2^n
//   p = exp(r) - 1 = r + r^2 (1/2! + r/3! + r^2/4! + ..)
// No denormals: scale is 0 where exp(x) < 2^-126 (double 2^-1022), infinite where n = 128 (1024).
struct Exponential {
  Lanes scale, p;
  explicit Exponential(Lanes x) {
    const Mask underflow = x < Lanes(least);
    x = select(underflow, Lanes(least), x);
    x = select(x > Lanes(most), Lanes(most), x);
    const auto [n, power] = nearest_power(x * Lanes(std::numbers::log2e_v<Real>));
    const Lanes r = fma(n, Lanes(-log2_low), fma(n, Lanes(-log2_high), x));
    p = fma(r * r, polynomial(r, series), r);
    scale = select(underflow, Lanes(0), power);
  }

 private:
  static constexpr bool f32 = sizeof(Real) == 4;
  static constexpr Real least = f32 ? Real(-87.3365) : Real(-708.396);
  static constexpr Real most = f32 ? Real(88.73) : Real(709.79);
  static constexpr auto series = inverse_factorials<(f32 ? 6 : 12)>(2, 1, false);
};

// log(1 + t) for 0 <= t <= 1
inline Lanes log1p_of_unit(Lanes t) {
#if !defined(VAEGRAD_DOUBLE)
  // Minimax on [0, 1], relative error 5e-9; half the time of the series below.
  constexpr std::array<Real, 10> c = {
      0.999999995288f,  -0.49999902418f, 0.333299622767f,   -0.249541323378f, 0.196759331236f,
      -0.153055764689f, 0.106036298822f, -0.0569593063586f, 0.0198513494959f, -0.00324400170832f};
  return t * polynomial(t, c);
#else
  // 2 artanh(s) = 2 s (1 + s^2/3 + s^4/5 + ..),  s = t / (2 + t) <= 1/3
  constexpr auto c = [] {
    std::array<Real, 18> odd{};
    for (std::size_t k = 0; k < odd.size(); ++k) odd[k] = Real(2) / Real(2 * k + 1);
    return odd;
  }();
  const Lanes s = t / (t + Lanes(2));
  return s * polynomial(s * s, c);
#endif
}

// eˣ, and eˣ − 1
inline Lanes exp(Lanes x) {
  const Exponential e(x);
  return e.scale * (Lanes(1) + e.p);
}
inline Lanes expm1(Lanes x) {
  const Exponential e(x);
  const Lanes infinity = std::numeric_limits<Real>::infinity();
  return select(e.scale == infinity, infinity, fma(e.scale, e.p, e.scale - Lanes(1)));
}
// tanh|x| = -E / (2 + E), E = exp(-2|x|) - 1
inline Lanes tanh(Lanes x) {
  const Exponential e(Lanes(-2) * abs(x));
  const Lanes expm1 = fma(e.scale, e.p, e.scale - Lanes(1));
  return copysign(expm1 / (expm1 + Lanes(2)), x);
}
// 1 / (1 + exp(-x)), to relative accuracy on both sides
inline Lanes sigmoid(Lanes x) {
  const Lanes t = exp(-abs(x));
  return select(x < Lanes(0), t, Lanes(1)) / (Lanes(1) + t);
}
// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))
inline Lanes softplus(Lanes x) {
  return select(x < Lanes(0), Lanes(0), x) + log1p_of_unit(exp(-abs(x)));
}

// log(2^k m) + c for small c, as in fdlibm (Sun 1993):  m = 1 + f,  s = f / (2 + f),
//   log(1 + f) = 2 artanh(s) = f - f^2/2 + s (f^2/2 + R),  R = 2 s^2/3 + 2 s^4/5 + ..
//   |s| <= 0.172
inline Lanes log_of_parts(Lanes k, Lanes m, Lanes c) {
  constexpr auto series = [] {
    std::array<Real, sizeof(Real) == 4 ? 5 : 11> odd{};
    for (std::size_t i = 0; i < odd.size(); ++i) odd[i] = Real(2) / Real(2 * i + 3);
    return odd;
  }();
  const Lanes f = m - Lanes(1), s = f / (m + Lanes(1)), s2 = s * s, half = Lanes(Real(0.5)) * f * f;
  const Lanes small = fma(s, half + s2 * polynomial(s2, series), fma(k, Lanes(log2_low), c));
  return k * Lanes(log2_high) - ((half - small) - f);
}
// what log is at the ends: -inf at 0, NaN below, itself at inf and NaN
inline Lanes log_at_ends(Lanes x, Lanes inside) {
  const Lanes infinity = std::numeric_limits<Real>::infinity();
  const Lanes below = select(x == Lanes(0), -infinity, std::numeric_limits<Real>::quiet_NaN());
  return select((x > Lanes(0)) & (x < infinity), inside, select(x <= Lanes(0), below, x));
}
inline Lanes log(Lanes x) {
  const Mask denormal = x < Lanes(std::numeric_limits<Real>::min());
  constexpr Real up = Real(Bit(1) << exponent_at);
  const auto [k, m] = split_power(select(denormal, x * Lanes(up), x));
  const Lanes raised = select(denormal, Lanes(exponent_at), Lanes(0));
  return log_at_ends(x, log_of_parts(k - raised, m, Lanes(0)));
}
// log(1 + x) = log(u) + c / u,  u = 1 + x rounded, c what the rounding dropped
inline Lanes log1p(Lanes x) {
  const Lanes u = Lanes(1) + x;
  const Lanes c = select(x > Lanes(1), Lanes(1) - (u - x), x - (u - Lanes(1))) / u;
  const auto [k, m] = split_power(u);
  return log_at_ends(u, log_of_parts(k, m, c));
}

// log(1 - exp(-x)), x >= 0 (Maechler 2012)
inline Lanes log1mexp(Lanes x) { return select(x > Lanes(1), log1p(-exp(-x)), log(-expm1(-x))); }

// x^y = exp(y log|x|) with the rounding of the product made good;  x < 0 wants an integer y
inline Lanes pow(Lanes x, Lanes y) {
  const Lanes l = log(abs(x)), p = y * l, size = exp(p), lost = fma(y, l, -p);
  const Mask finite = size < Lanes(std::numeric_limits<Real>::infinity());
  Lanes z = select((abs(p) < Lanes(1000)) & finite, fma(size, lost, size), size);
  const Lanes half = Lanes(Real(0.5)) * y;
  const Lanes sign = select(floor(half) == half, Lanes(1), Lanes(-1));
  const Lanes not_a_number = std::numeric_limits<Real>::quiet_NaN();
  z = select(x < Lanes(0), select(floor(y) == y, sign * z, not_a_number), z);
  return select(((y == Lanes(0)) & (x == x)) | ((x == Lanes(1)) & (y == y)), Lanes(1), z);
}

// x, and the largest number for ±∞: f(x) g(x) is its limit where g(±∞) = 0. NaN stays.
inline Lanes finite_below(Lanes x) { return max(x, Lanes(std::numeric_limits<Real>::lowest())); }
inline Lanes finite(Lanes x) {
  return min(finite_below(x), Lanes(std::numeric_limits<Real>::max()));
}

// d x^y / dx = y x^(y−1), 0 for y = 0 also at x = 0
inline Lanes pow_slope(Lanes x, Lanes y) {
  return select(y == Lanes(0), Lanes(0), y * pow(x, y - Lanes(1)));
}
// d x^y / dy = x^y log x, whose limit is 0 where x^y is; at 0^0 it is 0 by convention
inline Lanes pow_slope_of_exponent(Lanes x, Lanes y, Lanes power) {
  const Mask nothing = (power == Lanes(0)) | ((x == Lanes(0)) & (y == Lanes(0)));
  return select(nothing, Lanes(0), power * log(x));
}

// {sin, cos} of n π/2 + r, n an integer, |r| <= π/4
inline std::pair<Lanes, Lanes> sincos_of_quarters(Lanes n, Lanes r) {
  constexpr std::size_t terms = sizeof(Real) == 4 ? 4 : 8;
  const Lanes r2 = r * r;
  const Lanes s = fma(r * r2, -polynomial(r2, inverse_factorials<terms>(3, 2, true)), r);
  const Lanes c = fma(r2 * r2, polynomial(r2, inverse_factorials<terms>(4, 2, true)),
                      fma(r2, Lanes(Real(-0.5)), Lanes(1)));
  const Lanes quarter = n - Lanes(4) * floor(n * Lanes(Real(0.25)));  // 0, 1, 2, 3
  const Mask swap = (quarter == Lanes(1)) | (quarter == Lanes(3));
  const Lanes sine = select(swap, c, s), cosine = select(swap, s, c);
  return {select(quarter >= Lanes(2), -sine, sine),
          select((quarter == Lanes(1)) | (quarter == Lanes(2)), -cosine, cosine)};
}
// {sin πt, cos πt} for |t| <= 2^20; the reduction is exact
inline std::pair<Lanes, Lanes> sincospi(Lanes t) {
  const Lanes quarters = t + t, n = nearest(quarters);
  return sincos_of_quarters(n, (quarters - n) * Lanes(std::numbers::pi_v<Real> / 2));
}
// xsimd's kernels choose one reduction for all lanes, so that a value would depend on its
// neighbours.
inline std::pair<Lanes, Lanes> sincos(Lanes x) {
  // π/2 in four parts (Cody and Waite), short enough for n times the first three to be exact
  constexpr bool f32 = sizeof(Real) == 4;
  constexpr Real p1 = f32 ? Real(0x1.920000p+0) : Real(0x1.921fb54442000p+0);
  constexpr Real p2 = f32 ? Real(0x1.fb4000p-12) : Real(0x1.a308d31318000p-41);
  constexpr Real p3 = f32 ? Real(0x1.444000p-24) : Real(0x1.8a2e037072000p-81);
  constexpr Real p4 = f32 ? Real(0x1.68c234p-39) : Real(0x1.44a409382229ap-121);
  const Lanes n = nearest(x * Lanes(2 * std::numbers::inv_pi_v<Real>));
  Lanes r = x;
  for (const Real part : {p1, p2, p3, p4}) r = fma(n, Lanes(-part), r);
  const auto [sine, cosine] = sincos_of_quarters(n, r);
  if (const Mask far = abs(x) > Lanes(10'000); any(far)) [[unlikely]] {
    Real s[Lanes::size], c[Lanes::size];
    for (int k = 0; k < Lanes::size; ++k) s[k] = std::sin(x[k]), c[k] = std::cos(x[k]);
    return {select(far, Lanes::load(s), sine), select(far, Lanes::load(c), cosine)};
  }
  return {sine, cosine};
}
inline Lanes sin(Lanes x) { return sincos(x).first; }
inline Lanes cos(Lanes x) { return sincos(x).second; }

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
