// What a conditional model is given of an example: its label, or a part of its image, of which the
// rest is modelled.
#pragma once
#include <string_view>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Condition {
  const char* name;
  // Whether the pixel of which this is known is given; null: the label is given, and no pixel.
  bool (*gives)(bool bottom, bool left);
};
// clang-format off
// All of them, the default first.
inline constexpr Condition conditions[] = {
    {"label",       nullptr},
    // Sohn, Lee and Yan, Learning structured output representation, NeurIPS 2015, section 5.2: the
    // bottom left, then the top left, then the top right too
    {"quadrants:1", [](bool bottom, bool left) { return bottom && left; }},
    {"quadrants:2", [](bool, bool left) { return left; }},
    {"quadrants:3", [](bool bottom, bool left) { return !bottom || left; }},
};
// clang-format on
// UsageError: the names there are
inline const Condition& condition(std::string_view name) {
  std::string known;
  for (const Condition& c : conditions) {
    if (c.name == name) return c;
    known += concat(known.empty() ? "" : ", ", c.name);
  }
  fail<UsageError>("condition: there is none called '", name, "'", hint, "one of ", known);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
