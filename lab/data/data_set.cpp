#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/known_sets.hpp>
#include <vaegrad/lab/data/shapes.hpp>
#include <vaegrad/lab/files/checksum.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Path = std::filesystem::path;

struct Part {
  Path images, labels;
};
struct Parts {
  Part train, validation, test;
};

// The file as it is kept, or unpacked, or as the text it was published as.
Path find_file(const Path& folder, const KnownFile& file, const KnownSet& set) {
  if (file.name.empty()) return {};
  const Path packed = folder / file.name;
  for (const Path& path : {packed, folder / packed.stem(), folder / file.amat})
    if (path != folder / "" && std::filesystem::exists(path)) return path;
  fail(set.name, ": data file not found: ", packed.native(), hint,
       set.package.empty() ? concat("vaegrad data ", set.name, " downloads it; or --data-dir DIR, ",
                                    "when it lies in DIR/", set.name)
                           : concat("apt-get install ", set.package));
}

Parts find_known(const KnownSet& set, const DataOptions& options) {
  Path folder = data_folder(options.data_dir) / set.name;
  if (!set.installed.empty() && !std::filesystem::exists(folder)) folder = set.installed;
  const auto find = [&](const auto& part) {
    return Part{find_file(folder, part.images, set), find_file(folder, part.labels, set)};
  };
  Parts parts;
  parts.train = find(set.train);
  if (!options.validation) parts.validation = find(set.validation);
  if (options.test_data.empty()) parts.test = find(set.test);
  return parts;
}

Parts find_parts(const std::string& name, const DataOptions& options, bool built_in) {
  Parts parts;
  if (built_in) {
    check<UsageError>(options.labels.empty(), name, ": --labels: its labels are its shapes", hint,
                      "leave --labels away");
  } else if (const KnownSet* known = find_known_set(name)) {
    parts = find_known(*known, options);
  } else {
    std::string names;
    for (const auto& k : known_sets()) names += concat(k.name, ", ");
    check(
        std::filesystem::exists(name), name, ": neither a file nor a known data set", hint,
        "known are ", names,
        "shapes, or give the path of an IDX, NPY or CSV file, or of a folder of PNG or JPEG files");
    parts.train.images = name;
  }
  if (!options.labels.empty()) parts.train.labels = options.labels;
  if (!options.test_data.empty()) parts.test = {options.test_data, {}};
  if (!options.test_labels.empty()) {
    check<UsageError>(!parts.test.images.empty(), name,
                      ": --test-labels without test data: ", options.test_labels.native(), hint,
                      "--test-data PATH, or leave --test-labels away: the test examples are split "
                      "off with their labels");
    parts.test.labels = options.test_labels;
  }
  return parts;
}

struct Loaded {
  std::shared_ptr<Images> images;
  std::vector<Checksum> checksums;
};

std::vector<std::uint8_t> to_labels(Array array, const std::string& file) {
  const bool column = array.dims.size() == 2 && array.dims[1] == 1;
  check(array.dims.size() == 1 || column, file, ": not labels: ", array.dims.size(), " dimensions ",
        sizes(array.dims), hint, "labels are (count), such as train-labels-idx1-ubyte.gz");
  if (array.values.empty()) return std::move(array.bytes);
  std::vector<std::uint8_t> labels(array.values.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float value = array.values[i];
    check(value >= 0 && value <= 255 && value == std::floor(value), file, ": label ", value,
          " of example ", i, " is out of range", hint, "labels are whole numbers from 0 to 255");
    labels[i] = static_cast<std::uint8_t>(value);
  }
  return labels;
}

// (count, height, width, channels) as it is, or made from (count, channels, height, width)
template <class T>
void put_channels_last(std::vector<T>& x, const std::vector<std::size_t>& dims) {
  const std::size_t channels = dims[1], pixels = dims[2] * dims[3];
  std::vector<T> image(channels * pixels);
  for (std::size_t at = 0; at + image.size() <= x.size(); at += image.size()) {
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p) image[p * channels + c] = x[at + c * pixels + p];
    std::copy(image.begin(), image.end(), x.begin() + std::ptrdiff_t(at));
  }
}
// Images of 1 or 3 channels, which are last or first.
void take_channels(Array& array, Images& images, const std::string& name) {
  auto& d = array.dims;
  const auto is_few = [](std::size_t channels) { return channels == 1 || channels == 3; };
  check(is_few(d[3]) || is_few(d[1]), name, ": not images: 4 dimensions ", sizes(d),
        ", of which neither the last nor the second is 1 or 3 channels", hint,
        "(count, height, width, channels), or (count, channels, height, width)");
  if (!is_few(d[3])) {
    put_channels_last(array.bytes, d);
    put_channels_last(array.values, d);
    d = {d[0], d[2], d[3], d[1]};
    images.note = "channels first in the file";
  } else if (d[3] > 1 && !std::filesystem::is_directory(name)) {
    images.note = "channels last in the file";
  }
  images.channels = d[3];
  d.pop_back();
}

