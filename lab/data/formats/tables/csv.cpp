#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/data/formats/tables/fields.hpp>
#include <vaegrad/lab/data/formats/tables/lines.hpp>
#include <vaegrad/lab/data/formats/tables/texts_as_labels.hpp>
#include <vaegrad/lab/files/utf8.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t most_lines = 20;  // of a row whose quotes hold ends of lines

enum class FirstRow { no, yes, with_numbers };  // the last: not data, not names

FirstRow first_row_of(const Fields& fields, bool decimal_comma) {
  std::size_t numbers = 0;
  bool counting = true;  // the numbers are 0, 1, 2, .. or 1, 2, 3, .. or 1990, 1991, ..
  float first = 0;
  for (const std::string_view field : fields) {
    float x;
    if (const Field kind = parse_field(field, x, decimal_comma);
        kind == Field::text || kind == Field::empty)
      continue;
    if (numbers == 0) first = x;
    counting &= x == first + float(numbers++);
  }
  if (numbers == 0) return FirstRow::yes;
  const std::size_t words = fields.size() - numbers;
  if (counting && numbers >= 3 && first == 0 && words <= 2) return FirstRow::yes;
  if (counting && numbers >= 3 && first == 1 && words == 1 && fields[0].empty())
    return FirstRow::yes;
  const bool years = first >= 1900 && first + float(numbers) < 2100;
  if (counting && numbers >= 3 && years && words >= 1 && words <= 2) return FirstRow::yes;
  return words == 0 ? FirstRow::no : FirstRow::with_numbers;
}

// Fields in which nothing stands: the first, and how many rows and columns have any
struct Gaps {
  std::size_t line = 0, column = 0, rows = 0;
  std::string text = {};
  std::set<std::size_t> columns = {};
};

struct Table {
  const std::string& file;
  const TableOptions& options;
  std::size_t line = 0, columns = 0, rows = 0, empty_lines = 0;
  std::vector<float> values = {};
  std::vector<std::string> names = {}, labels = {};
  std::size_t lines_at_most = 0, numbers_at_most = 0;
  char separator = '\0';
  bool decimal_comma() const { return separator == ';' || separator == '\t'; }
  bool row_names = false;  // in the first column
  bool numbered = false;   // the names are numbers
  std::optional<std::size_t> label = {};
  std::vector<bool> dropped = {};
  Fields fields = {};
  Gaps gaps = {};
  std::string begun = {};  // a row whose quotes are still open
  std::size_t begun_lines = 0;
  bool commas = false, points = false;  // in numbers, where a decimal comma is read

  template <class... Parts>
  void require(bool condition, const Parts&... parts) const {
    check(condition, file, ':', line, ": ", parts...);
  }
  // By its name, or as a number from 0: what options take
  std::string option_text(std::size_t column) const {
    const bool named = column < names.size() && !names[column].empty();
    return named ? names[column].substr(0, 40) : std::to_string(column);
  }
  std::string column_text(std::size_t column) const {  // as the options count: from 0
    const bool named = column < names.size() && !names[column].empty();
    return concat("column ", column, named ? concat(", ", option_text(column)) : "");
  }

  void take(std::string_view text) {
    ++line;
    require(line > 1 || text.find('\0') == text.npos, "no text: it has a zero byte", hint,
            "of UTF-16 without its mark: iconv -f UTF-16LE -t UTF-8 FILE >x.csv");
    if (begun.empty() && !ends_in_quotes(text)) return take_row(text);
    begun += text;
    if (!ends_in_quotes(begun)) {
      take_row(begun);
      begun.clear(), begun_lines = 0;
    } else {
      begun += ' ';
      if (++begun_lines > most_lines) refuse_quote();
    }
  }
  [[noreturn]] void refuse_quote() const {
    fail(file, ':', line, ": a quote of line ", line + 1 - begun_lines, " is not closed", hint,
         "quotes in pairs, or none");
  }

