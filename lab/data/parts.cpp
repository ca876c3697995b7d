#include <algorithm>
#include <cmath>
#include <limits>

#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/data/known_sets.hpp>
#include <vaegrad/lab/data/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Path = std::filesystem::path;

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

bool is_npz(const Path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return end == ".npz";
}

// The arrays of an archive by the names that people give them.
Parts find_in_archive(const Path& path) {
  const NpzRoles roles = npz_roles(path);
  const auto array = [&](const std::string& name) {
    return name.empty() ? Path() : Path(concat(path.native(), ":", name));
  };
  if (roles.images.empty()) return {{path, {}}, {}, {}};
  Parts parts{{array(roles.images), array(roles.labels)}, {}, {}};
  if (!roles.test_images.empty()) parts.test = {array(roles.test_images), array(roles.test_labels)};
  return parts;
}

Parts find_paths(const std::string& name, const DataOptions& options) {
  std::string names;
  for (const auto& k : known_sets()) names += concat(k.name, ", ");
  const ArrayName path = array_name(name);
  const auto found = [](const Path& p) {
    std::error_code error;
    return std::filesystem::exists(p, error);
  };
  check(found(path.file), name, ": neither a file nor a known data set", hint, "known are ", names,
        "shapes, or give the path of an IDX, NPY, NPZ or CSV file, or of a folder of PNG or JPEG "
        "files");
  Parts parts{{name, {}}, {}, {}};
  if (path.key.empty() && is_npz(name)) parts = find_in_archive(name);
  if (options.test_data.empty()) return parts;
  check(found(array_name(options.test_data).file), options.test_data.native(),
        ": --test-data: there is no such file or folder", hint, "check the spelling");
  parts.test = {options.test_data, {}};
  if (is_npz(options.test_data)) {
    parts.test = find_in_archive(options.test_data).train;
    if (const Part own = find_in_archive(options.test_data).test; !own.images.empty())
      parts.test = own;
  }
  return parts;
}

std::vector<Label> labels_of(Array array, const std::string& file) {
  const auto& d = array.dims;
  if (d.size() == 2 && d[1] > 1 && d[1] <= most_classes) {  // a single 1 in each row
    std::vector<Label> labels;
    const auto at = [&](std::size_t i) {
      return array.values.empty() ? float(array.bytes[i]) : array.values[i];
    };
    for (std::size_t i = 0; i < d[0]; ++i) {
      std::size_t ones = 0, others = 0, which = 0;
      for (std::size_t j = 0; j < d[1]; ++j) {
        const float x = at(i * d[1] + j);
        if (x == 1) ++ones, which = j;
        others += x != 0 && x != 1;
      }
      if (ones != 1 || others) break;
      labels.push_back(Label(which));
    }
    if (labels.size() == d[0]) return labels;
  }
  const bool column = d.size() == 2 && d[1] == 1;
  check(d.size() == 1 || column, file, ": not labels: ", d.size(), " dimensions ", sizes(d), hint,
        "labels are (count), such as train-labels-idx1-ubyte.gz, or rows with a single 1");
  if (array.values.empty()) return {array.bytes.begin(), array.bytes.end()};
  std::vector<Label> labels(array.values.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float value = array.values[i];
    check(value >= 0 && value < float(most_classes) && value == std::floor(value), file, ": label ",
          value, " of example ", i, " is out of range", hint, "labels are whole numbers from 0 to ",
          most_classes - 1);
    labels[i] = static_cast<Label>(value);
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
    array.note +=
        array.note.empty() ? "channels first in the file" : "; channels first in the file";
  } else if (d[3] > 1 && !std::filesystem::is_directory(name)) {
    array.note += array.note.empty() ? "channels last in the file" : "; channels last in the file";
  }
  images.channels = d[3];
  d.pop_back();
}

// Numbers that are bytes in another dress, when bytes are what is wanted of them.
void take_bytes(Images& images, NumbersAs as) {
  if (!images.real() || as == NumbersAs::numbers) return;
  if (as == NumbersAs::bytes_of_images && images.height == 1) return;
  auto& v = images.values;
  const auto all = [&](auto is) { return std::all_of(v.begin(), v.end(), is); };
  const bool bits = all([](float x) { return x == 0 || x == 1; });
  if (bits) return;
  float unit = 0;
  if (all([](float x) { return x >= 0 && x <= 255 && x == std::floor(x); }))
    unit = 1;
  else if (as == NumbersAs::levels && all([](float x) {
             return x >= 0 && x <= 1 && std::abs(255 * x - std::round(255 * x)) < 1e-3f;
           }))
    unit = 255;
  if (unit == 0) return;
  for (const float x : v) images.bytes.push_back(std::uint8_t(std::lround(unit * x)));
  v = {};
  images.note += concat(images.note.empty() ? "" : "; ",
                        unit == 1 ? "whole numbers 0..255: grey" : "255ths: grey");
}

}  // namespace

Parts find_parts(const std::string& name, const DataOptions& options, bool built_in) {
  Parts parts;
  if (built_in) {
    check<UsageError>(options.labels.empty(), name, ": --labels: its labels are its shapes", hint,
                      "leave --labels away");
    if (!options.test_data.empty()) parts.test = {options.test_data, {}};
  } else if (const KnownSet* known = find_known_set(name)) {
    parts = find_known(*known, options);
    if (!options.test_data.empty()) parts.test = {options.test_data, {}};
  } else {
    parts = find_paths(name, options);
  }
  if (!options.labels.empty()) parts.train.labels = options.labels;
  if (!options.test_labels.empty()) {
    check<UsageError>(!parts.test.images.empty(), name,
                      ": --test-labels without test data: ", options.test_labels.native(), hint,
                      "--test-data PATH, or leave --test-labels away: the test examples are split "
                      "off with their labels");
    parts.test.labels = options.test_labels;
  }
  return parts;
}

std::vector<Label> read_labels(const Path& path) {
  return labels_of(read_array(path, {"", true}), path.native());
}

Loaded load_part(const Part& part, const DataOptions& options) {
  if (part.images.empty()) return {};
  const std::string& name = part.images.native();
  Loaded loaded{std::make_shared<Images>(), {}};
  Images& images = *loaded.images;
  {
    Array array = part.images.extension() == ".amat" ? read_amat(part.images)
                  : std::filesystem::is_directory(part.images)
                      ? read_image_folder(part.images, options.resize)
                      : read_array(part.images, {options.label_column});
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
    images.labels = std::move(array.labels);
    images.label_names = std::move(array.label_names);
    images.column_names = std::move(array.column_names);
    images.note = std::move(array.note);
    take_bytes(images, options.numbers);
    images.unit = images.real() && std::all_of(images.values.begin(), images.values.end(),
                                               [](float x) { return x >= 0 && x <= 1; });
    check(images.count <= std::numeric_limits<std::uint32_t>::max(), name,
          ": too many examples: ", images.count);
    loaded.checksums.push_back({name, std::move(array.sha256)});
  }
  if (!part.labels.empty()) {
    const std::string& file = part.labels.native();
    Array array = read_array(part.labels, {"", true});
    loaded.checksums.push_back({file, std::move(array.sha256)});
    images.labels = labels_of(std::move(array), file);
    images.label_names = {};
    check(images.labels.size() == images.count, file,
          ": wrong number of labels: ", images.labels.size(), " labels for ", images.count,
          " images in ", name, hint, "give the labels that belong to these images");
  }
  return loaded;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
