#include <boost/program_options/parsers.hpp>
#include <charconv>
#include <sstream>

#include <vaegrad/lab/files/boost_text.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_files.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> read_lines(const fs::path& path) {
  namespace po = boost::program_options;
  std::istringstream in(hidden_from_boost(read_file(path, std::size_t{1} << 20)));
  std::map<std::string, std::string> lines;
  try {
    for (const auto& option : po::parse_config_file(in, po::options_description(), true).options)
      lines[option.string_key] = option.value.empty() ? "" : shown(option.value[0]);
  } catch (const po::error& e) {
    fail(path.string(), ": ", shown(e.what()), hint, "lines read: epochs = 10");
  }
  return lines;
}

}  // namespace

const std::string& RunFiles::setting(const std::string& name) const {
  const auto found = config.find(name);
  check(found != config.end(), weights_file.parent_path().string(), ": its config.ini has no ",
        name, hint, "was the file edited?");
  return found->second;
}

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
  RunFiles run{read_lines(folder / "config.ini"), file, read_safetensors(file), {}, 0};
  const auto size = [&](const char* key, std::ptrdiff_t least) {
    const auto found = run.weights.metadata().find(key);
    std::ptrdiff_t n = -1;
    if (found != run.weights.metadata().end())
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), n);
    check(n >= least && n <= 1 << 24, file.string(), ": it does not say its ", key, hint,
          "is this a file that vaegrad wrote?");
    return n;
  };
  run.image = {size("height", 1), size("width", 1), 1};
  if (run.weights.metadata().contains("channels")) run.image.channels = size("channels", 1);
  check(run.image.channels == 1 || run.image.channels == 3, file.string(), ": images of ",
        run.image.channels, " channels", hint, "is this a file that vaegrad wrote?");
  run.conditions = size("conditions", 0);
  return run;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