  void take_row(std::string_view text) {
    const std::string_view content = trimmed(text);
    if (columns == 0 && content.starts_with('#')) {
      separator = separator_of(content.substr(1));
      split_fields(content.substr(1), separator, fields);
      take_names();
      return;
    }
    if (content.empty()) return void(++empty_lines);  // fine at the end
    require(empty_lines == 0, "after an empty line there are more rows: ", empty_lines,
            " empty before it", hint, "remove the empty lines");
    if (columns == 0) {
      separator = separator_of(content);
      // a first field without a name may be nothing before the first tab
      split_fields(separator == '\t' ? text : content, separator, fields);
      columns = fields.size();
      const FirstRow kind = first_row_of(fields, decimal_comma());
      if (kind == FirstRow::yes) {
        row_names = fields[0].empty() && columns > 1;
        numbered = !fields.empty() &&
                   fields.back().find_first_not_of("0123456789") == fields.back().npos &&
                   !fields.back().empty();
        take_names();
        return;
      }
      if (names.size() != columns) names.clear();
    } else {
      split_fields(separator == '\t' ? text : content, separator, fields);
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
    take_fields();
  }

  void take_names() {
    names.clear();
    for (const std::string_view field : fields) names.push_back(name_of(field));
  }

  void take_fields() {
    bool gap = false;
    for (std::size_t c = row_names; c < columns; ++c) {
      const std::string_view field = fields[c];
      if (dropped[c]) continue;
      if (c == label) {
        if (field.empty())
          fail(file, ':', line, ": nothing in ", column_text(c), ", which holds the labels", hint,
               "remove the row, or fill in its label");
        labels.push_back(name_of(field));
        continue;
      }
      values.push_back(0);
      const Field kind = parse_field(field, values.back(), decimal_comma());
      if (decimal_comma() && kind == Field::number) {
        commas |= field.find(',') != field.npos, points |= field.find('.') != field.npos;
        if (commas && points)
          fail(file, ':', line, ": decimal commas and points in one table: ", field, " in ",
               column_text(c), hint,
               "numbers with one decimal mark, and without groups of thousands");
      }
      if (kind == Field::number || parse_truth(field, values.back())) continue;
      if (!is_gap(field)) refuse(kind, field, c);
      if (gaps.columns.empty()) gaps.line = line, gaps.column = c, gaps.text = field;
      gaps.columns.insert(c), gap = true;
    }
    gaps.rows += gap;
  }

  // The column of that name or number, which an option says; none where it may be lacking.
  std::optional<std::size_t> column_of(std::string_view option, const std::string& name,
                                       bool may_lack) const {
    const auto named = std::find(names.begin(), names.end(), name);
    if (named != names.end()) {
      check<UsageError>(std::find(named + 1, names.end(), name) == names.end(), option, ' ', name,
                        ": ", file, " has two columns of that name", hint, "their numbers, from 0");
      return std::size_t(named - names.begin());
    }
    const char* const last = name.data() + name.size();
    std::ptrdiff_t n = 0;
    const auto [end, status] = std::from_chars(name.data(), last, n);
    const auto all = std::ptrdiff_t(columns);
    const bool number = end == last && status == std::errc{} && n < all && n >= -all;
    if (!number && may_lack) return {};
    std::string known;
    for (const std::string& each : names)
      if (!each.empty() && known.size() < 60) known += concat(known.empty() ? "" : ", ", each);
    check<UsageError>(number, option, ' ', name, ": ", file, " has no such column among ", columns,
                      hint, known.empty() ? "" : concat("its names: ", known, "; or "),
                      "a number from 0 to ", columns - 1, ", or -1 for the last");
    return std::size_t(n < 0 ? n + all : n);
  }

  // At the first row of numbers: memory for all, which columns are left out, which holds labels.
  void begin() {
    const TableFor& for_model = options.table_for;
    const bool just = for_model.columns == columns - row_names;
    dropped.assign(columns, false);
    std::string_view rest = just && !for_model.drop_asked ? "" : options.drop_columns;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (const auto c = column_of("--drop-columns", std::string(rest.substr(0, comma)),
                                   for_model.columns && !for_model.drop_asked))
        dropped[*c] = true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (!options.label_column.empty() && !(just && !for_model.labels_asked))
      label = column_of("--label-column", options.label_column,
                        for_model.columns && !for_model.labels_asked);
    check<UsageError>(!label || !dropped[*label], "--drop-columns ", options.drop_columns, ": ",
                      file, ": it is the column of labels", hint, "leave it out of one option");
    const std::size_t count = std::min(lines_at_most * columns, numbers_at_most);
    check_memory(file, count * sizeof(float));
    values.reserve(count);
  }

  // After the last line
  void end() {
    if (!begun.empty()) refuse_quote();
    if (gaps.rows == 0) return;
    const std::size_t n = gaps.columns.size();
    std::string drop;
    for (const std::size_t c : gaps.columns)
      if (drop.size() <= 60) drop += concat(drop.empty() ? "" : ",", option_text(c));
    fail(file, ':', gaps.line, ": nothing in ", column_text(gaps.column),
         gaps.text.empty() ? "" : ": ", gaps.text, "; gaps in ", gaps.rows, " of ", rows,
         rows == 1 ? " row" : " rows", ", ", n, n == 1 ? " column" : " columns", hint,
         "a table has no gaps: fill them in, leave the rows out (pandas: table.dropna()), or the ",
         n == 1 ? "column" : "columns", drop.size() > 60 ? "" : concat(": --drop-columns ", drop));
  }

  [[noreturn]] void refuse(Field kind, std::string_view field, std::size_t column) const {
    const std::string shown = as_one_line(field.substr(0, 40));  // a zero would cut the message
    const std::string where = column_text(column);
    if (kind == Field::not_finite)
      fail(file, ':', line, ": not finite in ", where, ": ", shown, hint,
           "remove the row, or replace the value");
    if (kind == Field::too_large)
      fail(file, ':', line, ": out of a float's range in ", where, ": ", shown, hint,
           "scale the column");
    const std::string option = option_text(column);
    float x;
    const bool words = std::none_of(fields.begin(), fields.end(), [&](std::string_view each) {
      return parse_field(each, x, decimal_comma()) == Field::number;
    });
    std::string way;
    if (is_date(field) && !options.of_labels)
      way = concat("--drop-columns ", option,
                   " leaves it out; or as a number, such as days since the first");
    else if (is_grouped(field))
      way = "write numbers without groups of thousands, units or per cent: 1234.5";
    else if (options.of_labels)
      way = "labels are whole numbers, one a row: number the classes from 0 on";
    else if (rows == 1 && words && columns > 1)
      way = "at most one line before the numbers, of the columns' names";
    else
      way = concat(line == 1 ? "a line of names has no numbers in it; " : "",
                   "names of classes: --label-column ", option, "; else --drop-columns ", option,
                   ", or 0 and 1 for each word (pandas: get_dummies(table))");
    fail(file, ':', line, ": not a number in ", where, ": '", shown, "'", hint, way);
  }
};

}  // namespace

