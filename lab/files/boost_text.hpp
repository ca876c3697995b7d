// What Boost.Program_options must not see in a line or a word. Its comments begin at any #, and a
// path may have one: here only a # that begins a word does. Its messages replace %canonical_option%
// and %invalid_line% for ever when those are in what they quote.
#pragma once
#include <algorithm>
#include <cstring>
#include <string>

namespace vaegrad::inline VAEGRAD_ABI {

constexpr char for_hash = '\1', for_percent = '\2';

inline std::string hidden_from_boost(std::string text) {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i] == '#' && !std::strchr(" \t\r\n#", text[i - 1])) text[i] = for_hash;
  std::replace(text.begin(), text.end(), '%', for_percent);
  return text;
}

// .. and what was hidden, in a value or a message
inline std::string shown(std::string text) {
  std::replace(text.begin(), text.end(), for_percent, '%');
  std::replace(text.begin(), text.end(), for_hash, '#');
  return text;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