Loaded load(const Part& part, std::size_t resize) {
  if (part.images.empty()) return {};
  const std::string& name = part.images.native();
  Loaded loaded{std::make_shared<Images>(), {}};
  Images& images = *loaded.images;
  {
    Array array = part.images.extension() == ".amat" ? read_amat(part.images)
                  : std::filesystem::is_directory(part.images)
                      ? read_image_folder(part.images, resize)
                      : read_array(part.images);
    auto& dims = array.dims;
    if (dims.size() == 1 && !array.values.empty()) dims.push_back(1);  // a table of one column
    check(!array.bytes.empty() || !array.values.empty(), name, ": no examples: the header says ",
          sizes(dims), hint, "give a file with at least one");
    if (dims.size() == 4) take_channels(array, images, name);
    check(dims.size() == 2 || dims.size() == 3, name, ": not images: ", dims.size(),
          dims.size() == 1 ? " dimension " : " dimensions ", sizes(dims), hint,
          dims.size() == 1
              ? "labels belong to --labels and --test-labels"
              : "images are (count, height, width) or (count, height, width, channels), tables "
                "(count, columns)");
    images.count = dims[0];
    images.height = dims.size() == 3 ? dims[1] : 1;
    images.width = dims.back();
    images.bytes = std::move(array.bytes);
    images.values = std::move(array.values);
    check(images.count <= std::numeric_limits<std::uint32_t>::max(), name,
          ": too many examples: ", images.count);
    loaded.checksums.push_back({name, std::move(array.sha256)});
  }
  if (!part.labels.empty()) {
    const std::string& file = part.labels.native();
    Array array = read_array(part.labels);
    loaded.checksums.push_back({file, std::move(array.sha256)});
    images.labels = to_labels(std::move(array), file);
    check(images.labels.size() == images.count, file,
          ": wrong number of labels: ", images.labels.size(), " labels for ", images.count,
          " images in ", name, hint, "give the labels that belong to these images");
  }
  return loaded;
}

struct Sources {
  Loaded train, validation, test;
};

Sources load_built_in(const std::string& name, const ShapeGrid& grid, const Parts& parts,
                      const DataOptions& options) {
  ShapeImages shapes = draw_shapes(grid);
  Sources sources;
  sources.train.images = std::make_shared<Images>(std::move(shapes.train));
  if (!parts.test.images.empty()) {
    sources.test = load(parts.test, options.resize);
    return sources;
  }
  Sha256 hash;
  hash.update(shapes.test.bytes.data(), shapes.test.bytes.size());
  sources.test = {std::make_shared<Images>(std::move(shapes.test)), {{name, hash.hex()}}};
  return sources;
}

bool all_binary(const Images& images) {
  const auto is_bit = [](auto x) { return x == 0 || x == 1; };
  return std::all_of(images.bytes.begin(), images.bytes.end(), is_bit) &&
         std::all_of(images.values.begin(), images.values.end(), is_bit);
}

void make_binary(Images& images) {
  images.binary = true;
  if (!images.real()) return;
  images.bytes.assign(images.values.begin(), images.values.end());
  images.values = {};
}

using Rows = std::vector<std::uint32_t>;

Rows all_rows(std::size_t count) {
  Rows rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

// The last `count` of the rows, taken away from them; rising, so that a split is in the file's
// order.
Rows take_last(Rows& from, std::size_t count) {
  const auto cut = from.end() - static_cast<std::ptrdiff_t>(count);
  Rows taken(cut, from.end());
  from.erase(cut, from.end());
  std::sort(taken.begin(), taken.end());
  return taken;
}

// Leaves the rows that have one of these labels.
void select(Rows& rows, const Images& images, const DataOptions& options, const DataSet& set,
            std::string_view split) {
  if (options.classes.empty() || rows.empty()) return;
  check<UsageError>(!images.labels.empty(), set.name, ": --classes: the ", split,
                    " data have no labels", hint,
                    split == "test" ? "--test-labels PATH" : "--labels PATH");
  const auto drop = [&](std::uint32_t row) {
    return std::find(options.classes.begin(), options.classes.end(), images.labels[row]) ==
           options.classes.end();
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), drop), rows.end());
  check(!rows.empty(), set.name, ": --classes: none of the ", split,
        " examples is of these: ", options.classes.size(),
        options.classes.size() == 1 ? " class" : " classes", hint, "its labels are 0 to ",
        set.classes - 1);
}

