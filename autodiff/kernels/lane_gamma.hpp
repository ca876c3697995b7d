// Gamma, error and Langevin functions on Lanes, for elementwise.hpp.
//
// Every lane computes every branch and selects. The stored polynomials interpolate at Chebyshev
// points (50 digits, relative error below 1e-8 in float and 1e-16 in double) in variables that map
// a half-line to a finite interval, so that one of them serves all sizes. Bounds are held by
// tests/autodiff/lane_gamma.cpp. Not here: the gamma function of negative numbers (NaN).
#pragma once
#include <vaegrad/autodiff/kernels/lane_math.hpp>

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline Lanes nan_below_zero(Lanes z, Lanes y) {
  return select(z < Lanes(0), Lanes(std::numeric_limits<Real>::quiet_NaN()), y);
}
// (z − 1) / (z + 1), from −1/3 at z = 1/2 to 1 at infinity
inline Lanes half_line(Lanes z) {
  z = min(z, Lanes(std::numeric_limits<Real>::max() / 2));
  return (z - Lanes(1)) / (z + Lanes(1));
}

// z S(z) and −z² S'(z) for z >= 1/2, with S of lgamma_remainder below; both are 1/12 at infinity
inline Lanes remainder_times(Lanes z) {
#if !defined(VAEGRAD_DOUBLE)
  constexpr std::array<Real, 12> c = {0.0810614673f,    7.691603355e-3f,  -0.01130303164f,
                                      0.01062061402f,   -8.212077347e-3f, 6.08293918e-3f,
                                      -4.676793144e-3f, 3.794096479e-3f,  -3.0357564e-3f,
                                      1.989662347e-3f,  -8.40760302e-4f,  1.613697583e-4f};
#else
  constexpr std::array<Real, 27> c = {
      0.0810614667953272579,   7.6916037875887955e-3,   -0.0113029221220894449,
      0.0106204109355520078,   -8.2156123794927854e-3,  6.09336269804422279e-3,
      -4.64934362652388251e-3, 3.65067599021518423e-3,  -2.92860080604470121e-3,
      2.39793876592350906e-3,  -1.9974367024555544e-3,  1.68800807831643464e-3,
      -1.44471607627307852e-3, 1.25016670141434626e-3,  -1.09228417573772034e-3,
      9.61319662037732378e-4,  -8.49861523971839612e-4, 7.57969623850682924e-4,
      -6.93911609936816902e-4, 6.55161096928802921e-4,  -6.06112794234808428e-4,
      4.9947251484592771e-4,   -3.34107666159517737e-4, 1.6799210581249626e-4,
      -5.86468255738780527e-5, 1.25884612947099479e-5,  -1.24757532474908975e-6};
#endif
  return polynomial(half_line(z), c);
}
inline Lanes remainder_slope_times(Lanes z) {
#if !defined(VAEGRAD_DOUBLE)
  constexpr std::array<Real, 13> c = {
      0.07721566491f,  0.0189945254f,    -0.02338773928f, 0.01574876087f,   -7.518369776e-3f,
      3.608962783e-3f, -2.191674579e-3f, 1.426806035e-3f, -9.722355595e-4f, 6.770783609e-4f,
      -3.87984639e-4f, 1.447026978e-4f,  -2.516390972e-5f};
#else
  constexpr std::array<Real, 29> c = {
      0.0772156649015328606,   0.0189945259096785696,   -0.0233877366316243397,
      0.0157487135723309272,   -7.51840272078325058e-3, 3.61016883025516911e-3,
      -2.19330290725368345e-3, 1.41704787619149119e-3,  -9.41956083599172803e-4,
      6.7072537101146785e-4,   -4.90841066997175753e-4, 3.69184464723480453e-4,
      -2.85677094520020706e-4, 2.24887663644718395e-4,  -1.80395251640064393e-4,
      1.46905516884870975e-4,  -1.21134384802044254e-4, 1.00914806785043875e-4,
      -8.47728853324648256e-5, 7.24749571463163918e-5,  -6.3964962066866752e-5,
      5.73817783999428217e-5,  -4.88096323716206183e-5, 3.58822691010183637e-5,
      -2.10318176217322374e-5, 9.18237671982801388e-6,  -2.77107524469805228e-6,
      5.13664336711145065e-7,  -4.41115519484882738e-8};
#endif
  return polynomial(half_line(z), c);
}

