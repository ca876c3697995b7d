#include "row_run.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/uses/studies/finished_run.hpp>

namespace vaegrad {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::string option_of(const Words& words, const std::string& name, const std::string& otherwise) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == name) return words[i + 1];
  return otherwise;
}
void set_option(Words& words, const std::string& name, const std::string& value) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == name) {
      words[i + 1] = value;
      return;
    }
  words.insert(words.end(), {name, value});
}

// Of the run, of all its test examples, made as this row asks for it: null where there is none yet.
nlohmann::json evaluation_of(const RowRun& r) {
  const fs::path file = r.plan.folder / "evaluation.json";
  std::error_code error;
  if (!fs::exists(file, error)) return nullptr;
  const auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 24), nullptr, false);
  const std::string seed = option_of(r.evaluate, "--seed", std::to_string(r.seed)),
                    binarize = setting("binarize").get(r.plan.settings);
  const auto says = [&](const char* key, const std::string& wanted) {
    const auto found = json.find(key);  // older evaluations do not say
    return found == json.end() ||
           (found->is_string() ? found->get<std::string>() : found->dump()) == wanted;
  };
  if (!json.is_object() || !says("seed", seed) ||
      !says("binarize", binarize.empty() ? "null" : binarize) ||
      json.value("examples", std::int64_t{-1}) != read_finished_run(r.plan.folder).test_examples ||
      json.value("weights", "") != option_of(r.evaluate, "--weights", "last") ||
      std::to_string(json.value("particles", -1)) != option_of(r.evaluate, "--particles", "5000"))
    return nullptr;
  return json;
}

// The test images as bytes, as an evaluation with this run's seed sees them.
void write_test_images(const Settings& settings, const fs::path& path) {
  const DataSet data = load_data(settings);
  const Images& file = *data.test.file;
  std::vector<std::uint8_t> bytes;
  std::vector<Real> x(file.dimensions());
  for (const std::uint32_t row : data.test.rows) {
    if (settings.binarize && *settings.binarize != Binarize::none) {
      fill({x.data(), 1, Index(x.size())}, file, std::span(&row, 1), *settings.binarize,
           settings.seed, fixed_draw(Split::test));
      bytes.insert(bytes.end(), x.begin(), x.end());
    } else {
      const auto image = file.image(row);
      bytes.insert(bytes.end(), image.begin(), image.end());
    }
  }
  const std::size_t dims[] = {data.test.count(), file.height, file.width};
  write_idx(path, dims, bytes);
}

}  // namespace

Words RowRun::next() const {
  if (Words train = plan.command(); !train.empty()) return train;
  const std::string folder = plan.folder.string();
  if (evaluation_of(*this).is_null()) {
    Words to = {"evaluate", folder};
    to.insert(to.end(), evaluate.begin(), evaluate.end());
    return to;
  }
  std::error_code error;
  if (row.quantity != "bits-back") return {};
  const fs::path images = plan.folder / "test.idx", archive = plan.folder / "test.vae";
  if (fs::exists(archive, error) && fs::last_write_time(archive, error) >=
                                        fs::last_write_time(plan.folder / "summary.json", error))
    return {};
  write_test_images(plan.settings, images);
  return {"compress", folder, images.string(), archive.string()};
}

std::optional<RowResult> RowRun::result() const {
  if (!next().empty()) return {};
  const FinishedRun run = read_finished_run(plan.folder);
  const nlohmann::json json = evaluation_of(*this);
  RowResult to;
  to.row = row.name, to.seed = seed, to.checksum = row.checksum();
  to.hours = run.seconds / 3600, to.epochs = run.epochs;
  if (row.quantity == "bits-back") {
    const double pixels = double(fs::file_size(plan.folder / "test.idx") - 16);
    to.value = 8 * double(fs::file_size(plan.folder / "test.vae")) / pixels;
  } else if (row.quantity == "nll") {
    to.value = json.at("nll"), to.monte_carlo_error = json.at("nll_standard_error");
    to.effective_sample_size = json.at("effective_sample_size");
  } else {
    to.value = -json.at("elbo").get<double>();
  }
  return to;
}

