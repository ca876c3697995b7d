// Names as people number them: img2 before img10. Runs of digits are compared as numbers, of any
// length; everything else byte by byte.
#pragma once
#include <algorithm>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto number = [&](std::string_view& s) {  // without its leading zeros; taken away from s
    const auto end = std::size_t(std::find_if_not(s.begin(), s.end(), is_digit) - s.begin());
    std::string_view digits = s.substr(0, end);
    s.remove_prefix(end);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
  };
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const std::string_view m = number(a), n = number(b);
      if (m.size() != n.size()) return m.size() < n.size();
      if (m != n) return m < n;
    } else {
      if (a[0] != b[0]) return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
      a.remove_prefix(1), b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // 1 and 01
}

}  // namespace vaegrad::inline VAEGRAD_ABI
