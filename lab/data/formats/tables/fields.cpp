#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include <vaegrad/lab/data/formats/tables/fields.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

Field parse(std::string_view field, float& to, bool decimal_comma) {
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  if (field.empty()) return Field::empty;
  char with_point[64];
  if (decimal_comma && field.size() < sizeof with_point) {
    std::replace_copy(field.begin(), field.end(), with_point, ',', '.');
    field = {with_point, field.size()};
  }
  double x = 0;
  const char* const last = field.data() + field.size();
  const auto [end, status] = std::from_chars(field.data(), last, x);
  if (end != last || status == std::errc::invalid_argument) return Field::text;
  if (status == std::errc::result_out_of_range) return Field::too_large;
  if (!std::isfinite(x)) return Field::not_finite;
  to = static_cast<float>(x);
  return std::isfinite(to) ? Field::number : Field::too_large;
}

char separator_of(std::string_view line) {
  bool quoted = false;
  std::string plain;
  for (const char c : trimmed(line)) {
    if (c == '"') quoted = !quoted;
    if (!quoted) plain += c;
  }
  const bool between = plain.find(",\t") != plain.npos;  // a tab after a comma is white space
  for (const char c : {'\t', ';', ','})
    if (plain.find(c) != plain.npos && !(c == '\t' && between)) return c;
  return plain.find(' ') != plain.npos ? ' ' : ',';
}

void split(std::string_view line, char separator, Fields& to) {
  to.clear();
  while (true) {
    std::size_t end = 0;
    for (bool quoted = false; end < line.size(); ++end) {
      if (line[end] == '"') quoted = !quoted;
      if (!quoted && (separator == ' ' ? is_blank(line[end]) : line[end] == separator)) break;
    }
    std::string_view field = trimmed(line.substr(0, end));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = trimmed(field.substr(1, field.size() - 2));
    to.push_back(field);
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
    while (separator == ' ' && !line.empty() && is_blank(line.front())) line.remove_prefix(1);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