RowRun planned_run(const PublishedRow& row, std::uint64_t seed, const fs::path& folder,
                   const fs::path& data_dir) {
  Words words = row.protocol;
  if (!data_dir.empty()) set_option(words, "--data-dir", data_dir.string());
  const std::uint64_t seeds[] = {seed};
  try {
    RowRun to{row, seed, plan_grid(words, {}, seeds, folder)[0], row.evaluate};
    to.plan.name = concat(row.name, '_', to.plan.name);
    to.plan.folder = folder / to.plan.name;
    return to;
  } catch (const Error& e) {
    fail("[", row.name, "]: ", e.what());
  }
}

TruncatedData::TruncatedData(bool wanted, const fs::path& data_dir) : data_dir_(data_dir) {
  if (wanted) folder_.emplace("reproduce");
}

std::vector<std::pair<std::string, std::string>> TruncatedData::images_of(const std::string& name,
                                                                          bool* other) const {
  const auto file = [&](const char* end) { return folder() / (file_word(name) + end); };
  const fs::path train = file("-train.idx"), test = file("-test.idx");
  const fs::path labels = file("-labels.idx"), test_labels = file("-test-labels.idx");
  *other = fs::exists(file(".missing"));
  if (!fs::exists(test) && !*other) {
    DataOptions options;
    options.data_dir = data_dir_;
    DataSet data;
    try {
      data = load_data_set(name, options);
    } catch (const Error&) {
      check(name != "fashion-mnist", "fashion-mnist: the data are not there", hint,
            "apt-get install dataset-fashion-mnist, or --data-dir DIR");
      say("{} is missing: its rows run on fashion-mnist\n", name);
      write_atomically(file(".missing"), std::string_view("\n"));
      *other = true;
    }
    const auto write = [&](const Examples& from, std::size_t count, const fs::path& images,
                           const fs::path& of_labels) {
      std::vector<std::uint8_t> bytes, classes;
      const std::vector<std::uint32_t> rows = spread(from, count);
      for (const std::uint32_t row : rows) {
        const auto image = from.file->image(row);
        bytes.insert(bytes.end(), image.begin(), image.end());
        if (!from.file->labels.empty()) classes.push_back(std::uint8_t(from.file->labels[row]));
      }
      const std::size_t dims[] = {rows.size(), from.file->height, from.file->width};
      write_idx(images, dims, bytes);
      if (!classes.empty()) write_idx(of_labels, std::span(dims, 1), classes);
    };
    if (!*other) {
      write(data.train, train_images, train, labels);
      write(data.test, test_images, test, test_labels);
    }
  }
  if (*other) {
    bool none;
    return images_of("fashion-mnist", &none);
  }
  std::vector<std::pair<std::string, std::string>> to = {{"--data", train.string()},
                                                         {"--test-data", test.string()}};
  if (fs::exists(labels))
    to.insert(to.end(), {{"--labels", labels.string()}, {"--test-labels", test_labels.string()}});
  return to;
}

RowRun TruncatedData::shortened(const PublishedRow& row, std::uint64_t seed) const {
  PublishedRow quick = row;
  Settings settings;
  try {
    settings = read_settings(row.protocol);
  } catch (const Error& e) {
    fail("[", row.name, "]: ", e.what());
  }
  bool other = false;
  for (const auto& [name, value] : images_of(settings.data, &other))
    set_option(quick.protocol, name, value);
  if (other && settings.data == "binarized-mnist")
    set_option(quick.protocol, "--binarize", "sample");
  set_option(quick.protocol, "--epochs", "1");
  if (settings.validation != std::optional<std::size_t>(0))
    set_option(quick.protocol, "--validation", "50");
  if (option_of(quick.evaluate, "--particles", "5000") != "0")
    set_option(quick.evaluate, "--particles", "10");
  return planned_run(quick, seed, folder(), {});
}

}  // namespace vaegrad
