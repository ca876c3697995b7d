#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <vaegrad/lab/data/drawn/drawn_sets.hpp>
#include <vaegrad/lab/data/known_sets.hpp>
#include <vaegrad/lab/run/data_of_machine.hpp>
#include <vaegrad/lab/run/other_data.hpp>
#include <vaegrad/lab/run/run_data.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

namespace {

DataOptions options_of(const Settings& settings) {
  DataOptions options;
  options.data_dir = settings.data_dir;
  options.validation = settings.validation;
  options.classes.assign(settings.classes.begin(), settings.classes.end());
  options.resize = std::size_t(settings.resize);
  options.seed = settings.seed;
  options.labels = settings.labels;
  options.test_data = settings.test_data;
  options.test_labels = settings.test_labels;
  options.label_column = settings.label_column;
  options.drop_columns = settings.drop_columns;
  options.drop_constant = settings.drop_constant;
  options.numbers = numbers_as(settings);
  return options;
}
DataSet read_data(const Settings& settings, bool to_be_shown = false, TableFor table = {},
                  const std::optional<DataRecord>& record = {}) {
  DataOptions options = options_of(settings);
  options.numbers = numbers_as(settings, record);
  options.to_be_shown = to_be_shown;
  options.table_for = table;
  return read_once_per_machine([&] { return load_data_set(settings.data, options); });
}

// Where the recorded path leads now: from here, or from where the run was trained.
template <class Text>
void find_again(Text& name, const fs::path& trained_in) {
  const fs::path path = name, there = trained_in / path;
  std::error_code error;
  if (path.empty() || path.is_absolute() || fs::exists(array_name(path).file, error)) return;
  if (fs::exists(array_name(there).file, error)) name = Text(there.string());
}
Settings found_again(Settings s, const std::optional<DataRecord>& record) {
  if (record && !record->folder.empty()) {
    if (!known_by_name(s.data)) find_again(s.data, record->folder);
    for (fs::path Settings::*p :
         {&Settings::data_dir, &Settings::labels, &Settings::test_data, &Settings::test_labels})
      find_again(s.*p, record->folder);
  }
  return s;
}

// The first file that is another one now, or null.
const Checksum* changed(const DataSet& data, const DataRecord& record) {
  if (record.checksums.empty()) return nullptr;  // of a run that was handed on
  for (std::size_t i = 0; i < data.checksums.size(); ++i) {
    const Checksum& now = data.checksums[i];
    if (!record.by_name) {
      if (i >= record.checksums.size() || record.checksums[i].sha256 != now.sha256) return &now;
      continue;
    }
    const auto then = std::find_if(record.checksums.begin(), record.checksums.end(),
                                   [&](const Checksum& c) { return c.file == now.file; });
    if (then != record.checksums.end() && then->sha256 != now.sha256) return &now;
  }
  return nullptr;
}
// How a person says where a file of the run lies now: every option, of labels and test data after
// --data, which says that they are meant to be others.
std::string how_to_name(const Settings& s, const std::string& file, const std::string& option) {
  const bool training = option == "--train-data";
  for (const auto& [of, path] : {std::pair{training ? "--train-labels" : "--labels", s.labels},
                                 {"--test-data", s.test_data},
                                 {"--test-labels", s.test_labels}})
    if (path == file) return concat(option, ' ', s.data, ' ', of, " PATH");
  return concat(option, " PATH");
}
// Error: a file of the run is gone.
void check_there(const Settings& s, const std::string& option) {
  std::error_code error;
  for (const fs::path& path : {fs::path(known_by_name(s.data) ? std::string() : s.data), s.labels,
                               s.test_data, s.test_labels})
    check(path.empty() || fs::exists(array_name(path).file, error), path.string(),
          ": the run was trained with it, and it is not there any more", hint, "put it back, or ",
          how_to_name(s, path.string(), option), " names where it lies now");
}
void check_unchanged(const DataSet& data, const std::optional<DataRecord>& record,
                     const Settings& settings, const std::string& option,
                     std::string_view what_for) {
  const Checksum* now = record ? changed(data, *record) : nullptr;
  if (!now) return;
  std::string then = "unknown";
  for (std::size_t i = 0; i < record->checksums.size(); ++i)
    if (record->by_name ? record->checksums[i].file == now->file : &data.checksums[i] == now)
      then = record->checksums[i].sha256.substr(0, 12);
  fail(now->file, ": not the data that the run was trained on: their SHA-256 began with ", then,
       ", now with ", now->sha256.substr(0, 12), hint, "put them back, or ",
       how_to_name(settings, now->file, option), " names ", what_for);
}

}  // namespace

