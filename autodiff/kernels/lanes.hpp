// Lanes: as many Reals as one vector register holds, with the elementary functions on them.
//
// This is the one file that names xsimd: another version of it, or another library, changes this
// file alone. The elementary functions are in lane_math.hpp. Sums and maxima over lanes are taken
// in a fixed pairwise order, so that every compiler and every optimisation level gives the same
// bits.
#pragma once
#include <bit>
#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/autodiff/real.hpp>

#if defined(__GNUC__) && !defined(__clang__)  // GCC 12's AVX-512 header: false alarms
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#else
#include <xsimd/xsimd.hpp>
#endif

#include <vaegrad/autodiff/kernels/precise_begin.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One truth value per lane.
class Mask {
 public:
  using Batch = xsimd::batch<Real>::batch_bool_type;
  Mask(Batch batch) : batch_(batch) {}
  // Lane by lane.
  friend Mask operator&(Mask a, Mask b) { return a.batch_ & b.batch_; }
  friend Mask operator|(Mask a, Mask b) { return a.batch_ | b.batch_; }
  friend Mask operator!(Mask a) { return ~a.batch_; }
  friend bool any(Mask a) { return xsimd::any(a.batch_); }  // one lane at least
  friend bool all(Mask a) { return xsimd::all(a.batch_); }  // every lane
  const Batch& batch() const { return batch_; }

 private:
  Batch batch_;
};

class Lanes {
 public:
  using Batch = xsimd::batch<Real>;
  static constexpr int size = int(Batch::size);

  Lanes() : batch_(Real(0)) {}
  Lanes(Real x) : batch_(x) {}
  explicit Lanes(Batch batch) : batch_(batch) {}

  // No alignment is needed. With `live`, only x[0 .. live) is touched and the other lanes read as
  // 0.
  static Lanes load(const Real* x) { return Lanes(Batch::load_unaligned(x)); }
  static Lanes load(const Real* x, int live) {
#if defined(__AVX512F__) && defined(VAEGRAD_DOUBLE)
    return Lanes(Batch(_mm512_maskz_loadu_pd(mask_of(live), x)));
#elif defined(__AVX512F__)
    return Lanes(Batch(_mm512_maskz_loadu_ps(mask_of(live), x)));
#else
    alignas(64) Real padded[size] = {};
    for (int k = 0; k < live; ++k) padded[k] = x[k];
    return Lanes(Batch::load_aligned(padded));
#endif
  }
  // .. and back: with `live`, only x[0 .. live) is written.
  void store(Real* x) const { batch_.store_unaligned(x); }
  void store(Real* x, int live) const {
#if defined(__AVX512F__) && defined(VAEGRAD_DOUBLE)
    _mm512_mask_storeu_pd(x, mask_of(live), batch_);
#elif defined(__AVX512F__)
    _mm512_mask_storeu_ps(x, mask_of(live), batch_);
#else
    alignas(64) Real padded[size];
    batch_.store_aligned(padded);
    for (int k = 0; k < live; ++k) x[k] = padded[k];
#endif
  }
  // One lane: slow.
  Real operator[](int lane) const {
    alignas(64) Real all[size];
    batch_.store_aligned(all);
    return all[lane];
  }
  const Batch& batch() const { return batch_; }

  // Lane by lane, on the register itself: the intrinsics behind xsimd's operators are as the including program's
  // options have them, and Clang's may say that sums can be reordered.
  friend Lanes operator+(Lanes a, Lanes b) { return Lanes(Batch(a.number() + b.number())); }
  friend Lanes operator-(Lanes a, Lanes b) { return Lanes(Batch(a.number() - b.number())); }
  friend Lanes operator*(Lanes a, Lanes b) { return Lanes(Batch(a.number() * b.number())); }
  friend Lanes operator/(Lanes a, Lanes b) { return Lanes(Batch(a.number() / b.number())); }
  friend Lanes operator-(Lanes a) { return Lanes(Batch(-a.number())); }
  Lanes& operator+=(Lanes b) { return *this = *this + b; }
  Lanes& operator-=(Lanes b) { return *this = *this - b; }
  Lanes& operator*=(Lanes b) { return *this = *this * b; }
  Lanes& operator/=(Lanes b) { return *this = *this / b; }

  // Lane by lane; false where one is NaN, != true.
  friend Mask operator<(Lanes a, Lanes b) { return a.batch_ < b.batch_; }
  friend Mask operator>(Lanes a, Lanes b) { return a.batch_ > b.batch_; }
  friend Mask operator<=(Lanes a, Lanes b) { return a.batch_ <= b.batch_; }
  friend Mask operator>=(Lanes a, Lanes b) { return a.batch_ >= b.batch_; }
  friend Mask operator==(Lanes a, Lanes b) { return a.batch_ == b.batch_; }
  friend Mask operator!=(Lanes a, Lanes b) { return !(a == b); }  // xsimd 8.1: NaN != NaN is false

