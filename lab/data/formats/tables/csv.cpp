#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/data/formats/tables/fields.hpp>
#include <vaegrad/lab/files/byte_input.hpp>
#include <vaegrad/lab/files/natural_order.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t longest_line = 1 << 24;

enum class Header { no, yes, with_numbers };  // the last: not data, not names

Header header_of(const Fields& fields, bool decimal_comma) {
  std::size_t numbers = 0;
  bool counting = true;  // the numbers are 0, 1, 2, .. or 1, 2, 3, ..
  float first = 0;
  for (const std::string_view field : fields) {
    float x;
    if (const Field kind = parse(field, x, decimal_comma);
        kind == Field::text || kind == Field::empty)
      continue;
    if (numbers == 0) first = x;
    counting &= x == first + float(numbers++);
  }
  if (numbers == 0) return Header::yes;
  if (counting && numbers >= 3 && first == 0 && fields.size() - numbers <= 2) return Header::yes;
  if (counting && numbers >= 3 && first == 1 && fields.size() == numbers + 1 && fields[0].empty())
    return Header::yes;
  return numbers == fields.size() ? Header::no : Header::with_numbers;
}

// What people write where they know no number
bool is_gap(std::string_view field) {
  constexpr std::string_view gaps[] = {"?",  "-",    "--",   ".",    "NA",   "N/A",  "n/a",
                                       "na", "#N/A", "NULL", "null", "None", "none", "missing"};
  return field.empty() || std::find(std::begin(gaps), std::end(gaps), field) != std::end(gaps);
}

struct Table {
  const std::string& file;
  std::string label_column;
  bool of_labels = false;
  std::size_t line = 0, columns = 0, rows = 0, empty_lines = 0;
  std::vector<float> values = {};
  std::vector<std::string> names = {}, labels = {};
  std::size_t lines_at_most = 0, numbers_at_most = 0;
  char separator = '\0';
  bool decimal_comma() const { return separator == ';' || separator == '\t'; }
  bool row_names = false;  // in the first column
  bool numbered = false;   // the names are numbers
  std::optional<std::size_t> label = {};
  Fields fields = {};

  template <class... Parts>
  void require(bool condition, const Parts&... parts) const {
    check(condition, file, ':', line, ": ", parts...);
  }

  void take(std::string_view text) {
    ++line;
    if (line == 1) {
      if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // UTF-8's mark
      require(!text.starts_with("\xff\xfe") && !text.starts_with("\xfe\xff"),
              "UTF-16 text, two bytes a letter", hint, "save it as CSV in UTF-8");
    }
    const std::string_view content = trimmed(text);
    if (columns == 0 && content.starts_with('#')) {
      separator = separator_of(content.substr(1));
      split(content.substr(1), separator, fields);
      names.assign(fields.begin(), fields.end());
      return;
    }
    if (content.empty()) return void(++empty_lines);  // fine at the end
    require(empty_lines == 0, "after an empty line there are more rows: ", empty_lines,
            " empty before it", hint, "remove the empty lines");
    if (columns == 0) {
      separator = separator_of(content);
      // a first field without a name may be nothing before the first tab
      split(separator == '\t' ? text : content, separator, fields);
      columns = fields.size();
      const Header kind = header_of(fields, decimal_comma());
      if (kind == Header::yes) {
        row_names = fields[0].empty() && columns > 1;
        numbered = !fields.empty() &&
                   fields.back().find_first_not_of("0123456789") == fields.back().npos &&
                   !fields.back().empty();
        names.assign(fields.begin(), fields.end());
        return;
      }
      if (names.size() != columns) names.clear();
    } else {
      split(separator == '\t' ? text : content, separator, fields);
    }
    // R: names of columns alone, and one more field in each row
    if (rows == 0 && names.size() == columns && fields.size() == columns + 1 && !names.empty()) {
      row_names = true, ++columns;
      names.insert(names.begin(), "");
    }
    require(fields.size() == columns, "a row of another length: ", fields.size(),
            fields.size() == 1 ? " column, the first line has " : " columns, the first line has ",
            columns, hint, "every row needs the same columns, separated by commas");
    if (rows++ == 0) begin();
    for (std::size_t c = row_names; c < columns; ++c) {
      if (c == label) {
        labels.emplace_back(fields[c]);
        require(!fields[c].empty(), "nothing in column ", c + 1, ", which holds the labels", hint,
                "remove the row, or fill in its label");
        continue;
      }
      values.push_back(0);
      const Field kind = parse(fields[c], values.back(), decimal_comma());
      if (kind != Field::number) refuse(kind, fields[c], c + 1);
    }
  }