bool known_by_name(const std::string& data) {
  return data == in_memory || find_known_set(data) || drawn_set(data).has_value();
}

NumbersAs numbers_as(const Settings& s, const std::optional<DataRecord>& record) {
  const Values values = likelihood_of(s).values;
  if (s.standardise || (record && record->real == true)) return NumbersAs::numbers;
  if (values == Values::grey) return NumbersAs::levels;
  return values == Values::real && !s.binarize ? NumbersAs::bytes_of_images : NumbersAs::bytes;
}

void check_suits(const Settings& settings, const DataSet& data) {
  const Likelihood& p = likelihood_of(settings);
  const Images& images = *data.train.file;
  const bool as_it_is = settings.binarize.value_or(Binarize::none) == Binarize::none;
  const bool probabilities = images.unit && (p.values == Values::unit ||
                                             (p.values == Values::binary && settings.binarize));
  check<UsageError>(p.values == Values::real || !images.real() || probabilities, p.name,
                    " likelihood needs ", p.values == Values::unit ? "values from 0 to 1" : "bytes",
                    ", but ", settings.data, " has real numbers", hint,
                    images.unit && p.values == Values::binary
                        ? "--binarize sample, or --binarize none to use them as probabilities"
                        : "--likelihood gaussian --standardise");
  check<UsageError>(p.values != Values::binary || !images.grey() || settings.binarize, p.name,
                    " likelihood needs values 0 or 1, but ", settings.data,
                    " has grey values 0..255", hint,
                    "--binarize sample, or --binarize none to use them as probabilities");
  check<UsageError>(!images.binary || as_it_is, "--binarize: ", settings.data,
                    " is binary already: its bytes are all 0 or 1", hint, "leave --binarize out");
  check<UsageError>(p.values == Values::binary || as_it_is, "--binarize: the ", p.name,
                    " likelihood takes values as they are", hint,
                    "leave --binarize out, or --likelihood bernoulli");
  check<UsageError>(!settings.standardise || images.real(), "--standardise: ", settings.data,
                    images.binary ? " has only 0 and 1" : " has bytes",
                    ", which have a scale already", hint, "leave --standardise out");
}

DataSet load_data(const Settings& settings) {
  DataSet data = read_data(settings);
  check_suits(settings, data);
  return data;
}

namespace {

// `read` makes the data once it is known where they lie.
template <class Read>
DataSet training_data(Settings& settings, Read read) {
  std::optional<DataRecord> record;
  const bool goes_on = !settings.resume.empty();
  if (goes_on) {
    record = read_data_record(settings.resume);
    if (!settings.names_data) {
      settings = found_again(settings, record);
      check_there(settings, "--data");
    }
  }
  DataSet data = read();
  if (goes_on && !settings.names_data)
    check_unchanged(data, record, settings, "--data", "the data to go on with");
  const Images& images = *data.train.file;
  if (!goes_on && settings.config.empty() && !settings.binarize && images.grey() &&
      images.height > 1 && likelihood_of(settings).values == Values::binary) {
    settings.binarize = Binarize::sample;
    auto& note = const_cast<Images&>(images).note;
    const bool grey = images.channels == 1;
    note += concat(note.empty() ? "" : "; ", grey ? "grey" : "colours", ", so --binarize sample",
                   grey ? "" : "; --likelihood discretised-logistic takes them as they are");
  }
  check_suits(settings, data);
  return data;
}

}  // namespace

DataSet load_training_data(Settings& settings) {
  return training_data(settings, [&] { return read_data(settings); });
}
DataSet take_training_data(Settings& settings, Images train, std::optional<Images> test) {
  settings.data = in_memory;
  return training_data(settings, [&] {
    return make_data_set(std::move(train), std::move(test), options_of(settings));
  });
}

