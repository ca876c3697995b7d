// Is a gradient right? One random direction v: the slope of f along v by central differences
// against g · v by the tape, in units of Σ |g_i v_i|, so that terms which cancel do not hide an
// error.
//
//   GradientCheck check = check_gradient(parameters, [&](Tape& tape) { return loss(tape); });
//   // check.relative_error() is about 1e-10 in double when every pullback is right
#pragma once
#include <cmath>
#include <functional>

#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct GradientCheck {
  double numeric, tape;  // the two slopes
  double scale;          // Σ |g_i v_i|
  double relative_error() const { return std::abs(numeric - tape) / (scale > 0 ? scale : 1); }
  bool agrees(double tolerance = 1e-7) const { return relative_error() <= tolerance; }
};

// f records a (1, 1) loss that is a smooth function of the parameters, the same at every call: draw
// its noise from a Stream made inside f. The slope is (8 Δ(h) − Δ(2h)) / 12h with
// Δ(h) = f(+h v) − f(−h v), whose error falls with h⁴; v is uniform in [-1, 1]. Values are
// restored. Where the gradient of f is by design not that of its value (stop_gradient, straight
// through), `surrogate` records the function whose slope it is.
GradientCheck check_gradient(Parameters& parameters, const std::function<Var(Tape&)>& f,
                             std::uint64_t seed = 1, double h = 1e-3,
                             const std::function<Var(Tape&)>& surrogate = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
