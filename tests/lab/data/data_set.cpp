// Data sets: splits are whole and disjoint, and every mistake about files is one line.
#include <cstdlib>
#include <set>

#include "../data_files.hpp"

namespace {

// Rising rows within each split, every row of the file in exactly one of them.
void check_partition(std::vector<const Examples*> splits, std::size_t n) {
  std::set<std::uint32_t> seen;
  std::size_t total = 0;
  for (const auto* e : splits) {
    CHECK(std::is_sorted(e->rows.begin(), e->rows.end()));
    seen.insert(e->rows.begin(), e->rows.end());
    total += e->count();
  }
  CHECK(total == n);
  CHECK(seen.size() == n);
  CHECK(*seen.rbegin() == n - 1);
}

}  // namespace

TEST_CASE("a named data set: its own test data, one twelfth for validation, labels beside images") {
  const Folder folder;
  write_mnist(folder / "mnist");
  DataOptions options;
  options.data_dir = folder.path;
  const DataSet set = load_data_set("mnist", options);
  CHECK(set.name == "mnist");
  CHECK(set.train.count() == 110);
  CHECK(set.validation.count() == 10);
  CHECK(set.test.count() == 20);
  check_partition({&set.train, &set.validation}, 120);
  check_partition({&set.test}, 20);
  CHECK(set.train.file == set.validation.file);  // one copy of the bytes
  CHECK(set.train.file->height == 4);
  CHECK(set.train.file->width == 3);
  CHECK_FALSE(set.train.file->binary);
  for (const auto* e : {&set.train, &set.validation, &set.test})
    for (const auto row : e->rows) {
      CHECK(e->file->image(row)[0] == row);
      CHECK(e->file->labels[row] == row % 10);
    }
  REQUIRE(set.checksums.size() == 4);
  CHECK(set.checksums[0].file == (folder / "mnist/train-images-idx3-ubyte.gz").native());
  CHECK(set.checksums[3].file == (folder / "mnist/t10k-labels-idx1-ubyte.gz").native());
  CHECK(set.checksums[3].sha256 == read_idx(folder / "mnist/t10k-labels-idx1-ubyte.gz").sha256);

  // Files that somebody unpacked are found too, and $VAEGRAD_DATA is where to look.
  const Path packed = folder / "mnist/t10k-images-idx3-ubyte.gz";
  const Idx idx = read_idx(packed);
  write_idx(folder / "mnist/t10k-images-idx3-ubyte", idx.dims, idx.bytes);
  std::filesystem::remove(packed);
  setenv("VAEGRAD_DATA", folder.path.c_str(), 1);
  CHECK(load_data_set("mnist").test.file->bytes == set.test.file->bytes);
  unsetenv("VAEGRAD_DATA");
}

TEST_CASE("a split is a function of the seed") {
  const Folder folder;
  write_mnist(folder / "mnist");
  DataOptions options;
  options.data_dir = folder.path;
  options.validation = 30;
  const auto rows = load_data_set("mnist", options).validation.rows;
  CHECK(rows.size() == 30);
  CHECK(load_data_set("mnist", options).validation.rows == rows);
  // The last N of one permutation: a smaller validation set is part of a larger one.
  options.validation = 10;
  const auto fewer = load_data_set("mnist", options).validation.rows;
  CHECK(std::includes(rows.begin(), rows.end(), fewer.begin(), fewer.end()));
  options.seed = 2;
  CHECK(load_data_set("mnist", options).validation.rows != fewer);

  options.validation = 0;
  const DataSet none = load_data_set("mnist", options);
  CHECK(none.validation.count() == 0);
  check_partition({&none.train}, 120);
  options.validation = 119;
  CHECK(load_data_set("mnist", options).train.count() == 1);
  options.validation = 120;
  check_error("mnist", options, "mnist: no training examples left: 120 of 120 are for validation");
}

TEST_CASE("binarized-mnist has its own validation file, unless a number is given, and no labels") {
  const Folder folder;
  const Path dir = folder / "binarized-mnist";
  std::filesystem::create_directories(dir);
  write_images(dir / "train-images-idx3-ubyte.gz", 50, 4, 3, 2);
  write_images(dir / "valid-images-idx3-ubyte.gz", 11, 4, 3, 2);
  write_images(dir / "test-images-idx3-ubyte.gz", 12, 4, 3, 2);
  DataOptions options;
  options.data_dir = folder.path;
  const DataSet set = load_data_set("binarized-mnist", options);
  CHECK(set.train.count() == 50);
  CHECK(set.validation.count() == 11);
  CHECK(set.test.count() == 12);
  for (const auto* e : {&set.train, &set.validation, &set.test}) {
    CHECK(e->file->binary);
    CHECK(e->file->labels.empty());
  }
  options.validation = 5;
  const DataSet own = load_data_set("binarized-mnist", options);
  check_partition({&own.train, &own.validation}, 50);
  write_images(dir / "test-images-idx3-ubyte.gz", 12);
  check_error("binarized-mnist", options,
              "grey values 0..255, but the training data have only 0 and 1");
}

