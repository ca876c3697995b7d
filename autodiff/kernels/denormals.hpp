// FlushDenormals: while it lives, results below the least normal number (float 1.2e-38) are 0, and
// operands below it count as 0, on this thread and in its parallel_for.
//
// Processors are slow with such numbers, and they come by themselves: as products with the small
// weights of particles (with 50 a step took twice as long), and in Adam's moments of weights that
// stopped moving, which decay to the least denormal and stay there. What is lost is below any
// noise, so backward and optimisers flush; values as recorded do not.
#pragma once
#include <vaegrad/autodiff/real.hpp>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace vaegrad::inline VAEGRAD_ABI {

using FloatingMode = unsigned;  // the processor's rounding and flushing, as its register has it
#if defined(__SSE2__)
inline FloatingMode floating_mode() { return _mm_getcsr(); }
inline void set_floating_mode(FloatingMode mode) { _mm_setcsr(mode); }
constexpr FloatingMode flush_denormals = 0x8040;  // flush to zero, denormals are zero
#else
inline FloatingMode floating_mode() { return 0; }
inline void set_floating_mode(FloatingMode) {}
constexpr FloatingMode flush_denormals = 0;
#endif

class FlushDenormals {
 public:
  FlushDenormals() { set_floating_mode(before_ | flush_denormals); }
  ~FlushDenormals() { set_floating_mode(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  FloatingMode before_ = floating_mode();
};

}  // namespace vaegrad::inline VAEGRAD_ABI