Array read_csv(const std::filesystem::path& path, const TableOptions& options) {
  const std::size_t lines = count_lines(path);
  ByteInput source(path);
  Table table{source.name(), options};
  table.lines_at_most = lines;
  table.numbers_at_most = source.size() / 2 + 1;  // each takes a character and a separator
  for_each_line(source, [&](std::string_view line) { table.take(line); });
  table.end();
  check(table.rows > 0, source.name(), ": no rows of numbers: ", table.line, " lines", hint,
        "give a file with at least one row of numbers");
  const auto left_out =
      std::size_t(std::count(table.dropped.begin() + table.row_names, table.dropped.end(), true));
  const std::size_t columns = table.columns - table.row_names - table.label.has_value() - left_out;
  check(columns > 0, source.name(), ": no column is left besides the ",
        table.label ? "labels"
        : left_out  ? "dropped ones"
                    : "names of the rows",
        hint, "give a table of at least one more");
  Array array{{table.rows, columns}};
  array.values = std::move(table.values);
  array.sha256 = source.sha256();
  for (std::size_t c = table.row_names; c < table.names.size(); ++c)
    if (c != table.label && !table.dropped[c]) array.column_names.push_back(table.names[c]);
  if (table.row_names) array.note = "first column left out: names of the rows";
  if (table.numbered)
    array.note += concat(array.note.empty() ? "" : "; ", "first line taken for names: .., ",
                         table.names.back());
  if (left_out)
    array.note += concat(array.note.empty() ? "" : "; ", left_out,
                         left_out == 1 ? " column dropped" : " columns dropped");
  if (table.label) {
    array.labels = to_labels(table.labels, array.label_names, source.name());
    const std::string name = *table.label < table.names.size() ? table.names[*table.label] : "";
    array.note += concat(array.note.empty() ? "" : "; ", "labels from column ", *table.label,
                         name.empty() ? "" : ", ", name);
  }
  return array;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
