// Data sets of other files than IDX, and parts of data sets.
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "data_files.hpp"

TEST_CASE("NPY and CSV files: bytes, real numbers, labels") {
  const Folder folder;
  const std::size_t dims[] = {20, 4, 3, 1};
  std::vector<std::uint8_t> bytes(240);
  for (std::size_t i = 0; i < 240; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  write_npy<std::uint8_t>(folder / "images.npy", dims, bytes);
  std::string csv, labels = "label\n";
  for (int i = 0; i < 20; ++i) {
    csv += concat(i / 4.0, ',', -i, '\n');
    labels += concat(i % 3, '\n');
  }
  write_atomically(folder / "table.csv", csv);
  write_atomically(folder / "labels.csv", labels);
  DataOptions options;
  options.labels = folder / "labels.csv";
  const DataSet images = load_data_set(folder / "images.npy", options);
  CHECK(images.train.file->height == 4);
  CHECK(images.train.file->width == 3);
  CHECK(images.train.file->grey());
  CHECK(images.train.file->bytes == bytes);
  CHECK(images.classes == 3);
  CHECK(images.test.file->labels[4] == 1);
  REQUIRE(images.checksums.size() == 2);
  CHECK(images.checksums[1].file == (folder / "labels.csv").native());

  const DataSet table = load_data_set(folder / "table.csv", options);
  const Images& file = *table.train.file;
  CHECK(file.count == 20);
  CHECK(file.height == 1);
  CHECK(file.width == 2);
  CHECK(file.real());
  CHECK_FALSE(file.grey());
  CHECK_THROWS_WITH_AS(file.image(7), doctest::Contains("the data are real numbers"), Error);
  CHECK_FALSE(file.binary);
  CHECK(file.numbers(7)[0] == 1.75f);
  CHECK(file.numbers(7)[1] == -7);

  // A table of 0 and 1 is binary, and its test data too; one column of numbers is a table.
  const std::size_t ten[] = {10};
  write_npy<float>(folder / "bits.npy", ten, std::vector<float>{0, 1, 1, 0, 1, 0, 0, 1, 0, 1});
  write_atomically(folder / "t.csv", "1\n0\n0\n");
  options = {};
  options.test_data = folder / "t.csv";
  const DataSet bits = load_data_set(folder / "bits.npy", options);
  CHECK(bits.train.file->binary);
  CHECK(bits.train.file->bytes == std::vector<std::uint8_t>{0, 1, 1, 0, 1, 0, 0, 1, 0, 1});
  CHECK(bits.test.file->binary);
  CHECK(bits.test.file->bytes == std::vector<std::uint8_t>{1, 0, 0});
  write_atomically(folder / "t.csv", "1\n0\n0.5\n");
  check_error(folder / "bits.npy", options,
              "t.csv: other numbers, but the training data have only");

  write_npy<float>(folder / "floats.npy", std::span(dims).first(3), std::vector<float>(240, 0.5f));
  options.test_data = folder / "images.npy";
  check_error(folder / "floats.npy", options,
              "images.npy: bytes, but the training data are real numbers\n");
  options.test_data = folder / "floats.npy";
  check_error(folder / "images.npy", options,
              "floats.npy: real numbers, but the training data are bytes\n");
  options = {};
  for (const char* wrong : {"-1", "65536", "2.5"}) {
    write_atomically(folder / "labels.csv", labels.substr(0, labels.size() - 2) + wrong + '\n');
    options.labels = folder / "labels.csv";
    check_error(folder / "images.npy", options,
                concat("labels.csv: label ", wrong, " of example 19 is out of range\n"));
  }
}

TEST_CASE("classes: only their examples, in every split, and no test example becomes another") {
  const Folder folder;
  write_mnist(folder / "mnist");
  DataOptions options;
  options.data_dir = folder.path;
  const DataSet all = load_data_set("mnist", options);
  CHECK(all.classes == 10);
  options.classes = {3, 7};
  const DataSet some = load_data_set("mnist", options);
  CHECK(some.classes == 10);  // labels keep their meaning
  CHECK(some.train.count() == 22);
  CHECK(some.validation.count() == 2);
  CHECK(some.test.count() == 4);
  for (const auto* e : {&some.train, &some.validation, &some.test})
    for (const auto row : e->rows) CHECK((e->file->labels[row] == 3 || e->file->labels[row] == 7));
  options.validation = 10;
  CHECK(load_data_set("mnist", options).validation.count() == 10);
  options.classes = {3, 12};
  check_error("mnist", options,
              "mnist: --classes: there is no class 12\n  hint: its labels are 0 to 9");
  options.classes = {-1};
  check_error("mnist", options, "there is no class -1\n");

  options = {};
  const std::string file = folder / "a.idx", labels = folder / "l.idx";
  write_images(file, 1000);
  options.classes = {3};
  check_error(file, options, "a.idx: --classes: the test data have no labels\n");
  write_labels(labels, 1000);
  options.labels = labels;
  const DataSet three = load_data_set(file, options);
  options.classes = {};
  const auto test = load_data_set(file, options).test.rows;
  CHECK(three.test.count() > 0);
  CHECK(std::includes(test.begin(), test.end(), three.test.rows.begin(), three.test.rows.end()));
  CHECK(three.train.count() + three.validation.count() + three.test.count() == 100);
  CHECK(three.validation.count() == 10);

  write_images(file, 12);
  write_labels(labels, 12);
  options.classes = {5};  // one example at most: not in both
  check_error(file, options, "examples is of these: 1 class\n");

  write_images(folder / "t", 11);
  write_labels(folder / "tl", 11);
  write_labels(labels, 9);
  write_images(file, 9);
  options.classes = {};
  options.test_data = folder / "t";
  options.test_labels = folder / "tl";
  check_error(file, options,
              "t: a label out of range: 9, the labels of the training data are 0 to 8\n");
}

TEST_CASE("binarized-mnist as the text it was published as") {
  const Folder folder;
  const Path dir = folder / "binarized-mnist";
  std::filesystem::create_directories(dir);
  const auto text = [](int rows) {
    std::string s;
    for (int i = 0; i < 784 * rows; ++i)
      s += concat(i % 5 == 0 ? '1' : '0', i % 784 == 783 ? '\n' : ' ');
    return s;
  };
  write_atomically(dir / "binarized_mnist_train.amat", text(5));
  write_atomically(dir / "binarized_mnist_valid.amat", text(2));
  write_atomically(dir / "binarized_mnist_test.amat", text(3));
  DataOptions options;
  options.data_dir = folder.path;
  const DataSet set = load_data_set("binarized-mnist", options);
  CHECK(set.train.count() == 5);
  CHECK(set.validation.count() == 2);
  CHECK(set.test.count() == 3);
  CHECK(set.train.file->height == 28);
  CHECK(set.train.file->binary);
  for (std::size_t i = 0; i < 5 * 784; ++i) REQUIRE(set.train.file->bytes[i] == (i % 5 == 0));

  const auto damaged = [&](std::string bad, const std::string& part) {
    write_atomically(dir / "binarized_mnist_test.amat", bad);
    check_error("binarized-mnist", options, "binarized_mnist_test.amat" + part);
  };
  std::string bad = text(3);
  damaged(bad.substr(0, 784 * 2 + 100), ":2: truncated: 50 of 784 values\n");
  damaged(bad.substr(0, 784 * 2 + 101), ":2: not 784 values 0 or 1");
  bad[784 * 4 + 6] = '2';
  damaged(bad, ":3: not 784 values 0 or 1 with spaces between\n");
  damaged("", ": empty file: 0 bytes\n");
}