std::string scale_word(const Settings& settings, const DataSet& data) {
  if (!data.train.file->real() || settings.standardise) return "";
  const Moments m = moments(data.train);
  std::size_t worst = 0;
  const auto size = [&](std::size_t j) { return std::hypot(m.mean[j], m.deviation[j]); };
  for (std::size_t j = 0; j < m.mean.size(); ++j)
    if (size(j) > size(worst)) worst = j;
  if (!(size(worst) > 3)) return "";
  const auto digits = [](double x) { return fmt::format("{:.4g}", x); };
  return concat("column ", worst, name_of_column(data.train, worst), " is ", digits(m.mean[worst]),
                " on average, with a deviation of ", digits(m.deviation[worst]),
                ": numbers of so large a scale train badly", hint, "--standardise");
}

DataSet load_own_data(const LoadedRun& run, const std::string& option) {
  const auto record = read_data_record(run.folder);
  const Settings settings = found_again(run.settings, record);
  check_there(settings, option);
  DataSet data = load_data(settings);
  data.name = run.settings.data;
  check_unchanged(data, record, settings, option, "where they lie now");
  return data;
}

void check_data_of(const fs::path& folder, const Settings& settings) {
  const auto record = read_data_record(folder);
  const DataSet data = record ? read_data(settings) : DataSet{};
  const Checksum* now = record ? changed(data, *record) : nullptr;
  check(!now, folder.string(), ": it was trained on other data than those that lie in ",
        now ? now->file : "", " now", hint, "put them back, or train all runs in another folder");
}

DataSet load_data_for(const Model& model, Settings& settings) {
  if (!fs::is_directory(settings.data) && !fs::is_directory(settings.test_data))
    settings.resize = 0;
  DataSet data = read_data(settings);
  const Images& images = *data.train.file;
  if (images.binary) settings.binarize = {};
  check_suits(settings, data);
  check(images.shape() == model.image, settings.data,
        ": examples of another size: ", images.shape(), ", the model is for ", model.image, hint,
        "give data of the size it was trained on");
  if (model.conditions) condition_size(settings, data);
  return data;
}

Examples show_images(const LoadedRun& run, const std::optional<DataRecord>& record, Images images,
                     Settings& settings) {
  DataSet data = make_data_set(std::move(images));
  Settings named = run.settings;
  named.data = in_memory;
  fit_to_run(run, record, data, named, false);
  settings.binarize = named.binarize;
  settings.data = in_memory;
  return data.test;
}

RunData load_named_data(const LoadedRun& run, const DataNames& names, Settings& settings) {
  const auto record = read_data_record(run.folder);
  if (names.data.empty()) {
    const bool own = names.labels.empty() && names.test_data.empty() && names.test_labels.empty() &&
                     names.label_column.empty() && names.drop_columns.empty();
    if (own) return {load_own_data(run, names.option), true};
    DataNames all = names;
    all.data = found_again(run.settings, record).data;
    return load_named_data(run, all, settings);
  }
  Settings named = run.settings;
  named.data = names.data, named.labels = named.test_data = named.test_labels = "";
  named.drop_constant = false;
  named.classes.clear(), named.validation.reset();  // which are the run's choice of its own data
  const auto give = [&](Settings& to) {
    if (!names.labels.empty()) to.labels = names.labels;
    if (!names.test_data.empty()) to.test_data = names.test_data;
    if (!names.test_labels.empty()) to.test_labels = names.test_labels;
  };
  give(named);
  if (!fs::is_directory(named.data)) named.resize = 0;
  if (!is_table_file(named.data)) named.label_column.clear(), named.drop_columns.clear();
  if (!names.label_column.empty()) named.label_column = names.label_column;
  if (!names.drop_columns.empty()) named.drop_columns = names.drop_columns;
  TableFor table;
  if (run.model->image.height == 1)
    table = {std::size_t(run.model->image.width) + (record ? record->dropped.size() : 0),
             !names.label_column.empty(), !names.drop_columns.empty()};
  DataSet data = read_data(named, names.shown, table, record);
  if (record && !record->by_name && !record->checksums.empty() &&
      data.checksums[0].sha256 == record->checksums[0].sha256) {
    Settings own = found_again(run.settings, record);
    own.data = names.data;
    if (names.binarize) settings.binarize = own.binarize = names.binarize;
    give(own);
    if (names.all_classes) own.classes.clear();
    RunData same{load_data(own), true};
    if (!changed(same.set, *record)) return same;
  }
  if (names.binarize) named.binarize = names.binarize;
  fit_to_run(run, record, data, named, names.binarize.has_value());
  settings.binarize = named.binarize;
  settings.data = names.data;
  return {std::move(data), false};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
