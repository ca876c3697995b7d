// Data sets: named ones and files, with their splits into training, validation and test examples.
// Bytes stay bytes until a batch is made of them (lab/data/batches.hpp); nothing is downloaded
// here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What images were drawn from, when it is known (lab/data/drawn/).
struct Factors {
  std::vector<std::string> names;
  std::vector<std::size_t> sizes;     // how many values each has
  std::vector<std::uint8_t> indices;  // (count, names.size()): which of its values, from 0
};

// Numbers of somebody who keeps them as long as they are used, such as an array of numpy.
struct Lent {
  std::span<const std::uint8_t> bytes = {};
  std::span<const float> values = {};
};

// What one file holds: images, or the rows of a table (height 1). Splits share it. A table of
// nothing but 0 and 1 becomes binary bytes.
struct Images {
  std::size_t count = 0, height = 0, width = 0, channels = 1;
  std::vector<std::uint8_t> bytes;  // (count, height, width, channels), or empty when there are
  std::vector<float> values;        // (.. as bytes), finite
  std::vector<Label> labels;        // (count), or empty
  Factors factors;                  // empty when they are not known
  bool unit = false;                // real numbers, all from 0 to 1
  bool binary = false;              // the data set's bytes are all 0 or 1, and mean just that
  std::string note;  // what people should know of how the file was read; empty: nothing
  std::vector<std::string> label_names, column_names;  // where the file gives them
  Lent lent = {};                                      // instead of bytes or values

  // Its own, or those that are lent
  std::span<const std::uint8_t> all_bytes() const { return bytes.empty() ? lent.bytes : bytes; }
  std::span<const float> all_values() const { return values.empty() ? lent.values : values; }
  bool real() const { return !all_values().empty(); }
  bool grey() const { return !binary && !real(); }  // bytes 0..255
  std::size_t dimensions() const { return height * width * channels; }
  ImageShape shape() const { return {Index(height), Index(width), Index(channels)}; }
  std::span<const std::uint8_t> image(std::size_t row) const {  // of bytes
    check(!real(), "images: bytes were asked for, but the data are real numbers", hint,
          "give images with bytes 0..255");
    return all_bytes().subspan(row * dimensions(), dimensions());
  }
  std::span<const float> numbers(std::size_t row) const {  // of values
    return all_values().subspan(row * dimensions(), dimensions());
  }
};

// The parts of a data set.
enum class Split : std::uint32_t { train, validation, test };

// Some of the images of a file. An example goes by its row in the file, everywhere.
struct Examples {
  Split split = Split::train;
  std::shared_ptr<const Images> file;
  std::vector<std::uint32_t> rows;  // rising

  std::size_t count() const { return rows.size(); }
};

// ", NAME" where the file names its columns
inline std::string name_of_column(const Examples& examples, std::size_t column) {
  const auto& names = examples.file->column_names;
  return column < names.size() && !names[column].empty() ? ", " + names[column] : "";
}

// Says which data were read.
struct Checksum {
  std::string file, sha256;  // of the file as it lies on disk; of `shapes`, of the test images
};

// A column of real numbers that was left out, since it is `value` in every training example.
struct DroppedColumn {
  std::size_t column = 0;
  std::string name;  // or empty
  float value = 0;
};

// A data set in memory.
struct DataSet {
  std::string name;  // as it was asked for
  Examples train, validation, test;
  std::size_t classes = 0;  // labels are 0 .. classes-1, before any are left out; 0: no labels
  std::vector<Checksum> checksums;  // of every file that was read
  std::vector<DroppedColumn> dropped = {};
};

// `train`, `validation`, `test`, or `all` of a single file. Errors: there are none (UsageError for
// a name that is none of these).
Examples choose_split(const DataSet& data, std::string_view name);

// At most n rows, spread evenly over the examples: test sets are often sorted.
std::vector<std::uint32_t> spread(const Examples& examples, std::size_t n);

// What becomes of numbers that bytes could hold, in a file of other numbers: of int64, of text, ..
enum class NumbersAs {
  numbers,          // what they are
  bytes_of_images,  // whole numbers 0..255 are grey, in images; in rows of a table numbers
  bytes,            // .. in tables too
  levels,           // .. and so are whole 255ths from 0 to 1
};

// How a data set is to be read.
struct DataOptions {
  std::filesystem::path data_dir = {};  // empty: $VAEGRAD_DATA, or ~/.cache/vaegrad
  std::optional<std::size_t> validation =
      {};  // default: the set's own file, or one twelfth of the training data
  std::filesystem::path labels = {};  // of the training file
  std::filesystem::path test_data = {}, test_labels = {};
  std::size_t resize = 0;         // pixels a side of every image of a folder; 0: as they are
  std::vector<int> classes = {};  // keep the examples of these labels only; empty: all
  std::uint64_t seed = 1;         // of the permutation that splits a file
  std::string label_column = {}, drop_columns = {};  // of tables (TableOptions)
  TableFor table_for = {};
  NumbersAs numbers = NumbersAs::bytes_of_images;
  bool drop_constant = false;  // leave out the columns that are constant in the training examples
  // Nothing is trained on them: one or two examples, too few to split, are all test examples
  bool to_be_shown = false;
};

// The labels of a file: whole numbers, or rows with a single 1. Errors: they are none.
std::vector<Label> read_labels(const std::filesystem::path& path);

// `fashion-mnist`, `mnist`, `binarized-mnist`, `shapes`, or the path of a file that read_array()
// reads, or of a folder of images. The last `validation` examples of a seeded permutation of
// the training data are for validation. A file without test data is split 80 / 10 / 10 by that
// permutation, at least one each. Test data are set apart before classes are left out, so that no
// choice of classes turns a test example into a training example. Two calls with the same arguments
// give the same splits.
DataSet load_data_set(const std::string& name_or_path, const DataOptions& options = {});

// What a run's settings say of data that were arrays in memory.
inline constexpr const char* in_memory = "array";
// The same of images that are in memory, under that name; without test images a part of the others
// is for testing. The checksums are those of their numbers.
DataSet make_data_set(Images train, std::optional<Images> test, const DataOptions& options);
// All of them for testing, to be shown to a trained model.
DataSet make_data_set(Images images);

}  // namespace vaegrad::inline VAEGRAD_ABI
