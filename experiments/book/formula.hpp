// Formulas of the pages, written in LaTeX, as MathML. A subset, on purpose: what the course writes.
// A command that is not in it is an error that names it, so no page shows half a formula. (pandoc
// would do as well, but leaves function names and upright words to styles that browsers ignore,
// gives other bytes with each version, and weighs more than all that `vaegrad book` needs.)
#pragma once
#include <string>

namespace vaegrad {

struct Formula {
  std::string html;  // one or several <math>: between two of them a line may break
  std::string tag;   // 4.1, of \tag{4.1}; empty if there is none
};

// `display`: big sums with their limits above and below. Error: an unknown command, a brace or an
// environment that is not closed.
Formula render_formula(const std::string& latex, bool display);

}  // namespace vaegrad