void split(DataSet& set, const Sources& from, const DataOptions& options) {
  const auto& [train, validation, test] = from;
  for (const int c : options.classes)
    check<UsageError>(set.classes == 0 || (c >= 0 && static_cast<std::size_t>(c) < set.classes),
                      set.name, ": --classes: there is no class ", c, hint, "its labels are 0 to ",
                      set.classes - 1);
  const std::size_t n = train.images->count;
  Rows rows = permutation(static_cast<std::uint32_t>(n), options.seed, Purpose::split);
  Rows test_rows;
  if (test.images) {
    test_rows = all_rows(test.images->count);
  } else {
    check(n >= 3, set.name,
          ": too few examples to split into training, validation and test data: ", n, hint,
          "--test-data PATH");
    test_rows = take_last(rows, std::max<std::size_t>(1, n / 10));
  }
  const auto& test_images = test.images ? test.images : train.images;
  select(test_rows, *test_images, options, set, "test");
  select(rows, *train.images, options, set, "training");
  if (validation.images) {
    Rows validation_rows = all_rows(validation.images->count);
    select(validation_rows, *validation.images, options, set, "validation");
    set.validation = {Split::validation, validation.images, std::move(validation_rows)};
  } else {
    const std::size_t wanted =
        options.validation ? *options.validation
        : test.images      ? rows.size() / 12
                           : std::max<std::size_t>(1, (rows.size() + test_rows.size()) / 10);
    check(wanted < rows.size(), set.name, ": no training examples left: ", wanted, " of ",
          rows.size(), " are for validation", hint, "--validation ", rows.size() / 12);
    set.validation = {Split::validation, train.images, take_last(rows, wanted)};
  }
  set.test = {Split::test, test_images, std::move(test_rows)};
  set.train = {Split::train, train.images, take_last(rows, rows.size())};
}

// What the training data are, the others must be.
void make_same_kind(const Images& a, const Loaded& other, std::size_t classes) {
  if (!other.images) return;
  Images& b = *other.images;
  const auto& name = other.checksums[0].file;
  check(a.shape() == b.shape(), name, ": images of another size: ", b.shape(),
        ", the training images are ", a.shape(), hint,
        "give test data of the size of the training data");
  if (a.binary) {
    check(all_binary(b), name, b.real() ? ": other numbers" : ": grey values 0..255",
          ", but the training data have only 0 and 1", hint,
          "give test data that were binarized in the same way");
    make_binary(b);
  }
  check(a.real() == b.real(), name, b.real() ? ": real numbers" : ": bytes",
        ", but the training data are ", a.real() ? "real numbers" : "bytes", hint,
        "give test data in the form of the training data");
  if (classes == 0 || b.labels.empty()) return;
  const int most = *std::max_element(b.labels.begin(), b.labels.end());
  check(static_cast<std::size_t>(most) < classes, name, ": a label out of range: ", most,
        ", the labels of the training data are 0 to ", classes - 1, hint,
        "give test data of the same classes");
}

}  // namespace

Examples choose_split(const DataSet& data, std::string_view name) {
  const bool all = name == "all";
  check<UsageError>(all || name == "train" || name == "validation" || name == "test",
                    "--split: there is no '", name, "'", hint,
                    "one of train, validation, test, all");
  Examples chosen = name == "train"        ? data.train
                    : name == "validation" ? data.validation
                                           : data.test;
  check(!all || data.train.file == data.test.file, data.name,
        ": --split all: training and test examples are in two files", hint,
        "--split train, and --split test");
  if (all) {
    for (const Examples* more : {&data.train, &data.validation})
      if (more->file == chosen.file)
        chosen.rows.insert(chosen.rows.end(), more->rows.begin(), more->rows.end());
    std::sort(chosen.rows.begin(), chosen.rows.end());
  }
  check(chosen.count(), data.name, ": there are no ", name, " examples", hint, "--split test");
  return chosen;
}

std::vector<std::uint32_t> spread(const Examples& examples, std::size_t n) {
  n = std::min(n, examples.count());
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < n; ++i) rows.push_back(examples.rows[i * examples.count() / n]);
  return rows;
}

DataSet load_data_set(const std::string& name_or_path, const DataOptions& options) {
  const auto grid = shape_grid(name_or_path);
  const Parts parts = find_parts(name_or_path, options, grid.has_value());
  check<UsageError>(!options.resize || std::filesystem::is_directory(parts.train.images) ||
                        std::filesystem::is_directory(parts.test.images),
                    "--resize: ", name_or_path, " is no folder of images", hint,
                    "leave --resize out");
  DataSet set;
  set.name = name_or_path;
  Sources from;
  if (grid) {
    from = load_built_in(name_or_path, *grid, parts, options);
  } else {
    // Unpacking is most of the time before the first step, so the test data are read beside the
    // others.
    auto reading = std::async(std::launch::async, load, parts.test, options.resize);
    from.train = load(parts.train, options.resize);
    from.validation = load(parts.validation, options.resize);
    from.test = reading.get();
  }

  Images& train = *from.train.images;
  if (all_binary(train)) make_binary(train);
  if (!train.labels.empty())
    set.classes = 1u + *std::max_element(train.labels.begin(), train.labels.end());
  make_same_kind(train, from.validation, set.classes);
  make_same_kind(train, from.test, set.classes);
  split(set, from, options);
  for (const auto* loaded : {&from.train, &from.validation, &from.test})
    set.checksums.insert(set.checksums.end(), loaded->checksums.begin(), loaded->checksums.end());
  return set;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