// What Stirling's formula leaves:  S(z) = log Γ(z) − (z − ½) log z + z − ½ log 2π,  z >= 0.
// S(z) = 1/12z − 1/360z³ + ..;  below ½:  S(z) = S(z+1) + (z + ½) log((z+1)/z) − 1
inline Lanes lgamma_remainder(Lanes z) {
  const Mask small = z < Lanes(Real(0.5));
  const Lanes at = select(small, z + Lanes(1), z), half = z + Lanes(Real(0.5));
  const Lanes shift = fma(half, log1p(z), -fma(half, log(z), Lanes(1)));
  return nan_below_zero(z, remainder_times(at) / at + select(small, shift, Lanes(0)));
}
// S'(z) = ψ(z) − log z + 1/2z
inline Lanes lgamma_remainder_slope(Lanes z) {
  const Mask small = z < Lanes(Real(0.5));
  const Lanes at = select(small, z + Lanes(1), z), r = Lanes(1) / at, half = Real(0.5);
  const Lanes lost = -std::numeric_limits<Real>::infinity();  // ∞ − ∞ at 0
  const Lanes shift = select(z == Lanes(0), lost, (log1p(z) - log(z)) - half * (r + Lanes(1) / z));
  return nan_below_zero(z, select(small, shift, Lanes(0)) - r * r * remainder_slope_times(at));
}
// ψ(z) = log z − 1/2z + S'(z);  below ½:  ψ(z) = ψ(z+1) − 1/z
inline Lanes digamma(Lanes z) {
  const Mask small = z < Lanes(Real(0.5));
  const Lanes at = select(small, z + Lanes(1), z), r = Lanes(1) / at;
  const Lanes y = log(at) - r * fma(r, remainder_slope_times(at), Lanes(Real(0.5)));
  return nan_below_zero(z, y - select(small, Lanes(1) / z, Lanes(0)));
}
// From 3 on, Stirling's formula with S; from 1 to 3, with the roots taken out,
// log Γ(z) = (z − 1)(z − 2) R(z − 2); below 1, log Γ(z) = log Γ(z + 1) − log z.
inline Lanes lgamma(Lanes z) {
#if !defined(VAEGRAD_DOUBLE)
  constexpr std::array<Real, 13> c = {
      0.4227843351f,    -0.1003172746f,   0.03296498784f,  -0.01238494322f, 4.998996089e-3f,
      -2.102242432e-3f, 9.125944839e-4f,  -4.25154131e-4f, 1.917396867e-4f, -5.283973561e-5f,
      2.388160727e-5f,  -3.858047519e-5f, 1.80915131e-5f};
#else
  constexpr std::array<Real, 27> c = {
      0.422784335098467139,    -0.100317301674354209,   0.0329650006211559659,
      -0.0123841921933364025,  4.99864116468036015e-3,  -2.10813083520551129e-3,
      9.15376922859274743e-4,  -4.05707376718340237e-4, 1.82552628961646087e-4,
      -8.30953205143400953e-5, 3.81689838392897344e-5,  -1.76605494368599631e-5,
      8.22164118468845867e-6,  -3.85162802456863467e-6, 1.81019653745853811e-6,
      -8.41787818556620709e-7, 3.98291986191765263e-7,  -2.11602094152952679e-7,
      1.00900825014163906e-7,  -1.91557989128059159e-8, 8.98075293131932845e-9,
      -2.96893772361782225e-8, 1.43546025381865477e-8,  7.54698210604421572e-9,
      -3.6707781973177215e-9,  -3.04508310461640577e-9, 1.47567844979562575e-9};
#endif
  constexpr Real rest = Real(0.41893853320467274178);  // ½ log 2π − ½
  const Mask below = z < Lanes(1), near = z < Lanes(3);
  const Lanes l = log(z), u = min(select(below, z - Lanes(1), z - Lanes(2)), Lanes(1));
  const Lanes roots = fma((u + Lanes(1)) * u, polynomial(u, c), select(below, -l, Lanes(0)));
  const Lanes at = max(z, Lanes(3));
  const Lanes far =
      (at - Lanes(Real(0.5))) * (l - Lanes(1)) + (Lanes(rest) + remainder_times(at) / at);
  return select(near, roots, far);
}

