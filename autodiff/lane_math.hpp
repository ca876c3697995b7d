// The elementary functions on Lanes. Include lanes.hpp, which includes this.
//
// xsimd's where they are right; our own where xsimd 8.1 is wrong, or slow because it does not fuse
// multiplication and addition on AVX-512 (softplus 1.4 ns a float against 0.5, tanh 0.75 against
// 0.4). Errors in ulps are held by tests/autodiff/lanes.cpp, which has the table; NaN goes through
// every one. Not here: denormal results. exp(-100.f), softplus(-100.f), sigmoid(-100.f) are 0,
// where libm gives 4e-44; exp and expm1 are infinite from 88.38f (libm: 88.72f) and 709.44
// (709.78); log of a denormal double is wrong by up to 57; pow's error is 2 + |y log x| / 2 ulps.
#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include <vaegrad/autodiff/lanes.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline Lanes log(Lanes x) { return Lanes(xsimd::log(x.batch())); }
inline Lanes log1p(Lanes x) { return Lanes(xsimd::log1p(x.batch())); }
inline Lanes sqrt(Lanes x) { return Lanes(xsimd::sqrt(x.batch())); }
inline Lanes abs(Lanes x) { return Lanes(xsimd::abs(x.batch())); }
inline Lanes floor(Lanes x) { return Lanes(xsimd::floor(x.batch())); }
inline Lanes sin(Lanes x) { return Lanes(xsimd::sin(x.batch())); }
inline Lanes cos(Lanes x) { return Lanes(xsimd::cos(x.batch())); }
inline std::pair<Lanes, Lanes> sincos(Lanes x) {
  const auto [sine, cosine] = xsimd::sincos(x.batch());
  return {Lanes(sine), Lanes(cosine)};
}
// |x| with the sign of y
inline Lanes copysign(Lanes x, Lanes y) { return Lanes(xsimd::copysign(x.batch(), y.batch())); }

// NaN from either side goes through.
inline Lanes max(Lanes a, Lanes b) { return select((a > b) | (a != a), a, b); }
inline Lanes min(Lanes a, Lanes b) { return select((a < b) | (a != a), a, b); }

// x^y;  0^y as the limit from the right (xsimd 8.1: 0 for negative y)
inline Lanes pow(Lanes x, Lanes y) {
  const Lanes infinity = std::numeric_limits<Real>::infinity();
  const Lanes of_zero = select(y < Lanes(0), infinity, select(y == Lanes(0), Lanes(1), y - y));
  return select(x == Lanes(0), select(y > Lanes(0), Lanes(0), of_zero),
                Lanes(xsimd::pow(x.batch(), y.batch())));
}

// c0 + c1 x + c2 x^2 + ..
template <std::size_t n>
Lanes polynomial(Lanes x, const std::array<Real, n>& c) {
  Lanes y = c[n - 1];
  for (std::size_t k = n - 1; k-- > 0;) y = fma(y, x, Lanes(c[k]));
  return y;
}

// exp(x) = scale (1 + p), both to full relative accuracy: exp and exp - 1 from one evaluation, no
// branch.
//   x = n log 2 + r,  |r| <= log(2)/2,  scale = 2^n,  p = exp(r) - 1 = r + r^2 (1/2! + r/3! +
//   r^2/4! + ..)
// Without denormals: scale is 0 where exp(x) < 2^-126 (double 2^-1022), infinite where n = 128
// (1024).
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
  static constexpr Real log2_high =
      f32 ? Real(0x1.62ep-1) : Real(0x1.62e42feep-1);  // n log2_high is exact
  static constexpr Real log2_low = f32 ? Real(0x1.0bfbe8p-15) : Real(0x1.a39ef35793c76p-33);
  static constexpr auto series = [] {
    std::array<Real, f32 ? 6 : 12> c{};
    double factorial = 1;
    for (std::size_t k = 0; k < c.size(); ++k) c[k] = Real(1 / (factorial *= double(k + 2)));
    return c;
  }();
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

}  // namespace vaegrad::inline VAEGRAD_ABI
