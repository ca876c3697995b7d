// Real, and the name that keeps programs compiled differently apart.
//
// The same sources are compiled twice: Real is float in the programs, double in the gradient checks
// (targets vaegrad::autodiff and vaegrad::autodiff_f64). The number type and the instruction set
// are in the inline namespace, so an object compiled otherwise than the library it links with fails
// to link, with the reason in the symbol's name, instead of disagreeing silently about lane widths.
//
// Refused: options under which the elementary functions would be wrong in silence (exp by 12 %, tanh
// by 100 % under -ffast-math). Those that a compiler announces by no macro, Clang's -fassociative-math
// among them, are made harmless where lanes are computed (lanes.hpp, precise_begin.hpp).
#pragma once

#if defined(__FAST_MATH__)
#error \
    "vaegrad: -ffast-math (also by -Ofast or -ffp-model=fast) gives wrong numbers: compile without it"
#elif defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "vaegrad: -ffinite-math-only gives wrong numbers: compile without it"
#elif defined(__ASSOCIATIVE_MATH__)
#error \
    "vaegrad: -fassociative-math (also by -funsafe-math-optimizations) gives wrong numbers: compile without it"
#elif defined(__RECIPROCAL_MATH__)
#error "vaegrad: -freciprocal-math gives other numbers: compile without it"
#elif defined(__NO_SIGNED_ZEROS__)
#error "vaegrad: -fno-signed-zeros gives other numbers: compile without it"
#elif defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "vaegrad: -mfpmath=387 gives other numbers: compile without it"
#endif
static_assert(0.1 != 0.1f,
              "vaegrad: -fsingle-precision-constant gives other numbers: compile without it");

// What is in the name: the number type, and the lanes.
#if defined(VAEGRAD_DOUBLE)
#define VAEGRAD_NUMBER f64
#else
#define VAEGRAD_NUMBER f32
#endif
#if defined(__AVX512F__)
#define VAEGRAD_LANES avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define VAEGRAD_LANES avx2_fma
#elif defined(__AVX2__)
#define VAEGRAD_LANES avx2
#elif defined(__AVX__)
#define VAEGRAD_LANES avx
#elif defined(__SSE2__)
#define VAEGRAD_LANES sse2
#elif defined(__ARM_NEON)
#define VAEGRAD_LANES neon
#else
#error "vaegrad: no vector instruction set that xsimd knows; set VAEGRAD_ARCH"
#endif

// The two in one name.
#define VAEGRAD_JOIN_(a, b) a##_##b
#define VAEGRAD_JOIN(a, b) VAEGRAD_JOIN_(a, b)
#define VAEGRAD_ABI VAEGRAD_JOIN(VAEGRAD_NUMBER, VAEGRAD_LANES)  // f32_avx512, f64_avx2_fma, ..

namespace vaegrad::inline VAEGRAD_ABI {
// The number type of everything that is learnt.
#if defined(VAEGRAD_DOUBLE)
using Real = double;
#else
using Real = float;
#endif
}  // namespace vaegrad::inline VAEGRAD_ABI
