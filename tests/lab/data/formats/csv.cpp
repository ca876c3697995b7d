// CSV tables: numbers are read, everything else is refused with its line.
#include <doctest/doctest.h>

#include <cmath>

#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../../folder.hpp"

using namespace vaegrad;

namespace {

using Values = std::vector<float>;

Array read(const Folder& folder, std::string_view text) {
  write_atomically(folder / "a.csv", text);
  return read_csv(folder / "a.csv");
}

void refuses(const Folder& folder, std::string_view text, const std::string& part) {
  std::string message = "(no error)";
  try {
    read(folder, text);
  } catch (const Error& e) {
    message = e.what();
    CHECK(std::count(message.begin(), message.end(), '\n') == 1);
    CHECK(message.find("\n  hint: ") != message.npos);
  }
  INFO(message);
  CHECK(message.find((folder / "").native() + part) == 0);
}

}  // namespace

TEST_CASE("numbers, with and without a line of names, of Unix and of Windows") {
  const Folder folder;
  const Values want{1, -2.5f, 3e-5f, 4, 0, 6};
  for (const char* text : {
           "1,-2.5,3e-5\n4,0,6\n",
           "1,-2.5,3e-5\n4,0,6",
           "a,b,c\n1,-2.5,3e-5\n4,0,6\n",
           "\xef\xbb\xbf"
           "a,b,c\r\n1,-2.5,3e-5\r\n4,0,6\r\n\r\n",
           " 1 , -2.5,\t.00003\n+4,-0.0, 6.000 \n\n\n",
           "\"x 1\",\"x 2\",\n1,-2.5,3E-05\n4,0,6\n",
       }) {
    INFO(text);
    const Array array = read(folder, text);
    CHECK(array.dims == std::vector<std::size_t>{2, 3});
    CHECK(array.values == want);
    CHECK(array.bytes.empty());
    CHECK(array.sha256.size() == 64);
  }
  CHECK(read(folder, "7").dims == std::vector<std::size_t>{1, 1});
  CHECK(read(folder, "y\n7\n8\n").values == Values{7, 8});
  CHECK(read_array(folder / "a.csv").values == Values{7, 8});
}

TEST_CASE("what is no table of numbers is refused with file:line") {
  const Folder folder;
  refuses(folder, "", "a.csv: empty file: 0 bytes");
  refuses(folder, "\n\n", "a.csv: no rows of numbers: 2 lines");
  refuses(folder, "a,b\n", "a.csv: no rows of numbers: 1 lines");
  refuses(folder, "1,2\n3\n", "a.csv:2: a row of another length: 1 column, the first line has 2\n");
  refuses(folder, "a,b\n3,4\n1,2,3\n", "a.csv:3: a row of another length: 3 columns");
  refuses(folder, "1,2\n3,4,\n", "a.csv:2: a row of another length: 3 columns");
  refuses(folder, "1,-inf\n", "a.csv:1: not finite in column 1: -inf\n");
  refuses(folder, "1,2\n3,1e999\n", "a.csv:2: out of a float's range in column 1: 1e999\n");
  refuses(folder, "1,2\n3,1e39\n", "a.csv:2: out of a float's range in column 1: 1e39\n");
  refuses(folder, "1,2\n,4\n", "a.csv:2: nothing in column 0; gaps in 1 of 2 rows, 1 column\n");
  refuses(folder, "1,2\n3, \n", "a.csv:2: nothing in column 1; gaps in 1 of 2 rows, 1 column\n");
  for (const char* gap : {"?", "NA", "N/A", "null", "-", "nan", "NaN", "<NA>", "\\N", "None"})
    refuses(folder, concat("1,2\n3,", gap, "\n"),
            concat("a.csv:2: nothing in column 1: ", gap,
                   "; gaps in 1 of 2 rows, 1 column\n  hint: a table has no gaps"));
  for (const char* field : {"1,234.5", "12%", "1'000", "$5"})
    for (const int line : {1, 2})
      refuses(folder, concat(line == 1 ? "" : "a,b\n", "1,\"", field, "\"\n"),
              concat("a.csv:", line, ": not a number in column 1", line == 1 ? "" : ", b", ": '",
                     field, "'\n  hint: write numbers without groups"));
  refuses(folder, "1,2\n\n3,4\n", "a.csv:3: after an empty line there are more rows: 1 empty");
  refuses(folder, "1,b\n",
          "a.csv:1: not a number in column 1: 'b'\n  hint: a line of names has no");
  refuses(folder, "a,b\nc,d\n", "a.csv:2: not a number in column 0, a: 'c'\n");
  refuses(folder, "1:2\n3:4\n", "a.csv:2: not a number in column 0, 1:2: '3:4'\n");
  refuses(folder, "1,2\n0x1p3,4\n", "a.csv:2: not a number in column 0: '0x1p3'\n");
  refuses(folder, "1,2\n3,4 5\n", "a.csv:2: not a number in column 1: '4 5'\n");
  refuses(folder, std::string("1,2\n3,\0", 7), "a.csv:2: not a number in column 1: '");
}

TEST_CASE("lines across the pieces in which a file is read; no more memory than the numbers") {
  const Folder folder;
  std::string text = "first,second,third\n";
  Values want;
  for (int i = 0; i < 100'000; ++i) {
    text += concat(i, ',', i % 7, ",-", i, ".25\n");
    want.insert(want.end(), {float(i), float(i % 7), -float(i) - 0.25f});
  }
  const Array array = read(folder, text);
  CHECK(array.dims == std::vector<std::size_t>{100'000, 3});
  CHECK((array.values == want));
  CHECK(array.values.capacity() <= array.values.size() + 10);
  // A first row of many columns and many short lines do not reserve their product.
  std::string wide = "1";
  for (int i = 1; i < 10'000; ++i) wide += ",1";
  const Array one = read(folder, wide + std::string(1'000'000, '\n'));
  CHECK(one.dims == std::vector<std::size_t>{1, 10'000});
  CHECK(one.values.capacity() < 1'000'000);
}
