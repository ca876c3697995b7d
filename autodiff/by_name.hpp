// Rows of a table by their names: whatever is chosen from a table is looked up here.
#pragma once
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A table holds rows, or pointers to them; a row has a name.
template <class Held>
const auto& row_of(const Held& held) {
  if constexpr (std::is_pointer_v<Held>)
    return *held;
  else
    return held;
}

// In the table's order.
template <class Rows>
std::vector<std::string> names_of(const Rows& rows) {
  std::vector<std::string> names;
  for (const auto& held : rows) names.emplace_back(row_of(held).name);
  return names;
}

// a, b, c
template <class Rows>
std::string known_names(const Rows& rows) {
  std::string known;
  for (const std::string& each : names_of(rows)) known += (known.empty() ? "" : ", ") + each;
  return known;
}

// The row of that name. `what` says of what it is one.
//   likelihood: there is none called 'poisson'
//     hint: one of bernoulli, gaussian
// An error that is not the user's choice (of a file, say) is row_named<Error>(..).
template <class E = UsageError, class Rows>
const auto& row_named(const Rows& rows, std::string_view name, std::string_view what) {
  for (const auto& held : rows)
    if (row_of(held).name == name) return row_of(held);
  fail<E>(what, ": there is none called '", name, "'", hint, "one of ", known_names(rows));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
