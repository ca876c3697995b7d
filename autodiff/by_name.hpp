// The row of a table that somebody named: of an option, of a line in a file, of a call.
#pragma once
#include <string>
#include <type_traits>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Rows may be values or pointers; each has a `name`. UsageError, `what: there is none called ..`
// with the names there are, where none has it.
template <class Rows>
const auto& row_named(const Rows& rows, std::string_view name, std::string_view what) {
  const auto row = [](const auto& r) -> const auto& {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(r)>>)
      return *r;
    else
      return r;
  };
  std::string known;
  for (const auto& each : rows) {
    if (row(each).name == name) return row(each);
    known += concat(known.empty() ? "" : ", ", row(each).name);
  }
  fail<UsageError>(what, ": there is none called '", name, "'", hint, "one of ", known);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
