// Is a gradient right? One random direction v: the slope of f along v by central differences
// against g · v by the tape, in units of Σ |g_i v_i|, so that terms which cancel do not hide an
// error.
//
//   GradientCheck check = check_gradient(parameters, [&](Tape& tape) { return loss(tape); });
//   // check.relative_error() is about 1e-10 in double when every pullback is right
#pragma once
#include <cmath>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <vaegrad/autodiff/catalogue.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct GradientCheck {
  double numeric, tape;  // the two slopes
  double scale;          // Σ |g_i v_i|
  double relative_error() const { return std::abs(numeric - tape) / (scale > 0 ? scale : 1); }

  // whether relative_error() is at most that
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

// ---- all ops of a program ----

// One entry of the catalogue at drawn inputs of these shapes: the loss Σ w ⊙ op(inputs), w random.
// `apply` may stand for the entry's own (to see that a wrong rule is noticed).
GradientCheck check_entry(const Catalogued& entry, const std::vector<Input>& inputs,
                          std::uint64_t seed,
                          const std::function<Var(std::vector<Var>)>& apply = {});
// The shapes that an entry is checked on: its own, or all that broadcast.
std::vector<std::vector<Input>> cases(const Catalogued& entry);

// What check_catalogue() found; true when there are entries and all gradients agree.
struct CatalogueCheck {
  std::size_t entries = 0, gradients = 0;
  double worst = 0;                // relative error
  std::vector<std::string> wrong;  // one line for each gradient that does not agree

  explicit operator bool() const { return entries && wrong.empty(); }
};
// For people: the numbers, and a line for each gradient that is wrong.
std::ostream& operator<<(std::ostream& to, const CatalogueCheck& check);

// Every op of the engine and of the program, each at five draws for each of its shapes. The program
// defines VAEGRAD_CATALOGUE before it includes vaegrad, there and in every file that enters ops,
// and links vaegrad::autodiff_f64. Surrogates (stop_gradient, straight_through) are left out.
// Errors: the catalogue is empty; the numbers are float
CatalogueCheck check_catalogue(double tolerance = 1e-7);

}  // namespace vaegrad::inline VAEGRAD_ABI