  // At the first row of numbers: memory for all, and which column holds the labels.
  void begin() {
    if (!label_column.empty()) {
      const auto named = std::find(names.begin(), names.end(), label_column);
      const char* const last = label_column.data() + label_column.size();
      std::ptrdiff_t n = 0;
      const auto [end, status] = std::from_chars(label_column.data(), last, n);
      const auto all = std::ptrdiff_t(columns);
      std::string known;
      for (const std::string& name : names)
        if (!name.empty() && known.size() < 60) known += concat(known.empty() ? "" : ", ", name);
      if (named != names.end()) {
        label = std::size_t(named - names.begin());
      } else {
        check<UsageError>(end == last && status == std::errc{} && n < all && n >= -all,
                          "--label-column ", label_column, ": ", file, " has no such column among ",
                          columns, hint, known.empty() ? "" : concat("its names: ", known, "; or "),
                          "a number from 0 to ", columns - 1, ", or -1 for the last");
        label = std::size_t(n < 0 ? n + all : n);
      }
    }
    const std::size_t count = std::min(lines_at_most * columns, numbers_at_most);
    check_memory(file, count * sizeof(float));
    values.reserve(count);
  }

  [[noreturn]] void refuse(Field kind, std::string_view field, std::size_t column) const {
    std::string shown(field.substr(0, 40));
    for (char& c : shown)
      if (static_cast<unsigned char>(c) < ' ')
        c = '?';  // a line feed or a zero would cut the message
    if (is_gap(field))
      fail(file, ':', line, ": nothing in column ", column, field.empty() ? "" : ": ", shown, hint,
           "a table has no gaps: remove the row, or fill in a value");
    if (kind == Field::not_finite)
      fail(file, ':', line, ": not finite in column ", column, ": ", shown, hint,
           "remove the row, or replace the value");
    if (kind == Field::too_large)
      fail(file, ':', line, ": out of a float's range in column ", column, ": ", shown, hint,
           "scale the column");
    const bool grouped = shown.find_first_not_of("+-0123456789,.'_ %$") == shown.npos &&
                         shown.find_first_of(",'_ %$") != shown.npos;
    fail(file, ':', line, ": not a number in column ", column, ": '", shown, "'", hint,
         grouped     ? "write numbers without groups of thousands, units or per cent: 1234.5"
         : of_labels ? "labels are whole numbers, one a row: number the classes from 0 on"
         : line == 1
             ? "a line of names has no numbers in it"
             : concat("a table holds numbers with a decimal point, separated by commas; names "
                      "of classes go with --label-column ",
                      column - 1));
  }
};

// Calls take(line) for every line, without its end: \n, \r\n or \r.
template <class Take>
void for_each_line(ByteInput& source, Take take) {
  std::string text;
  std::size_t done = 0;  // characters of the text already taken
  constexpr std::size_t piece = 1 << 18;
  for (bool more = true; more;) {
    text.erase(0, done);
    done = 0;
    const std::size_t had = text.size();
    check(had < longest_line, source.name(), ": not a table: a line of more than ", longest_line,
          " characters", hint, "is this a CSV file?");
    text.resize(had + piece);
    text.resize(had + source.read(text.data() + had, piece));
    more = text.size() == had + piece;
    for (auto end = text.find_first_of("\r\n", had > 0 ? had - 1 : 0); end != text.npos;
         end = text.find_first_of("\r\n", done)) {
      const bool carriage = text[end] == '\r';
      if (carriage && end + 1 == text.size() && more) break;  // does \n follow?
      take(std::string_view(text).substr(done, end - done));
      done = end + 1 + (carriage && end + 1 < text.size() && text[end + 1] == '\n');
    }
  }
  if (done < text.size()) take(std::string_view(text).substr(done));
}

