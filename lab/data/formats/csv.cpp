#include <algorithm>
#include <charconv>
#include <cmath>
#include <vaegrad/lab/data/formats/csv.hpp>
#include <vaegrad/lab/files/hashed_file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t longest_line = 1 << 24;

std::string_view trimmed(std::string_view s) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

enum class Field { number, too_large, not_finite, empty, text };

Field parse(std::string_view field, float& to) {
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  if (field.empty()) return Field::empty;
  double x = 0;
  const char* const last = field.data() + field.size();
  const auto [end, status] = std::from_chars(field.data(), last, x);
  if (end != last || status == std::errc::invalid_argument) return Field::text;
  if (status == std::errc::result_out_of_range) return Field::too_large;
  if (!std::isfinite(x)) return Field::not_finite;
  to = static_cast<float>(x);
  return std::isfinite(to) ? Field::number : Field::too_large;
}

struct Table {
  const std::string& file;
  std::size_t line = 0, columns = 0, rows = 0, empty_lines = 0;
  std::vector<float> values = {};
  std::size_t lines_at_most = 0, numbers_at_most = 0;

  template <class... Parts>
  void require(bool condition, const Parts&... parts) const {
    check(condition, file, ':', line, ": ", parts...);
  }

  void take(std::string_view text) {
    ++line;
    if (line == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // UTF-8's mark
    text = trimmed(text);
    if (text.empty()) return void(++empty_lines);  // fine at the end
    require(empty_lines == 0, "after an empty line there are more rows: ", empty_lines,
            " empty before it", hint, "remove the empty lines");

    const auto width = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ','));
    if (line == 1) {
      columns = width;
      if (is_header(text)) return;
    }
    require(width == columns, "a row of another length: ", width,
            width == 1 ? " column, the first line has " : " columns, the first line has ", columns,
            hint, "every row needs the same columns, separated by commas");
    if (rows++ == 0) {
      const std::size_t count = std::min(lines_at_most * columns, numbers_at_most);
      check_memory(file, count * sizeof(float));
      values.reserve(count);
    }
    for (std::size_t c = 1; c <= columns; ++c) {
      const auto comma = std::min(text.find(','), text.size());
      const std::string_view field = trimmed(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
      values.push_back(0);
      const Field kind = parse(field, values.back());
      if (kind != Field::number) refuse(kind, field, c);
    }
  }

  bool is_header(std::string_view text) const {
    while (true) {
      const auto comma = std::min(text.find(','), text.size());
      float ignored;
      const Field kind = parse(trimmed(text.substr(0, comma)), ignored);
      if (kind != Field::text && kind != Field::empty) return false;
      if (comma == text.size()) return true;
      text.remove_prefix(comma + 1);
    }
  }

  [[noreturn]] void refuse(Field kind, std::string_view field, std::size_t column) const {
    std::string shown(field.substr(0, 40));
    for (char& c : shown)
      if (static_cast<unsigned char>(c) < ' ')
        c = '?';  // a line feed or a zero would cut the message
    if (kind == Field::empty)
      fail(file, ':', line, ": nothing in column ", column, hint,
           "a table has no gaps: remove the row, or fill in a value");
    if (kind == Field::not_finite)
      fail(file, ':', line, ": not finite in column ", column, ": ", shown, hint,
           "remove the row, or replace the value");
    if (kind == Field::too_large)
      fail(file, ':', line, ": out of a float's range in column ", column, ": ", shown, hint,
           "scale the column");
    fail(file, ':', line, ": not a number in column ", column, ": '", shown, "'", hint,
         line == 1 ? "a line of names has no numbers in it"
                   : "a table holds numbers with a decimal point, separated by commas");
  }
};

// Calls take(line) for every line, without its line feed.
template <class Take>
void for_each_line(HashedFile& source, Take take) {
  std::string text;
  std::size_t done = 0;  // characters of the text already taken
  constexpr std::size_t piece = 1 << 18;
  for (bool more = true; more;) {
    text.erase(0, done);
    done = 0;
    const std::size_t had = text.size();
    check(had < longest_line, source.file.name(), ": not a table: a line of more than ",
          longest_line, " characters", hint, "is this a CSV file?");
    text.resize(had + piece);
    text.resize(had + source.read(text.data() + had, piece));
    more = text.size() == had + piece;
    for (auto end = text.find('\n', had); end != text.npos; end = text.find('\n', done)) {
      take(std::string_view(text).substr(done, end - done));
      done = end + 1;
    }
  }
  if (done < text.size()) take(std::string_view(text).substr(done));
}

}  // namespace

Array read_csv(const std::filesystem::path& path) {
  std::size_t lines = 1;
  {
    const InputFile file(path);
    check(file.size() > 0, file.name(), ": empty file: 0 bytes", hint,
          "give a file with at least one row of numbers");
    std::vector<char> piece(1 << 18);
    for (std::size_t at = 0, got; (got = file.read(at, piece.data(), piece.size())) > 0; at += got)
      lines += static_cast<std::size_t>(
          std::count(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got), '\n'));
  }
  HashedFile source{InputFile(path)};
  Table table{source.file.name()};
  table.lines_at_most = lines;
  table.numbers_at_most = source.file.size() / 2 + 1;  // each takes a character and a separator
  for_each_line(source, [&](std::string_view line) { table.take(line); });
  check(table.rows > 0, source.file.name(), ": no rows of numbers: ", table.line, " lines", hint,
        "give a file with at least one row of numbers");
  return {{table.rows, table.columns}, {}, std::move(table.values), source.hash.hex()};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
