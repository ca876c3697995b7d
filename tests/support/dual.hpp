// Dual numbers v + d ε, ε² = 0: plain forward-mode arithmetic with std:: functions, for comparison.
// Knows nothing of the engine; conventions at kinks are those the engine states.
#pragma once
#include <cmath>

struct Dual {
  double v = 0, d = 0;
  Dual() = default;
  Dual(double v, double d = 0) : v(v), d(d) {}
};
inline Dual operator+(Dual a, Dual b) { return {a.v + b.v, a.d + b.d}; }
inline Dual operator-(Dual a, Dual b) { return {a.v - b.v, a.d - b.d}; }
inline Dual operator*(Dual a, Dual b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
inline Dual operator/(Dual a, Dual b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }
inline Dual operator-(Dual a) { return {-a.v, -a.d}; }
inline Dual exp(Dual a) { return {std::exp(a.v), std::exp(a.v) * a.d}; }
inline Dual log(Dual a) { return {std::log(a.v), a.d / a.v}; }
inline Dual log1p(Dual a) { return {std::log1p(a.v), a.d / (1 + a.v)}; }
inline Dual expm1(Dual a) { return {std::expm1(a.v), std::exp(a.v) * a.d}; }
inline Dual sqrt(Dual a) { return {std::sqrt(a.v), a.d / (2 * std::sqrt(a.v))}; }
inline Dual square(Dual a) { return a * a; }
inline Dual sin(Dual a) { return {std::sin(a.v), std::cos(a.v) * a.d}; }
inline Dual cos(Dual a) { return {std::cos(a.v), -std::sin(a.v) * a.d}; }
inline Dual tanh(Dual a) { return {std::tanh(a.v), a.d / std::pow(std::cosh(a.v), 2)}; }
inline Dual sigmoid(Dual a) { return 1 / (1 + exp(-a)); }
inline Dual softplus(Dual a) {  // log(1 + eᵃ) = a + log(1 + e⁻ᵃ)
  return a.v > 0 ? a + log1p(exp(-a)) : log1p(exp(a));
}
inline Dual log_sigmoid(Dual a) { return -softplus(-a); }
inline Dual pow(Dual a, Dual b) { return exp(b * log(a)); }
inline Dual max(Dual a, Dual b) { return a.v >= b.v ? a : b; }
inline Dual min(Dual a, Dual b) { return a.v <= b.v ? a : b; }
inline Dual abs(Dual a) { return a.v > 0 ? a : a.v < 0 ? -a : Dual(0); }
inline Dual relu(Dual a) { return a.v > 0 ? a : Dual(0); }
inline Dual leaky_relu(Dual a, double slope) { return a.v > 0 ? a : slope * a; }
inline Dual clamp(Dual a, double low, double high) { return min(max(a, low), high); }