std::size_t count_lines(const std::filesystem::path& path) {
  ByteInput source(path);
  check(source.size() > 0, source.name(), ": empty file: 0 bytes", hint,
        "give a file with at least one row of numbers");
  std::size_t lines = 1;
  std::vector<char> piece(1 << 18);
  char before = '\n';
  for (std::size_t got; (got = source.read(piece.data(), piece.size())) > 0;)
    for (std::size_t i = 0; i < got; ++i) {
      lines += piece[i] == '\r' || (piece[i] == '\n' && before != '\r');
      before = piece[i];
    }
  return lines;
}

}  // namespace

std::vector<Label> to_labels(const std::vector<std::string>& texts, std::vector<std::string>& names,
                             const std::string& where) {
  std::vector<Label> to;
  const auto whole = [](const std::string& text) {
    float x = -1;
    return parse(text, x) == Field::number && x >= 0 && x < float(most_classes) &&
                   x == std::floor(x)
               ? std::optional(Label(x))
               : std::nullopt;
  };
  if (std::all_of(texts.begin(), texts.end(), [&](auto& t) { return whole(t).has_value(); })) {
    for (const std::string& t : texts) to.push_back(*whole(t));
    return to;
  }
  names = texts;
  std::sort(names.begin(), names.end(), [](auto& a, auto& b) { return natural_less(a, b); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  constexpr std::size_t many = 256;  // of which most stand for several rows, or they are none
  check(names.size() <= std::min(most_classes, std::max(many, texts.size() / 2)), where,
        ": too many different labels: ", names.size(), " in ", texts.size(), " rows", hint,
        "is this the column of labels?");
  for (const std::string& t : texts)
    to.push_back(Label(std::lower_bound(names.begin(), names.end(), t,
                                        [](auto& a, auto& b) { return natural_less(a, b); }) -
                       names.begin()));
  return to;
}

Array read_csv(const std::filesystem::path& path, const TableOptions& options) {
  const std::size_t lines = count_lines(path);
  ByteInput source(path);
  Table table{source.name(), options.label_column, options.of_labels};
  table.lines_at_most = lines;
  table.numbers_at_most = source.size() / 2 + 1;  // each takes a character and a separator
  for_each_line(source, [&](std::string_view line) { table.take(line); });
  check(table.rows > 0, source.name(), ": no rows of numbers: ", table.line, " lines", hint,
        "give a file with at least one row of numbers");
  const std::size_t columns = table.columns - table.row_names - table.label.has_value();
  check(columns > 0, source.name(), ": no column is left besides the ",
        table.label ? "labels" : "names of the rows", hint, "give a table of at least one more");
  Array array{{table.rows, columns}};
  array.values = std::move(table.values);
  array.sha256 = source.sha256();
  for (std::size_t c = table.row_names; c < table.names.size(); ++c)
    if (c != table.label) array.column_names.push_back(table.names[c]);
  if (table.row_names) array.note = "first column left out: names of the rows";
  if (table.numbered)
    array.note += concat(array.note.empty() ? "" : "; ", "first line taken for names: .., ",
                         table.names.back());
  if (table.label) {
    array.labels = to_labels(table.labels, array.label_names, source.name());
    const std::string name = *table.label < table.names.size() ? table.names[*table.label] : "";
    array.note += concat(array.note.empty() ? "" : "; ", "labels from column ", *table.label,
                         name.empty() ? "" : ", ", name);
  }
  return array;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
