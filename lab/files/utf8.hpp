// Names from files and folders of other systems, as JSON and terminals want them.
#pragma once
#include <boost/locale/utf.hpp>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The text, if it is UTF-8; else each byte as a letter of Latin-1, which is what Windows wrote.
inline std::string as_utf8(std::string_view text) {
  namespace utf = boost::locale::utf;
  bool valid = true;
  for (auto at = text.begin(); at != text.end() && valid;)
    valid = utf::utf_traits<char>::decode(at, text.end()) <= 0x10ffff;
  std::string to;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (valid || letter < 0x80) {
      to += c;
    } else {
      to += char(0xc0 | letter >> 6);
      to += char(0x80 | (letter & 0x3f));
    }
  }
  return to;
}

// .. in one line: what would end it is a question mark
inline std::string as_one_line(std::string_view text) {
  std::string to = as_utf8(text);
  for (char& c : to)
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
