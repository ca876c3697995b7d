// Real, and the name that keeps programs compiled differently apart.
//
// The same sources are compiled twice: Real is float in the programs, double in the gradient checks
// (targets vaegrad::autodiff and vaegrad::autodiff_f64). The number type and the instruction set
// are in the inline namespace, so an object compiled otherwise than the library it links with fails
// to link, with the reason in the symbol's name, instead of disagreeing silently about lane widths.
#pragma once

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

#define VAEGRAD_JOIN_(a, b) a##_##b
#define VAEGRAD_JOIN(a, b) VAEGRAD_JOIN_(a, b)
#define VAEGRAD_ABI VAEGRAD_JOIN(VAEGRAD_NUMBER, VAEGRAD_LANES)  // f32_avx512, f64_avx2_fma, ..

namespace vaegrad::inline VAEGRAD_ABI {
#if defined(VAEGRAD_DOUBLE)
using Real = double;
#else
using Real = float;
#endif
}  // namespace vaegrad::inline VAEGRAD_ABI
