#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <vaegrad/lab/data/constant_columns.hpp>
#include <vaegrad/lab/files/file.hpp>
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
  options.drop_constant = settings.drop_constant;
  options.numbers = numbers_as(settings);
  return options;
}
DataSet read_data(const Settings& settings) {
  return load_data_set(settings.data, options_of(settings));
}

// Where the recorded name leads now: from here, or from where the run was trained.
template <class Text>
void find_again(Text& name, const fs::path& trained_in) {
  const fs::path path = name, there = trained_in / path;
  std::error_code error;
  if (path.empty() || path.is_absolute() || fs::exists(array_name(path).file, error)) return;
  if (fs::exists(array_name(there).file, error)) name = Text(there.string());
}
Settings found_again(Settings s, const std::optional<DataRecord>& record) {
  if (record && !record->folder.empty()) {
    find_again(s.data, record->folder);
    for (fs::path Settings::*p :
         {&Settings::data_dir, &Settings::labels, &Settings::test_data, &Settings::test_labels})
      find_again(s.*p, record->folder);
  }
  return s;
}

// The first file that is another one now, or null.
const Checksum* changed(const DataSet& data, const DataRecord& record) {
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
void check_unchanged(const DataSet& data, const std::optional<DataRecord>& record,
                     std::string_view what_to_do) {
  const Checksum* now = record ? changed(data, *record) : nullptr;
  if (!now) return;
  std::string then = "unknown";
  for (std::size_t i = 0; i < record->checksums.size(); ++i)
    if (record->by_name ? record->checksums[i].file == now->file : &data.checksums[i] == now)
      then = record->checksums[i].sha256.substr(0, 12);
  fail(now->file, ": not the data that the run was trained on: their SHA-256 began with ", then,
       ", now with ", now->sha256.substr(0, 12), hint, what_to_do);
}

}  // namespace

NumbersAs numbers_as(const Settings& s) {
  const Values values = likelihood_of(s).values;
  if (s.standardise) return NumbersAs::numbers;
  if (values == Values::grey) return NumbersAs::levels;
  return values == Values::real && !s.binarize ? NumbersAs::bytes_of_images : NumbersAs::bytes;
}

std::optional<DataRecord> read_data_record(const fs::path& folder) {
  std::error_code error;
  for (const char* name : {"data.json", "summary.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file, error)) continue;
    const auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
    DataRecord to;
    try {
      if (name == std::string_view("summary.json")) {
        to.by_name = true;
        for (const auto& [of, sum] : json.at("data_sha256").items())
          to.checksums.push_back({of, sum.get<std::string>()});
        return to;
      }
      to.folder = json.at("folder").get<std::string>();
      for (const auto& c : json.at("files"))
        to.checksums.push_back(
            {c.at("file").get<std::string>(), c.at("sha256").get<std::string>()});
      to.label_names = json.at("label_names").get<std::vector<std::string>>();
      for (const auto& d : json.at("dropped"))
        to.dropped.push_back({d.at("column").get<std::size_t>(), d.at("name").get<std::string>(),
                              d.at("value").get<float>()});
      return to;
    } catch (const nlohmann::json::exception&) {
      fail(file.string(), ": damaged, or not written by vaegrad", hint,
           "was the file edited? train the run again");
    }
  }
  return {};
}

void write_data_record(const Run& run, const DataSet& data) {
  nlohmann::json json;
  std::error_code error;
  json["folder"] = fs::current_path(error).string();
  json["files"] = nlohmann::json::array();
  for (const Checksum& c : data.checksums)
    json["files"].push_back({{"file", c.file}, {"sha256", c.sha256}});
  json["label_names"] = data.train.file->label_names;
  json["dropped"] = nlohmann::json::array();
  for (const DroppedColumn& d : data.dropped)
    json["dropped"].push_back({{"column", d.column}, {"name", d.name}, {"value", d.value}});
  run.write("data.json", json);
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
    if (!settings.names_data) settings = found_again(settings, record);
  }
  DataSet data = read();
  if (goes_on && !settings.names_data)
    check_unchanged(data, record, "put them back, or --data PATH names the data to go on with");
  const Images& images = *data.train.file;
  if (!goes_on && settings.config.empty() && !settings.binarize && images.grey() &&
      images.height > 1 && likelihood_of(settings).values == Values::binary) {
    settings.binarize = Binarize::sample;
    auto& note = const_cast<Images&>(images).note;
    note += concat(note.empty() ? "" : "; ", "grey, so --binarize sample");
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
  return concat("column ", worst, " is ", float(m.mean[worst]), " on average, with a deviation of ",
                float(m.deviation[worst]), ": numbers of so large a scale train badly", hint,
                "--standardise");
}

DataSet load_own_data(const LoadedRun& run) {
  const auto record = read_data_record(run.folder);
  const Settings settings = found_again(run.settings, record);
  DataSet data = load_data(settings);
  data.name = run.settings.data;
  check_unchanged(data, record, "put them back, or --data PATH names where they lie now");
  return data;
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

namespace {

// Other data as the run sees its own: the same columns, and a way to become 0 or 1 where they need
// one. Errors: they do not suit it.
void fit_to_run(const LoadedRun& run, const std::optional<DataRecord>& record, DataSet& data,
                Settings& named, bool keep_binarize) {
  if (record && !record->dropped.empty())
    for (const Examples* e : {&data.train, &data.test})
      if (e == &data.train || e->file != data.train.file)
        drop_columns(const_cast<Images&>(*e->file), record->dropped);
  const Images& images = *data.train.file;
  if (images.binary && !keep_binarize) named.binarize = {};
  check_suits(named, data);
  const Model& model = *run.model;
  check(images.shape() == model.image, named.data, ": images of ", images.shape(),
        ", but the run was trained on ", model.image, hint, "data of that size");
  if (model.conditions) condition_size(named, data);
}

}  // namespace

Examples show_images(const LoadedRun& run, Images images, Settings& settings) {
  DataSet data = make_data_set(std::move(images));
  Settings named = run.settings;
  named.data = in_memory;
  fit_to_run(run, read_data_record(run.folder), data, named, false);
  settings.binarize = named.binarize;
  settings.data = in_memory;
  return data.test;
}

RunData load_named_data(const LoadedRun& run, const DataNames& names, Settings& settings) {
  if (names.data.empty()) return {load_own_data(run), true};
  const auto record = read_data_record(run.folder);
  Settings named = run.settings;
  named.data = names.data, named.labels = named.test_data = named.test_labels = "";
  named.drop_constant = false;
  const auto give = [&](Settings& to) {
    if (!names.labels.empty()) to.labels = names.labels;
    if (!names.test_data.empty()) to.test_data = names.test_data;
    if (!names.test_labels.empty()) to.test_labels = names.test_labels;
  };
  give(named);
  if (!fs::is_directory(named.data)) named.resize = 0;
  if (!is_table_name(named.data)) named.label_column.clear();
  DataSet data = read_data(named);
  if (record && !record->by_name && !record->checksums.empty() &&
      data.checksums[0].sha256 == record->checksums[0].sha256) {
    Settings own = found_again(run.settings, record);
    own.data = names.data;
    give(own);
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
