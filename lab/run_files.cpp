#include <vaegrad/lab/run_files.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

RunFiles read_run_files(const fs::path& folder, const std::string& which) {
  std::error_code error;
  check(fs::exists(folder / "config.ini", error), folder.string(),
        ": not a run: there is no config.ini in it", hint,
        "vaegrad train makes one; runs/latest is the newest");
  const fs::path file = folder / (which == "best" ? "best.safetensors" : "model.safetensors");
  check(fs::exists(file, error), folder.string(), ": the run has no ", file.filename().string(),
        hint,
        which == "best" ? "--weights last: it had no validation examples"
                        : "wait for its first epoch, or train it again");
  RunFiles run{{}, file, read_safetensors(file), 0, 0, 0};
  read_config(folder / "config.ini", run.settings);
  const auto size = [&](const char* key, std::int64_t least) {
    const auto found = run.weights.metadata().find(key);
    check(found != run.weights.metadata().end(), file.string(), ": it does not say its ", key, hint,
          "is this a file that vaegrad wrote?");
    return std::ptrdiff_t(integer_option(key, found->second, least, 1 << 24));
  };
  run.height = size("height", 1);
  run.width = size("width", 1);
  run.conditions = size("conditions", 0);
  return run;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
