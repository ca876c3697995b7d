#include <algorithm>
#include <cstdlib>
#include <future>
#include <limits>
#include <numeric>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data_set.hpp>
#include <vaegrad/lab/idx.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Path = std::filesystem::path;

// A named data set lies in DIR/NAME, or else where a package of the system puts it.
struct Known {
  const char* name;
  const char* installed;  // "" when no package has it
  struct {
    const char *images, *labels;
  } train, validation, test;  // "" when it has none; .gz may be missing on disk
  const char* advice;         // how to get it
};

// clang-format off
constexpr Known known_sets[] = {
    {"fashion-mnist", "/usr/share/datasets/fashion-mnist",
     {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}, {"", ""},
     {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
     "apt-get install dataset-fashion-mnist"},
    {"mnist", "",
     {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}, {"", ""},
     {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
     "put the original files there, or --data-dir DIR when they lie in DIR/mnist"},
    {"binarized-mnist", "",
     {"train-images-idx3-ubyte.gz", ""}, {"valid-images-idx3-ubyte.gz", ""}, {"test-images-idx3-ubyte.gz", ""},
     "put the IDX files there, or --data-dir DIR when they lie in DIR/binarized-mnist"},
};
// clang-format on

struct Part {
  Path images, labels;
};
struct Parts {
  Part train, validation, test;
};

Path data_dir(const DataOptions& options) {
  if (!options.data_dir.empty()) return options.data_dir;
  if (const char* dir = std::getenv("VAEGRAD_DATA"); dir && *dir) return dir;
  const char* home = std::getenv("HOME");
  return Path(home ? home : ".") / ".cache" / "vaegrad";
}

Parts find_known(const Known& known, const DataOptions& options) {
  Path folder = data_dir(options) / known.name;
  if (*known.installed && !std::filesystem::exists(folder)) folder = known.installed;
  const auto find = [&](const char* name) -> Path {
    if (!*name) return {};
    const Path packed = folder / name, plain = folder / Path(name).stem();
    if (!std::filesystem::exists(packed) && std::filesystem::exists(plain)) return plain;
    check(std::filesystem::exists(packed), known.name, ": data file not found: ", packed.native(),
          hint, known.advice);
    return packed;
  };
  Parts parts;
  parts.train = {find(known.train.images), find(known.train.labels)};
  if (!options.validation)
    parts.validation = {find(known.validation.images), find(known.validation.labels)};
  if (options.test_data.empty()) parts.test = {find(known.test.images), find(known.test.labels)};
  return parts;
}

Parts find_parts(const std::string& name, const DataOptions& options) {
  const auto known = std::find_if(std::begin(known_sets), std::end(known_sets),
                                  [&](const Known& k) { return k.name == name; });
  Parts parts;
  if (known != std::end(known_sets)) {
    parts = find_known(*known, options);
  } else {
    std::string names;
    for (const auto& k : known_sets) names += concat(k.name, ", ");
    check(std::filesystem::exists(name), name, ": neither a file nor a known data set", hint,
          "known are ", names, "or give the path of an IDX file");
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

std::string sizes(const std::vector<std::size_t>& dims) {
  std::string text;
  for (const std::size_t n : dims) text += concat(text.empty() ? "(" : ", ", n);
  return text + ")";
}

struct Loaded {
  std::shared_ptr<Images> images;
  std::vector<Checksum> checksums;
};

// The reader is chosen here, so another kind of file is one more line.
Loaded load(const Part& part) {
  if (part.images.empty()) return {};
  const std::string& name = part.images.native();
  Loaded loaded{std::make_shared<Images>(), {}};
  Images& images = *loaded.images;
  {
    Idx idx = read_idx(part.images);
    check(idx.dims.size() == 2 || idx.dims.size() == 3, name, ": not images: ", idx.dims.size(),
          idx.dims.size() == 1 ? " dimension " : " dimensions ", sizes(idx.dims), hint,
          idx.dims.size() == 1 ? "labels belong to --labels and --test-labels"
                               : "images are (count, height, width), tables (count, columns)");
    images.count = idx.dims[0];
    images.height = idx.dims.size() == 3 ? idx.dims[1] : 1;
    images.width = idx.dims.back();
    images.bytes = std::move(idx.bytes);
    check(!images.bytes.empty(), name, ": no examples: the header says ", sizes(idx.dims), hint,
          "give a file with at least one");
    check(images.count <= std::numeric_limits<std::uint32_t>::max(), name,
          ": too many examples: ", images.count);
    loaded.checksums.push_back({name, std::move(idx.sha256)});
  }
  if (!part.labels.empty()) {
    const std::string& file = part.labels.native();
    Idx idx = read_idx(part.labels);
    check(idx.dims.size() == 1, file, ": not labels: ", idx.dims.size(), " dimensions ",
          sizes(idx.dims), hint, "labels are (count), such as train-labels-idx1-ubyte.gz");
    check(idx.dims[0] == images.count, file, ": wrong number of labels: ", idx.dims[0],
          " labels for ", images.count, " images in ", name, hint,
          "give the labels that belong to these images");
    images.labels = std::move(idx.bytes);
    loaded.checksums.push_back({file, std::move(idx.sha256)});
  }
  return loaded;
}

bool all_binary(const Images& images) {
  return std::all_of(images.bytes.begin(), images.bytes.end(),
                     [](std::uint8_t b) { return b <= 1; });
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

void split(DataSet& set, const Loaded& train, const Loaded& validation, const Loaded& test,
           const DataOptions& options) {
  const std::size_t n = train.images->count;
  Rows rows = permutation(static_cast<std::uint32_t>(n), options.seed, Purpose::split);
  if (test.images) {
    set.test = {Split::test, test.images, all_rows(test.images->count)};
  } else {
    check(n >= 3, set.name,
          ": too few examples to split into training, validation and test data: ", n, hint,
          "--test-data PATH");
    set.test = {Split::test, train.images, take_last(rows, std::max<std::size_t>(1, n / 10))};
  }
  if (validation.images) {
    set.validation = {Split::validation, validation.images, all_rows(validation.images->count)};
  } else {
    const std::size_t wanted = options.validation ? *options.validation
                               : test.images      ? n / 12
                                                  : std::max<std::size_t>(1, n / 10);
    check(wanted < rows.size(), set.name, ": no training examples left: ", wanted, " of ",
          rows.size(), " are for validation", hint, "--validation ", rows.size() / 12);
    set.validation = {Split::validation, train.images, take_last(rows, wanted)};
  }
  set.train = {Split::train, train.images, take_last(rows, rows.size())};
}

// What the training data are, the others must be.
void make_same_kind(const Loaded& train, const Loaded& other) {
  if (!other.images) return;
  const Images& a = *train.images;
  Images& b = *other.images;
  const auto& name = other.checksums[0].file;
  check(a.height == b.height && a.width == b.width, name, ": images of another size: ", b.height,
        " x ", b.width, ", the training images are ", a.height, " x ", a.width, hint,
        "give test data of the size of the training data");
  check(!a.binary || all_binary(b), name,
        ": grey values 0..255, but the training data have only 0 and 1", hint,
        "give test data that were binarized in the same way");
  b.binary = a.binary;
}

}  // namespace

DataSet load_data_set(const std::string& name_or_path, const DataOptions& options) {
  const Parts parts = find_parts(name_or_path, options);
  // Unpacking is most of the time before the first step, so the test data are read beside the
  // others.
  auto reading = std::async(std::launch::async, load, parts.test);
  const Loaded train = load(parts.train), validation = load(parts.validation), test = reading.get();

  train.images->binary = all_binary(*train.images);
  make_same_kind(train, validation);
  make_same_kind(train, test);

  DataSet set;
  set.name = name_or_path;
  split(set, train, validation, test, options);
  for (const auto* loaded : {&train, &validation, &test})
    set.checksums.insert(set.checksums.end(), loaded->checksums.begin(), loaded->checksums.end());
  return set;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
