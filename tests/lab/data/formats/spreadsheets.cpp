// Tables as people keep them: in spreadsheets, of words, dates and gaps, written by Windows; and what
// is no table though it is called one.
#include <doctest/doctest.h>

#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../../support/message.hpp"
#include "../../folder.hpp"

using namespace vaegrad;
using namespace std::string_view_literals;

namespace {

using Values = std::vector<float>;
using Names = std::vector<std::string>;

Array read(const Folder& folder, std::string_view text, const TableOptions& options = {}) {
  write_atomically(folder / "a.csv", text);
  return read_array(folder / "a.csv", options);
}
std::string refused(const Folder& folder, std::string_view text, const TableOptions& options = {}) {
  std::string message = message_of([&] { read(folder, text, options); });
  const std::string path = (folder / "a.csv").native();
  if (message.starts_with(path)) message.erase(0, path.size());
  return message;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string utf16(std::string_view ascii, bool little) {
  std::string to = little ? "\xff\xfe" : "\xfe\xff";
  for (const char c : ascii) {
    if (!little) to += '\0';
    to += c;
    if (little) to += '\0';
  }
  return to;
}

}  // namespace

TEST_CASE(
    "text of Windows: two bytes a letter, of either order, lines ended by \\r\\n, gzip or not") {
  const Folder folder;
  for (const bool little : {true, false}) {
    const Array array = read(folder, utf16("x\ty\r\n1,5\t2\r\n-3\t4\r\n", little));
    CHECK(array.values == Values{1.5f, 2, -3, 4});
    CHECK(array.column_names == Names{"x", "y"});
  }
  // H\u00f6he and an emoji, which takes two units
  const std::string_view names =
      "\xff\xfeH\0\xf6\0h\0e\0,\0\x3d\xd8\x00\xde\n\0"
      "1\0,\0002\0\n\0"sv;
  CHECK(read(folder, names).column_names == Names{"H\xc3\xb6he", "\xf0\x9f\x98\x80"});
  CHECK(read(folder, "H\xf6he,b\n1,2\n").column_names == Names{"H\xc3\xb6he", "b"});  // Latin-1
  CHECK(read(folder, "\xef\xbb\xbfx;y\r\n1,5;2\r\n").column_names == Names{"x", "y"});
  CHECK(has(refused(folder, "1\0,\0002\0\n\0"sv),
            ": no text: it has a zero byte\n  hint: of UTF-16 "
            "without its mark: iconv -f UTF-16LE -t UTF-8"));
  std::string many = "a\tb\n";  // longer than what is read at once
  for (int i = 0; i < 40'000; ++i) many += concat(i, "\t", i % 7, "\n");
  const Array array = read(folder, utf16(many, true));
  CHECK((array.dims == std::vector<std::size_t>{40'000, 2} && array.values[79'998] == 39'999));
}

TEST_CASE("quotes: separators, ends of lines and quotes within; a mark for inches opens none") {
  const Folder folder;
  const Array array = read(folder, "\"height, in m\",\"of\nthe \"\"tall\"\"\",5\" disk\n1,2,3\n");
  CHECK(array.column_names == Names{"height, in m", "of the \"tall\"", "5\" disk"});
  CHECK(array.values == Values{1, 2, 3});
  CHECK(read(folder, "1,\"2\n\",3\n4,5,6\n").values == Values{1, 2, 3, 4, 5, 6});
  CHECK(has(refused(folder, "a,b\n1,\"2\n3,4\n"), ":3: a quote of line 2 is not closed"));
  std::string open = "a,b\n1,\"2\n";
  for (int i = 0; i < 99; ++i) open += "3,4\n";
  CHECK(has(refused(folder, open), ":22: a quote of line 2 is not closed"));
}

TEST_CASE("gaps are counted, in rows and columns, and named") {
  const Folder folder;
  const std::string heart = "age,ca,thal\n63,0,6\n67,?,3\n37,NA,3\n41,0,\n56,nan,7\n";
  CHECK(refused(folder, heart) ==
        ":3: nothing in column 1, ca: ?; gaps in 4 of 5 rows, 2 columns\n"
        "  hint: a table has no gaps: fill them in, leave the rows out (pandas: table.dropna()), "
        "or the columns: --drop-columns ca,thal");
  CHECK(read(folder, heart, {"", "ca,thal"}).values == Values{63, 67, 37, 41, 56});
  CHECK(
      has(refused(folder, "1,2,\n3,4,\n"), ": --drop-columns 2"));  // a comma too many in each line
  CHECK(read(folder, "1,2,\n3,4,\n", {"", "2"}).values == Values{1, 2, 3, 4});
}

TEST_CASE("words, dates and groups of thousands: the hint is the one that helps") {
  const Folder folder;
  const std::string sold = "day,shop,sum\n2024-01-31,North,5\n2024-02-01,South,6\n";
  CHECK(refused(folder, sold) ==
        ":2: not a number in column 0, day: '2024-01-31'\n  hint: "
        "--drop-columns day leaves it out; or as a number, such as days since "
        "the first");
  CHECK(has(
      refused(folder, sold, {"", "day"}),
      ": 'North'\n  hint: names of classes: --label-column shop; else --drop-columns shop, or 0 "
      "and 1 for each word"));
  CHECK(has(refused(folder, "a,b\nm,kg\n1,2\n"),
            ":2: not a number in column 0, a: 'm'\n  hint: at most one line before the numbers"));
  CHECK(has(refused(folder, "5.1,3.5,setosa\n"),
            "column 2: 'setosa'\n  hint: a line of names has no numbers in it; names of classes: "
            "--label-column 2;"));
  const Array array = read(folder, sold, {"shop", "day"});
  CHECK(array.values == Values{5, 6});
  CHECK(array.column_names == Names{"sum"});
  CHECK(array.label_names == Names{"North", "South"});
  CHECK(array.note == "1 column dropped; labels from column 1, shop");
  for (const char* date : {"31.1.2024", "1/31/24", "2024-01-31T12:00:00Z", "12:30", "12:30:01.5"})
    CHECK(has(refused(folder, concat("a,b\n1,", date, "\n")),
              "hint: --drop-columns b leaves it out"));
  for (const char* number : {"1.234.567", "1 234",
                             "1\xc2\xa0"
                             "234",
                             "\xe2\x82\xac"
                             "5",
                             "5 %"})
    CHECK(has(refused(folder, concat("a,b\n1,", number, "\n")),
              "hint: write numbers without groups"));
  CHECK(has(refused(folder, "a;b\n1,5;2\n3;1.234\n"),
            ":3: decimal commas and points in one table: 1.234 in column 1, b\n"));
  CHECK(read(folder, "a\tb\n1.5\t2\n3\t1.234\n").values == Values{1.5f, 2, 3, 1.234f});
  CHECK(read(folder, "a,b\nTrue,FALSE\n0,true\n").values == Values{1, 0, 0, 1});
  CHECK(read(folder, "land,1990,1991,1992\n7,1,2,3\n").column_names.back() == "1992");
}

TEST_CASE("columns to leave out: by name, number, from the end; not there, all, of labels") {
  const Folder folder;
  const std::string text = "a,b,c\n1,2,3\n4,5,6\n";
  CHECK(read(folder, text, {"", "b"}).values == Values{1, 3, 4, 6});
  CHECK(read(folder, text, {"", "-1,0"}).values == Values{2, 5});
  CHECK(
      has(message_of([&] {
            read(folder, text, {"", "d"});
          }),
          "--drop-columns d: " + (folder / "a.csv").native() +
              " has no such column among 3\n  hint: its names: a, b, c; or a number from 0 to 2"));
  CHECK(has(refused(folder, text, {"", "a,b,c"}), ": no column is left besides the dropped ones"));
  CHECK(has(message_of([&] { read(folder, text, {"b", "b"}); }), "it is the column of labels"));
  write_atomically(folder / "x.idx", "\0\0\10\3\0\0\0\4\0\0\0\1\0\0\0\1abcd"sv);
  DataOptions options;
  options.drop_columns = "a";
  CHECK(has(message_of([&] { load_data_set((folder / "x.idx").native(), options); }),
            "x.idx is no table\n  hint: leave --drop-columns out"));
}

TEST_CASE("packed by gzip, whatever is in it, whatever its name") {
  const Folder folder;
  const std::string_view text[] = {"x,y\n1,2\n3,4\n"},
                         wide[] =
                             {"\xff\xfe"
                              "1\0;\0002\0\n\0"sv},
                         array[] = {
                             "\x93NUMPY\1\0\x45\0{'descr': '|u1', 'fortran_order': False, "
                             "'shape': (1, 2), }         \n\5\6"sv};
  for (const char* name : {"a.csv.gz", "b.gz", "c"}) {
    write_gzip(folder / name, text);
    CHECK(read_array(folder / name).values == Values{1, 2, 3, 4});
    write_gzip(folder / name, wide);
    CHECK(read_array(folder / name).values == Values{1, 2});
    write_gzip(folder / name, array);
    CHECK(read_array(folder / name).bytes == std::vector<std::uint8_t>{5, 6});
  }
  // gzip a b >c: one file of several members
  const std::string_view more[] = {"5,6\n"};
  write_gzip(folder / "a", text), write_gzip(folder / "b", more);
  write_atomically(folder / "c.csv.gz",
                   read_file(folder / "a", 1 << 20) + read_file(folder / "b", 1 << 20));
  CHECK(read_array(folder / "c.csv.gz").values == Values{1, 2, 3, 4, 5, 6});
}

TEST_CASE(
    "a table by what it holds, whatever its name; and files that are none, by what they are") {
  const Folder folder;
  for (const char* name : {"iris.data", "table", "x.asc", "y.prn"}) {
    write_atomically(folder / name, "5.1,3.5,setosa\n4.9,3.0,virginica\n");
    CHECK(is_table_file(folder / name));
    CHECK(read_array(folder / name, {"-1"}).values == Values{5.1f, 3.5f, 4.9f, 3});
  }
  const std::pair<std::string_view, const char*> files[] = {
      {"<!DOCTYPE html>\n<html><head>"sv, ": a web page\n  hint: the file itself"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"sv,
       ": a pointer of Git LFS, not the data\n  hint: git lfs pull"},
      {"@RELATION iris\n@ATTRIBUTE a REAL\n@DATA\n1\n"sv,
       ": an ARFF file\n  hint: what follows @data"},
      {"[{\"a\": 1}]\n"sv, ": a JSON file\n  hint: pandas.read_json"},
      {"PAR1\x15\0\x15"sv, ": a Parquet file\n  hint: pandas.read_parquet"},
      {"BZh91AY&SY\0\1"sv, ": a bzip2 file\n  hint: bunzip2 --keep"},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"sv, ": an Excel workbook\n  hint: save it as CSV"},
      {"SQLite format 3\0"sv, ": an SQLite database\n  hint: sqlite3 -csv"},
  };
  for (const char* name : {"x.csv", "x", "x.idx"})
    for (const auto& [bytes, said] : files) {
      write_atomically(folder / name, bytes);
      const std::string message = message_of([&] { read_array(folder / name); });
      CHECK_MESSAGE(has(message, (folder / name).native() + said), message);
      CHECK(has(message, "read are IDX"));
    }
  CHECK(read(folder, "PAR1,PAR2\n1,2\n").column_names ==
        Names{"PAR1", "PAR2"});  // names, no Parquet
}