TEST_CASE("a single file is split 80 / 10 / 10, at least one each") {
  const Folder folder;
  const std::string file = folder / "a.idx";
  for (const std::size_t n : {3u, 10u, 100u, 1003u}) {
    write_images(file, n);
    const DataSet set = load_data_set(file);
    CHECK(set.test.count() == std::max<std::size_t>(1, n / 10));
    CHECK(set.validation.count() == std::max<std::size_t>(1, n / 10));
    check_partition({&set.train, &set.validation, &set.test}, n);
    CHECK(set.train.file == set.test.file);
  }
  DataOptions options;
  options.validation = 0;
  const DataSet set = load_data_set(file, options);
  CHECK(set.test.count() == 100);
  CHECK(set.train.count() == 903);
  write_images(file, 2);
  check_error(file, {}, "too few examples to split into training, validation and test data: 2\n");
}

TEST_CASE("a file with test data and labels of its own; tables; other sizes") {
  const Folder folder;
  const std::string file = folder / "a.gz";
  write_images(file, 60, 28, 20);
  write_images(folder / "t", 7, 28, 20);
  write_labels(folder / "l", 60);
  write_labels(folder / "tl", 7);
  DataOptions options;
  options.labels = folder / "l";
  options.test_data = folder / "t";
  options.test_labels = folder / "tl";
  const DataSet set = load_data_set(file, options);
  CHECK(set.train.count() == 55);
  CHECK(set.validation.count() == 5);
  CHECK(set.test.count() == 7);
  CHECK(set.test.file->labels.size() == 7);

  options.test_data = folder / "other";
  write_images(folder / "other", 7, 20, 28);
  check_error(file, options,
              "other: images of another size: 20 x 28, the training images are 28 x 20\n");
  options.test_data.clear();
  check_error(file, options, "--test-labels without test data: ");
  options.test_labels.clear();
  CHECK(load_data_set(file, options).test.file->labels.size() == 60);

  write_idx(folder / "table", std::vector<std::size_t>{20, 30}, std::vector<std::uint8_t>(600, 7));
  const DataSet table = load_data_set(folder / "table");
  CHECK(table.train.file->height == 1);
  CHECK(table.train.file->width == 30);
}

TEST_CASE("mistakes about data files are one line and a hint") {
  const Folder folder;
  const std::string images = folder / "images", labels = folder / "labels", cube = folder / "cube";
  write_images(images, 30);
  write_labels(labels, 29);
  write_idx(cube, std::vector<std::size_t>{1, 2, 2, 2}, std::vector<std::uint8_t>(8));
  DataOptions with_labels, elsewhere;
  with_labels.labels = labels;
  elsewhere.data_dir = folder.path;
  check_error(images, with_labels, "labels: wrong number of labels: 29 labels for 30 images in ");
  with_labels.labels = images;
  check_error(images, with_labels, "images: not labels: 3 dimensions (30, 4, 3)\n");
  check_error(labels, {},
              "labels: not images: 1 dimension (29)\n  hint: labels belong to --labels");
  check_error(
      cube, {},
      "cube: not images: 4 dimensions (1, 2, 2, 2), of which neither the last nor the second is 1 "
      "or 3 channels\n");
  write_images(images, 0);
  check_error(images, {}, "images: no examples: the header says (0, 4, 3)\n");
  write_images(images, 3, 0, 3);
  check_error(images, {}, "images: no examples: the header says (3, 0, 3)\n");
  check_error(
      "fashon-mnist", {},
      "fashon-mnist: neither a file nor a known data set\n  hint: known are fashion-mnist, mnist");
  check_error(folder.path, {},
              ": no PNG or JPEG files in it or in folders in it; passed over: 3 of other kinds\n");
  check_error(
      "mnist", elsewhere,
      "mnist: data file not found: " + (folder / "mnist/train-images-idx3-ubyte.gz").native());
  std::filesystem::create_directories(folder / "fashion-mnist");
  check_error("fashion-mnist", elsewhere, "hint: apt-get install dataset-fashion-mnist");
}

TEST_CASE("fashion-mnist of Debian's package") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    MESSAGE("skipped: apt-get install dataset-fashion-mnist");
    return;
  }
  const Folder empty;
  DataOptions options;
  options.data_dir = empty.path;
  const DataSet set = load_data_set("fashion-mnist", options);
  CHECK(set.train.count() == 55000);
  CHECK(set.validation.count() == 5000);
  CHECK(set.test.count() == 10000);
  CHECK(set.train.file->dimensions() == 784);
  CHECK_FALSE(set.train.file->binary);
  int classes[10] = {};
  for (const auto label : set.test.file->labels) ++classes[label];
  for (const int n : classes) CHECK(n == 1000);  // the data set is balanced
}
