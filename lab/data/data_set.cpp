#include <algorithm>
#include <future>
#include <numeric>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data/constant_columns.hpp>
#include <vaegrad/lab/data/drawn/drawn_sets.hpp>
#include <vaegrad/lab/data/parts.hpp>
#include <vaegrad/lab/files/checksum.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

struct Sources {
  Loaded train, validation, test;
};

Sources load_drawn(const std::string& name, DrawnImages drawn, const Parts& parts,
                   const DataOptions& options) {
  Sources sources;
  sources.train.images = std::make_shared<Images>(std::move(drawn.train));
  if (!parts.test.images.empty()) {
    sources.test = load_part(parts.test, options);
    return sources;
  }
  Sha256 hash;
  hash.update(drawn.test.bytes.data(), drawn.test.bytes.size());
  sources.test = {std::make_shared<Images>(std::move(drawn.test)), {{name, hash.hex()}}};
  return sources;
}

bool all_binary(const Images& images) {
  const auto is_bit = [](auto x) { return x == 0 || x == 1; };
  return std::ranges::all_of(images.all_bytes(), is_bit) &&
         std::ranges::all_of(images.all_values(), is_bit);
}

void make_binary(Images& images) {
  images.binary = true;
  if (!images.real()) return;
  const auto values = images.all_values();
  images.bytes.assign(values.begin(), values.end());
  images.values = {}, images.lent = {};
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
  if (!test.images && n < 3 && options.to_be_shown) {
    Rows shown = all_rows(n);
    select(shown, *train.images, options, set, "test");
    set.test = {Split::test, train.images, std::move(shown)};
    set.train = {Split::train, train.images, {}};
    return;
  }
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

std::string names_of(const Images& images) {
  std::string text;
  for (const std::string& n : images.label_names) text += concat(text.empty() ? "" : ", ", n);
  return text.empty() ? "numbers" : text;
}

// Labels that count from 1, or are 0 and 255, leave classes of which no example is met.
void say_classes(Images& images, std::size_t classes) {
  std::vector<bool> met(classes);
  for (const Label y : images.labels) met[y] = true;
  const std::size_t many = std::size_t(std::count(met.begin(), met.end(), true));
  if (many < classes)
    images.note += concat(images.note.empty() ? "" : "; ", "of the classes 0 to ", classes - 1,
                          " only ", many, many == 1 ? " has" : " have", " examples");
}

// What the training data are, the others must be.
void make_same_kind(const Images& a, const Loaded& other, std::size_t classes) {
  if (!other.images) return;
  Images& b = *other.images;
  const auto& name = other.checksums[0].file;
  check(a.shape() == b.shape(), name, ": images of another size: ", b.shape(),
        ", the training images are ", a.shape(), hint,
        "give test data of the size of the training data");
  for (std::size_t c = 0;
       c < a.column_names.size() && a.column_names.size() == b.column_names.size(); ++c)
    check(a.column_names[c] == b.column_names[c], name, ": column ", c, " is ", b.column_names[c],
          ", in the training data it is ", a.column_names[c], hint,
          "the columns in the order of the training data");
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
  check(a.label_names == b.label_names, name, ": other classes: ", names_of(b),
        ", the training data have ", names_of(a), hint, "give test data of the same classes");
  const int most = *std::max_element(b.labels.begin(), b.labels.end());
  check(static_cast<std::size_t>(most) < classes, name, ": a label out of range: ", most,
        ", the labels of the training data are 0 to ", classes - 1, hint,
        "give test data of the same classes");
}

// With what splits need of them.
DataSet assembled(const std::string& name, const Sources& from, const DataOptions& options) {
  DataSet set;
  set.name = name;
  Images& train = *from.train.images;
  if (all_binary(train)) make_binary(train);
  if (!train.labels.empty())
    set.classes = 1u + *std::max_element(train.labels.begin(), train.labels.end());
  say_classes(train, set.classes);
  make_same_kind(train, from.validation, set.classes);
  make_same_kind(train, from.test, set.classes);
  split(set, from, options);
  if (options.drop_constant) drop_constant_columns(set);
  for (const auto* loaded : {&from.train, &from.validation, &from.test})
    set.checksums.insert(set.checksums.end(), loaded->checksums.begin(), loaded->checksums.end());
  return set;
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
  const auto draw = drawn_set(name_or_path);
  const Parts parts = find_parts(name_or_path, options, draw.has_value());
  const bool table = is_table_file(parts.train.images);
  check<UsageError>(options.label_column.empty() || table, "--label-column ", options.label_column,
                    ": ", name_or_path, " is no table", hint, "--labels FILE names its labels");
  check<UsageError>(options.drop_columns.empty() || table, "--drop-columns ", options.drop_columns,
                    ": ", name_or_path, " is no table", hint, "leave --drop-columns out");
  check<UsageError>(!options.resize || std::filesystem::is_directory(parts.train.images) ||
                        std::filesystem::is_directory(parts.test.images),
                    "--resize: ", name_or_path, " is no folder of images", hint,
                    "leave --resize out");
  Sources from;
  if (draw) {
    from = load_drawn(name_or_path, (*draw)(), parts, options);
  } else {
    // Unpacking is most of the time before the first step, so the test data are read beside the
    // others.
    auto reading = std::async(std::launch::async, load_part, parts.test, options);
    from.train = load_part(parts.train, options);
    from.validation = load_part(parts.validation, options);
    from.test = reading.get();
  }

  return assembled(name_or_path, from, options);
}

DataSet make_data_set(Images train, std::optional<Images> test, const DataOptions& options) {
  const auto loaded = [](Images&& images, const char* name) {
    Sha256 hash;
    hash.update(images.all_bytes().data(), images.all_bytes().size_bytes());
    hash.update(images.all_values().data(), images.all_values().size_bytes());
    hash.update(images.labels.data(), images.labels.size() * sizeof(Label));
    return Loaded{std::make_shared<Images>(std::move(images)), {{name, hash.hex()}}};
  };
  Sources from;
  from.train = loaded(std::move(train), in_memory);
  if (test) from.test = loaded(std::move(*test), "test array");
  return assembled(in_memory, from, options);
}

DataSet make_data_set(Images images) {
  if (all_binary(images)) make_binary(images);
  DataSet set;
  set.name = in_memory;
  if (!images.labels.empty())
    set.classes = 1u + *std::max_element(images.labels.begin(), images.labels.end());
  const auto file = std::make_shared<Images>(std::move(images));
  set.test = {Split::test, file, all_rows(file->count)};
  set.train = {Split::train, file, {}};
  return set;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
