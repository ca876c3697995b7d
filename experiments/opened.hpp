// The run that a command works on, opened as its options say.
#pragma once
#include <vaegrad/autodiff/parallel.hpp>
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