// exp(x²) erfc(x) for x >= 0: a polynomial in (x − 2) / (x + 2) over 1 + 2x
// (Shepherd and Laframboise, Math. Comp. 36 (1981))
inline Lanes scaled_erfc(Lanes x) {
#if !defined(VAEGRAD_DOUBLE)
  constexpr std::array<Real, 13> c = {
      1.276978382f,     -0.09276375981f, -0.1660303913f,  0.1640493954f,   -0.05422018605f,
      -8.018635692e-3f, 8.724294538e-3f, 1.216665496e-3f, -1.46351167e-3f, -3.571778925e-4f,
      2.211054525e-4f,  6.310018546e-5f, -2.010893119e-5f};
#else
  constexpr std::array<Real, 27> c = {
      1.27697838155252872,     -0.0927638265857447944,  -0.166030397615289263,
      0.16405128003329549,     -0.0542200009920501553,  -8.03401507716482477e-3,
      8.72265387612306342e-3,  1.27133887816669738e-3,  -1.45681395281906403e-3,
      -4.54340007021310437e-4, 2.06367255490093483e-4,  1.51034358730540777e-4,
      -1.51005501469740361e-6, -3.64047201391201516e-5, -1.34921206283457264e-5,
      3.66146741048599352e-6,  5.2213279957368115e-6,   1.59444417114606912e-6,
      -6.88341111854347964e-7, -9.50003945979719199e-7, -2.76844094283784976e-7,
      2.36918558857059405e-7,  1.79863479160041172e-7,  -2.64497126813997211e-8,
      -4.51592768600267092e-8, 2.91151749124445387e-10, 4.75242404074021574e-9};
#endif
  return polynomial((x - Lanes(2)) / (x + Lanes(2)), c) / (Lanes(1) + x + x);
}
// exp(−c x²) with the rounding of x² made good; c = 1 or ½
inline Lanes exp_minus_square(Lanes x, Real c) {
  x = min(abs(x), Lanes(40));
  const Lanes square = x * x, lost = fma(x, x, -square);
  return exp(Lanes(-c) * square) * (Lanes(1) - Lanes(c) * lost);
}
// Below 1 the series 2/√π Σ (−1)ᵏ x²ᵏ⁺¹ / (k! (2k + 1))
inline Lanes erf(Lanes x) {
  constexpr auto series = [] {
    std::array<Real, sizeof(Real) == 4 ? 11 : 19> c{};
    double factorial = 1;
    for (std::size_t k = 0; k < c.size(); ++k) {
      if (k > 0) factorial *= -double(k);
      c[k] = Real(2 * std::numbers::inv_sqrtpi / (factorial * double(2 * k + 1)));
    }
    return c;
  }();
  const Lanes size = min(abs(x), Lanes(40));
  const Lanes tail = exp_minus_square(x, 1) * scaled_erfc(size);
  return select(abs(x) < Lanes(1), x * polynomial(x * x, series), copysign(Lanes(1) - tail, x));
}
// Φ(x) = ½ erfc(−x/√2), to relative accuracy on the left
inline Lanes normal_cdf(Lanes x) {
  const Lanes size = min(abs(x), Lanes(40)) * Lanes(std::numbers::sqrt2_v<Real> / 2);
  const Lanes tail = Lanes(Real(0.5)) * exp_minus_square(x, Real(0.5)) * scaled_erfc(size);
  return select(x > Lanes(0), Lanes(1) - tail, tail);
}
inline Lanes normal_density(Lanes x) {
  constexpr Real c = std::numbers::inv_sqrtpi_v<Real> * std::numbers::sqrt2_v<Real> / 2;
  return Lanes(c) * exp_minus_square(x, Real(0.5));
}

// log(sinh(x) / x) and its derivative coth x − 1/x, the Langevin function. Up to |x| = 2 by
//   sinh(x)/x = Σ x²ⁿ / (2n + 1)!,    cosh x − sinh(x)/x = Σ 2n x²ⁿ / (2n + 1)!
inline constexpr auto sinhc_series = inverse_factorials < sizeof(Real) == 4 ? 8
                                                                            : 14 > (1, 2, false);
inline Lanes log_sinhc(Lanes x) {
  constexpr auto series = inverse_factorials<sinhc_series.size()>(3, 2, false);
  const Lanes a = abs(x), s = min(a, Lanes(2)), s2 = s * s;
  const Lanes less = Lanes(Real(-0.5)) * expm1(Lanes(-2) * a) / a;  // sinh(a) / (a exp a)
  return select(a < Lanes(2), log1p(s2 * polynomial(s2, series)),
                a + log(max(less, Lanes(std::numeric_limits<Real>::min()))));
}
inline Lanes langevin(Lanes x) {
  constexpr auto series = [] {
    std::array<Real, sinhc_series.size() - 1> c{};
    for (std::size_t k = 0; k < c.size(); ++k) c[k] = Real(2 * (k + 1)) * sinhc_series[k + 1];
    return c;
  }();
  const Lanes a = abs(x), s = min(a, Lanes(2)), s2 = s * s;
  const Lanes near = s * polynomial(s2, series) / polynomial(s2, sinhc_series);
  return copysign(select(a < Lanes(2), near, Lanes(1) / tanh(a) - Lanes(1) / a), x);
}
// 1/x² − 1/sinh² x = 1 − y² − 2y/x with y = coth x − 1/x
inline Lanes langevin_slope(Lanes x, Lanes y) {
  const Lanes a = abs(x), e = exp(Lanes(-2) * a), inverse = Lanes(1) / a;
  const Lanes csch = Lanes(2) * exp(-a) / (Lanes(1) - e);
  const Lanes middle = Lanes(1) - y * y - Lanes(2) * y / x;
  const Lanes x2 = x * x;  // 1/3 − x²/15 + 2x⁴/189
  const Lanes zero = polynomial(x2, std::array<Real, 3>{Real(1) / 3, -Real(1) / 15, Real(2) / 189});
  return select(a < Lanes(Real(1e-3)), zero,
                select(a < Lanes(2), middle, inverse * inverse - csch * csch));
}

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
