// Error and check: one clear line, then a hint.
//
//   matmul: inner dimensions differ: a is (64, 400), b is (784, 400)
//     hint: matmul(a, transpose(b)) would fit
#pragma once
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What a caller can do something about: wrong shapes, bad files, impossible settings. The text
// reads `where: what is wrong: the numbers`, lower case, no full stop; a hint follows on a line of
// its own.
struct Error : std::runtime_error {
  using runtime_error::runtime_error;
};

// The command line or a configuration file is wrong: the program exits with 2 instead of 1.
struct UsageError : Error {
  using Error::Error;
};

// One part of a text, at its end. A type of your own has an overload beside it.
inline void append(std::string& to, std::string_view text) { to += text; }
inline void append(std::string& to, char c) { to += c; }
void append(std::string& to, double x);  // shortest text that reads back as x
template <std::integral I>
void append(std::string& to, I n) {
  to += std::to_string(n);
}

// The parts in a row, as text. A type takes part by an `append(std::string&, T)` beside it.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
  return text;
}

// Throws E with the parts as its text.
template <class E = Error, class... Parts>
[[noreturn]] [[gnu::cold]] [[gnu::noinline]] void fail(const Parts&... parts) {
  throw E(concat(parts...));
}

// Builds its text only on failure, so it may stand in a hot path.
template <class E = Error, class... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail<E>(parts...);
}

// "\n  hint: " + text, to be the last part of an error.
inline constexpr std::string_view hint = "\n  hint: ";

}  // namespace vaegrad::inline VAEGRAD_ABI
