#include <algorithm>
#include <cmath>
#include <limits>

#include <vaegrad/lab/data/drawn/drawn_sets.hpp>
#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/data/images.hpp>
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
  Parts parts{{array(roles.images), array(roles.labels), array(roles.factors)}, {}, {}};
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
  check(name != in_memory || found(path.file), name,
        ": the run's data were an array in memory, which is in no file", hint,
        "--data FILE names a file of them, as numpy.save writes it");
  check(found(path.file), name, ": neither a file nor a known data set", hint, "known are ", names,
        drawn_set_names,
        ", or give the path of an IDX, NPY, NPZ or CSV file, or of a folder of PNG or JPEG "
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

}  // namespace

Parts find_parts(const std::string& name, const DataOptions& options, bool built_in) {
  Parts parts;
  if (built_in) {
    check<UsageError>(options.labels.empty(), name, ": --labels: its labels are its first factor",
                      hint, "leave --labels away");
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

namespace {

// Indices (count, factors) of the values that images were drawn from. A factor that never changes
// is none.
Factors factors_of(const Array& array, std::size_t images, const std::string& file) {
  const auto& d = array.dims;
  check(d.size() == 2 && d[0] == images, file, ": not the factors of ", images,
        " images: ", sizes(d), hint, "factors are (count, factors)");
  const auto at = [&](std::size_t i, std::size_t k) {
    return array.values.empty() ? float(array.bytes[i * d[1] + k]) : array.values[i * d[1] + k];
  };
  Factors to;
  std::vector<std::size_t> columns;
  for (std::size_t k = 0; k < d[1]; ++k) {
    float least = at(0, k), most = least;
    for (std::size_t i = 0; i < images; ++i) {
      const float v = at(i, k);
      check(v >= 0 && v <= 255 && v == std::floor(v), file, ": factor ", k, " of image ", i, " is ",
            v, hint, "factors are the numbers of their values, from 0 to 255");
      least = std::min(least, v), most = std::max(most, v);
    }
    if (least == most) continue;
    columns.push_back(k);
    to.names.push_back(concat("factor ", k)), to.sizes.push_back(std::size_t(most) + 1);
  }
  for (std::size_t i = 0; i < images; ++i)
    for (const std::size_t k : columns) to.indices.push_back(std::uint8_t(at(i, k)));
  return to;
}

}  // namespace

std::vector<Label> read_labels(const Path& path) {
  return make_labels(read_array(path, {"", "", true}), path.native());
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
                      : read_array(part.images, {.label_column = options.label_column,
                                                 .drop_columns = options.drop_columns,
                                                 .table_for = options.table_for});
    const std::string sha256 = std::move(array.sha256);
    images = make_images(std::move(array), name, options.numbers);
    check(images.count <= std::numeric_limits<std::uint32_t>::max(), name,
          ": too many examples: ", images.count);
    loaded.checksums.push_back({name, sha256});
  }
  if (!part.labels.empty()) {
    const std::string& file = part.labels.native();
    Array array = read_array(part.labels, {"", "", true});
    loaded.checksums.push_back({file, std::move(array.sha256)});
    images.labels = make_labels(std::move(array), file);
    images.label_names = {};
    check(images.labels.size() == images.count, file,
          ": wrong number of labels: ", images.labels.size(), " labels for ", images.count,
          " images in ", name, hint, "give the labels that belong to these images");
  }
  if (!part.factors.empty()) {
    Array array = read_array(part.factors);
    loaded.checksums.push_back({part.factors.native(), std::move(array.sha256)});
    images.factors = factors_of(array, images.count, part.factors.native());
  }
  return loaded;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
