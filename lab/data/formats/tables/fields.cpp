#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include <vaegrad/lab/data/formats/tables/fields.hpp>
#include <vaegrad/lab/files/utf8.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view s) {
  std::string to(s);
  for (char& c : to)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return to;
}

// Quotes open where a field begins, and stand doubled for one that is meant.
struct Quotes {
  char separator;  // 0: not known yet
  bool open = false, closed = false, start = true;

  void see(char c) {
    if (c == '"' && (open || closed || start)) {
      closed = open, open = !open, start = false;
    } else if (!open) {
      const bool between =
          separator ? c == separator : c == ',' || c == ';' || c == '\t' || c == '|';
      start = between || (start && is_blank(c));
      closed = false;
    }
  }
};

}  // namespace

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

Field parse_field(std::string_view field, float& to, bool decimal_comma) {
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

bool parse_truth(std::string_view field, float& to) {
  if (field.size() < 4 || field.size() > 5) return false;
  const std::string word = lower(field);
  to = word == "true";
  return word == "true" || word == "false";
}

bool is_gap(std::string_view field) {
  constexpr std::string_view gaps[] = {"",     "?",    "-",   "--",      ".",
                                       "..",   "na",   "n/a", "#n/a",    "<na>",
                                       "null", "none", "nan", "missing", "\\n"};
  return field.size() < 8 &&
         std::find(std::begin(gaps), std::end(gaps), lower(field)) != std::end(gaps);
}

bool is_date(std::string_view field) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < field.size() && is_digit(field[at])) ++at;
    return at - from;
  };
  const auto mark = [&] { return at < field.size() ? field[at++] : '\0'; };
  if (const std::size_t n = digits(); n < 1 || n > 4) return false;
  const char between = mark();
  if (const std::size_t n = digits(); n < 1 || n > 2) return false;
  if (between == ':') return at == field.size() || field[at] == ':';
  if (between != '-' && between != '/' && between != '.') return false;
  return mark() == between && digits() > 0 &&
         (at == field.size() || field[at] == ' ' || field[at] == 'T');
}

bool is_grouped(std::string_view field) {
  bool digit = false, mark = false;
  for (const char c : field) {
    const bool other = static_cast<unsigned char>(c) >= 0x80;  // a hard space, a sign of currency
    digit |= is_digit(c);
    mark |= other || std::string_view(",.'_ %$").find(c) != std::string_view::npos;
    if (!is_digit(c) && !other && std::string_view("+-,.'_ %$").find(c) == std::string_view::npos)
      return false;
  }
  return digit && mark;
}

char separator_of(std::string_view line) {
  bool quoted = false;
  std::string plain;
  for (const char c : trimmed(line)) {
    if (c == '"') quoted = !quoted;
    if (!quoted) plain += c;
  }
  const bool between = plain.find(",\t") != plain.npos;  // a tab after a comma is white space
  for (const char c : {'\t', ';', ',', '|'})
    if (plain.find(c) != plain.npos && !(c == '\t' && between)) return c;
  return plain.find(' ') != plain.npos ? ' ' : ',';
}

void split_fields(std::string_view line, char separator, Fields& to) {
  to.clear();
  const bool quoted = line.find('"') != line.npos;
  while (true) {
    std::size_t end = 0;
    if (!quoted)
      end = separator == ' ' ? line.find_first_of(" \t\r") : line.find(separator);
    else
      for (Quotes quotes{separator}; end < line.size(); ++end) {
        quotes.see(line[end]);
        if (!quotes.open && (separator == ' ' ? is_blank(line[end]) : line[end] == separator))
          break;
      }
    end = std::min(end, line.size());
    std::string_view field = trimmed(line.substr(0, end));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = trimmed(field.substr(1, field.size() - 2));
    to.push_back(field);
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
    while (separator == ' ' && !line.empty() && is_blank(line.front())) line.remove_prefix(1);
  }
}

bool ends_in_quotes(std::string_view line) {
  if (line.find('"') == line.npos) return false;
  Quotes quotes{'\0'};
  for (const char c : line) quotes.see(c);
  return quotes.open;
}

std::string name_of(std::string_view field) {
  std::string to;
  for (std::size_t i = 0; i < field.size(); ++i) {
    to += field[i];
    if (field[i] == '"' && i + 1 < field.size() && field[i + 1] == '"') ++i;
  }
  return as_utf8(to);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
