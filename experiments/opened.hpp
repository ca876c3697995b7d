// The run that a command works on, opened as its options say.
#pragma once
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/uses/features.hpp>

#include "options.hpp"

namespace vaegrad {

// --threads, RUN, --weights, --data-dir, --seed
inline LoadedRun open_run(const Options& options) {
  if (options.has("threads")) set_threads(int(options.integer("threads", 1, 1, 1024)));
  LoadedRun run = load_run(options.run(), options.one_of("weights", {"last", "best"}));
  if (options.has("data-dir")) run.settings.data_dir = options.text("data-dir", "");
  return run;
}
// Which data a command takes, or where the run's own lie now: what names_of() reads
inline constexpr std::string_view data_options[] = {"data",        "labels",       "test-data",
                                                    "test-labels", "label-column", "drop-columns"};
// Its own options, with those and open_run()'s
inline std::vector<std::string_view> of_a_run(std::initializer_list<std::string_view> own) {
  std::vector<std::string_view> all = own;
  all.insert(all.end(), std::begin(data_options), std::end(data_options));
  all.insert(all.end(), {"weights", "data-dir", "threads"});
  return all;
}
// --data, --labels, --test-data, --test-labels, --label-column, --drop-columns, --binarize: which
// data, or where the run's own lie now
inline DataNames names_of(const Options& options, bool shown = false) {
  DataNames names{options.text("data", ""),         options.text("labels", ""),
                  options.text("test-data", ""),    options.text("test-labels", ""),
                  options.text("label-column", ""), options.text("drop-columns", "")};
  names.shown = shown;
  if (options.has("binarize")) {
    Settings s;
    setting("binarize").set(s, options.text("binarize", ""));
    names.binarize = s.binarize;
  }
  return names;
}
// What the run's data call their classes; empty where they are numbers
inline std::vector<std::string> class_names(const LoadedRun& run) {
  const auto record = read_data_record(run.folder);
  return record ? record->label_names : std::vector<std::string>();
}
// --class of a conditional model, which has it
inline Index class_of(const Options& options, const LoadedRun& run) {
  const Index y = Index(class_option("class", options.text("class", ""), class_names(run),
                                     std::int64_t(most_classes) - 1));
  run.model->check_class(y);
  return y;
}
// What training has measured of each latent, or nothing
inline std::vector<double> recorded_kl(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "summary.json", error)) return {};
  const auto json = nlohmann::json::parse(read_file(folder / "summary.json", std::size_t{1} << 24),
                                          nullptr, false);
  if (!json.is_object() || !json.contains("kl_per_latent")) return {};
  std::vector<double> kl;
  for (const auto& each : json["kl_per_latent"])
    if (each.is_number()) kl.push_back(each);
  return kl;
}
// How the examples' file was read, where that is worth a word
inline void say_note(const Examples& examples) {
  if (!examples.file->note.empty()) say("{}\n", examples.file->note);
}
// The run's own data, where --data says they lie now. UsageError: they are others.
inline DataSet load_run_data(LoadedRun& run, const Options& options) {
  RunData data = load_named_data(run, names_of(options));
  check<UsageError>(data.own, "--data ", options.text("data", ""),
                    ": other data than those of the run", hint,
                    "the run's own, of which --data says where they lie now");
  return std::move(data.set);
}
// --split, of the run's own data
inline Examples split_of(const Options& options, const DataSet& data) {
  return choose_split(data, options.text("split", "test"));
}
// The folder that a command's files go to: --out, or NAME in the run's folder.
inline std::filesystem::path out_folder(const Options& options, const LoadedRun& run,
                                        const char* name) {
  const std::filesystem::path folder = options.text("out", (run.folder / name).string());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  check(!error && std::filesystem::is_directory(folder), folder.string(),
        ": cannot make the folder: ", error ? error.message() : "it is a file", hint,
        "--out names a folder that may be written");
  return folder;
}
inline constexpr const char* opened_help =
    "  --weights NAME          last, or best on validation [last]\n"
    "  --data-dir DIR          where the data lie now [as in training]\n"
    "  --threads N\n";

}  // namespace vaegrad