 private:
  using Number = Batch::register_type;
  Number number() const { return batch_; }
#if defined(__AVX512F__)
  using MaskBits = Mask::Batch::register_type;
  static MaskBits mask_of(int live) { return MaskBits((1u << live) - 1); }
#endif
  Batch batch_;
};

// a where the mask is true, else b
inline Lanes select(Mask mask, Lanes a, Lanes b) {
  return Lanes(xsimd::select(mask.batch(), a.batch(), b.batch()));
}
// a b + c, rounded once where the processor has the instruction. xsimd 8.1 overlooks that of
// AVX-512.
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
#if defined(__AVX512F__) && defined(VAEGRAD_DOUBLE)
  return Lanes(Lanes::Batch(_mm512_fmadd_pd(a.batch(), b.batch(), c.batch())));
#elif defined(__AVX512F__)
  return Lanes(Lanes::Batch(_mm512_fmadd_ps(a.batch(), b.batch(), c.batch())));
#else
  return Lanes(xsimd::fma(a.batch(), b.batch(), c.batch()));
#endif
}

// √x, |x|, ⌊x⌋
inline Lanes sqrt(Lanes x) { return Lanes(xsimd::sqrt(x.batch())); }
inline Lanes abs(Lanes x) { return Lanes(xsimd::abs(x.batch())); }
inline Lanes floor(Lanes x) { return Lanes(xsimd::floor(x.batch())); }
// |x| with the sign of y
inline Lanes copysign(Lanes x, Lanes y) { return Lanes(xsimd::copysign(x.batch(), y.batch())); }

// Added to a small number, this leaves its nearest integer in the last bits of the significand.
inline constexpr Real integer_shift = Real(3ll << (std::numeric_limits<Real>::digits - 2));

// the nearest integer, of |x| < 2^22 (double 2^51); ties to even
inline Lanes nearest(Lanes x) { return (x + Lanes(integer_shift)) - Lanes(integer_shift); }

// the bits of lanes, as integers of the same width
using Bit = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
using Bits [[gnu::vector_size(sizeof(Lanes::Batch))]] = Bit;
inline constexpr int exponent_at = std::numeric_limits<Real>::digits - 1;

// {n, 2^n} for n = nearest(x), from the least to the greatest exponent of a normal Real; one more
// gives infinity, other x nonsense.
inline std::pair<Lanes, Lanes> nearest_power(Lanes x) {
  // The shift plus the bias of exponents leaves those of n in the last bits; moved to where the
  // exponent stands, they are the number 2^n.
  constexpr Real shift = integer_shift + Real(std::numeric_limits<Real>::max_exponent - 1);
  const Lanes shifted = x + Lanes(shift);
  const Bits power = std::bit_cast<Bits>(shifted.batch()) << exponent_at;
  return {shifted - Lanes(shift), Lanes(std::bit_cast<Lanes::Batch>(power))};
}

// {k, m} with x = 2^k m, √½ <= m < √2, for normal x > 0; else nonsense
inline std::pair<Lanes, Lanes> split_power(Lanes x) {
  constexpr Bit one = std::bit_cast<Bit>(Real(1));
  constexpr Bit root = std::bit_cast<Bit>(std::numbers::sqrt2_v<Real> / 2);
  const Bits moved = std::bit_cast<Bits>(x.batch()) + (one - root);
  const Bits k = (moved >> exponent_at) - (one >> exponent_at);
  const Bits m = (moved & ((Bit(1) << exponent_at) - 1)) + root;
  using Reals [[gnu::vector_size(sizeof(Lanes::Batch))]] = Real;
  return {Lanes(std::bit_cast<Lanes::Batch>(__builtin_convertvector(k, Reals))),
          Lanes(std::bit_cast<Lanes::Batch>(m))};
}

// 0, 1, 2, ..
inline Lanes lane_numbers() {
  alignas(64) Real k[Lanes::size];
  for (int i = 0; i < Lanes::size; ++i) k[i] = Real(i);
  return Lanes(Lanes::Batch::load_aligned(k));
}
// true in lanes 0 .. live-1
inline Mask first(int live) { return lane_numbers() < Lanes(Real(live)); }

// Lane k takes in lane k + n/2, then k + n/4, ..: always this order.
template <class F>
Real fold_lanes(Lanes x, F f) {
  alignas(64) Real a[Lanes::size];
  x.batch().store_aligned(a);
  for (int half = Lanes::size / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k) a[k] = f(a[k], a[k + half]);
  return a[0];
}
inline Real horizontal_sum(Lanes x) {
  return fold_lanes(x, [](Real a, Real b) { return a + b; });
}
// Neither infinite nor NaN.
inline bool is_finite(Real x) { return x - x == 0; }

// NaN if any lane is NaN
inline Real horizontal_max(Lanes x) {
  return fold_lanes(x, [](Real a, Real b) { return a != a || a > b ? a : b; });
}

}  // namespace vaegrad::inline VAEGRAD_ABI

#include <vaegrad/autodiff/kernels/precise_end.hpp>
