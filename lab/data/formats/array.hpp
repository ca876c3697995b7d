// Array: what a data file holds, whatever its format. Bytes stay bytes; other numbers are floats.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/models/label.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Array {
  std::vector<std::size_t> dims;
  std::vector<std::uint8_t> bytes = {};  // row by row; one of the two is empty
  std::vector<float> values = {};        // finite
  std::string sha256 = {};               // of the file as it lies on disk
  // Where the file says so itself: of each example, and what the labels are called.
  std::vector<Label> labels = {};
  std::vector<std::string> label_names = {}, column_names = {};
  std::string note = {};  // how the file was read, for people; empty: nothing to say
};

// Of a table that is shown to a model: how many columns the model takes, 0 where there is none. One
// that has just these has no column of labels and none to leave out, unless they were asked for; and
// what was not asked for may be lacking.
struct TableFor {
  std::size_t columns = 0;
  bool labels_asked = false, drop_asked = false;
};

// What people may say about a table: the column of its labels, as a number from 0 (from the end: -1)
// or by its name, and columns to leave out, separated by commas; empty: it has none.
struct TableOptions {
  std::string label_column = {};
  std::string drop_columns = {};
  bool of_labels = false;  // the file holds labels: what is no number is told in their words
  TableFor table_for = {};
};

// By its first bytes: NPY, NPZ (FILE.npz, or FILE.npz:NAME for one of its arrays), text, which is a
// table (so is what is called .csv, .tsv, .txt, .tab or .dat); everything else is IDX. All also as
// gzip. Another format is one more line there; so is one that is not read, and what to do about it.
Array read_array(const std::filesystem::path& path, const TableOptions& options = {});
// What it reads, for people.
inline constexpr std::string_view known_formats =
    "read are IDX, NPY (.npy), NPZ (.npz), tables of numbers (.csv, .tsv, .txt), each also as "
    ".gz, and folders of PNG or JPEG files";
// A file of text, or called like a table
bool is_table_file(const std::filesystem::path& path);

// FILE.npz:NAME is an array of that file; the key is empty for any other path.
struct ArrayName {
  std::filesystem::path file;
  std::string key;
};
ArrayName array_name(const std::filesystem::path& path);

inline std::string sizes(const std::vector<std::size_t>& dims) {  // (60000, 28, 28)
  std::string text;
  for (const std::size_t n : dims) text += concat(text.empty() ? "(" : ", ", n);
  return text.empty() ? "()" : text + ')';
}

}  // namespace vaegrad::inline VAEGRAD_ABI
