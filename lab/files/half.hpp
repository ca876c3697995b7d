// Numbers of 16 bits: the small form of weights, in files and in pages.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The nearest number of IEEE 754's binary16, ties to even: 11 significant bits, a relative error of
// 2^-11 = 0.0005 from 6.1e-5 to 65504; larger ones become infinite.
constexpr std::uint16_t half_bits(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), sign = bits >> 16 & 0x8000;
  const std::uint32_t size = bits & 0x7fffffff;
  if (size >= 0x7f800000) return std::uint16_t(sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00));
  if (size < 0x33000000) return std::uint16_t(sign);  // less than half of the least denormal
  const int exponent = int(size >> 23) - 127;
  // The significand with its leading bit, moved to where the last bit of a half is the unit.
  const std::uint32_t significand = (size & 0x7fffff) | 0x800000;
  const int drop = exponent < -14 ? 13 + (-14 - exponent) : 13;
  const std::uint32_t kept = significand >> drop, rest = significand & ((1u << drop) - 1);
  const std::uint32_t tie = 1u << (drop - 1);
  const std::uint32_t rounded = kept + (rest > tie || (rest == tie && (kept & 1)));
  // A carry goes on into the exponent, as it must.
  const std::uint32_t whole =
      exponent < -14 ? rounded : rounded + (std::uint32_t(exponent + 14) << 10);
  return std::uint16_t(sign | (whole >= 0x7c00 ? 0x7c00 : whole));
}
// .. and back, exact.
constexpr float from_half(std::uint16_t h) {
  const float sign = h & 0x8000 ? -1.f : 1.f;
  const int exponent = h >> 10 & 31, rest = h & 1023;
  if (exponent == 31) return rest ? std::bit_cast<float>(0x7fc00000u) : sign / 0.f;
  if (exponent == 0) return sign * float(rest) * 0x1p-24f;
  return sign *
         std::bit_cast<float>(std::uint32_t(exponent + 112) << 23 | std::uint32_t(rest) << 13);
}
static_assert(half_bits(1) == 0x3c00 && half_bits(-2) == 0xc000 && half_bits(65504) == 0x7bff &&
              half_bits(65520) == 0x7c00 && half_bits(0x1p-24f) == 1 && half_bits(0x1p-25f) == 0 &&
              half_bits(0x1.8p-25f) == 1 && half_bits(0x1.ffep-15f) == 0x400 &&
              half_bits(1 + 0x1p-11f) == 0x3c00 && half_bits(1 + 0x3p-11f) == 0x3c02);
static_assert(from_half(0x3c01) == 1 + 0x1p-10f && from_half(1) == 0x1p-24f &&
              from_half(0xfbff) == -65504);

// As it lies in a file.
struct Half {
  std::uint16_t bits;
  operator float() const { return from_half(bits); }
};
// The number of 16 bits next to x. Error, with its name: x is too large for them, or not finite.
inline Half to_half(double x, const std::string& name) {
  const Half half{half_bits(float(x))};
  check(std::isfinite(float(half)), name, " holds ", x, ", which 16 bits cannot: they end at 65504",
        hint, "a smaller --learning-rate, or --clip, keeps weights in bounds");
  return half;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
