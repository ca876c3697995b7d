#include <algorithm>
#include <cmath>
#include <deque>
#include <sstream>

#include <nlohmann/json.hpp>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/run_files.hpp>
#include <vaegrad/lab/run/small_run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

nlohmann::json json_in(const fs::path& file) {
  auto json = nlohmann::json::parse(read_file(file, std::size_t{1} << 26), nullptr, false);
  check(json.is_object(), file.string(), ": damaged, or not written by vaegrad", hint,
        "was the file edited? train the run again");
  return json;
}

// What the files of a run say but for where things lay on the machine that trained it: of no use on
// another, and nobody's business there. Of a set that is known by its name every copy will do.
void copy_without_places(const fs::path& run, const fs::path& to) {
  std::istringstream config(read_file(run / "config.ini", std::size_t{1} << 26));
  std::string kept;
  bool by_name = false;
  for (std::string line; std::getline(config, line);) {
    if (line.starts_with("data = ")) by_name = known_by_name(line.substr(7));
    if (!line.starts_with("data-dir = ")) kept += line + '\n';
  }
  write_atomically(to / "config.ini", std::string_view(kept));
  std::error_code error;
  if (fs::exists(run / "data.json", error)) {
    nlohmann::json json = json_in(run / "data.json");
    json["folder"] = "";
    nlohmann::json files = nlohmann::json::array();
    if (!by_name)
      for (const auto& f : json.value("files", nlohmann::json::array()))
        files.push_back({{"file", file_name(f.at("file"))}, {"sha256", f.at("sha256")}});
    json["files"] = files;
    write_atomically(to / "data.json", json_text(json));
  }
  if (fs::exists(run / "summary.json", error)) {
    nlohmann::json json = json_in(run / "summary.json");
    const nlohmann::json own = json.value("data_sha256", nlohmann::json::object());
    nlohmann::json sums = nlohmann::json::object();
    for (const auto& [file, sum] : own.items()) sums[file_name(file)] = sum;
    json["data_sha256"] = sums;
    if (json.contains("settings")) json["settings"].erase("data-dir");
    write_atomically(to / "summary.json", json_text(json));
  }
}

}  // namespace

SmallRun write_small_run(const std::filesystem::path& run, const std::string& weights,
                         const std::filesystem::path& to) {
  const RunFiles files = read_run_files(run, weights);
  std::error_code error;
  check<UsageError>(
      !fs::exists(to, error) || (fs::is_directory(to, error) && fs::is_empty(to, error)),
      to.string(), ": it is there, and not empty", hint, "a folder of another name");

  SmallRun made;
  std::deque<std::vector<Half>> halves;
  std::vector<Tensor> tensors;
  for (const Tensor& t : files.weights.tensors()) {
    const bool real = t.dtype == "F32" || t.dtype == "F64";
    if (!real || t.name.find("buffer.") != std::string::npos) {
      tensors.push_back(t);
      continue;
    }
    const auto own = files.weights.values<double>(t.name, t.shape);
    auto& half = halves.emplace_back();
    half.reserve(own.size());
    const std::string name = concat(files.weights_file.string(), ": ", t.name);
    for (const double x : own) {
      half.push_back(to_half(x, name));
      made.largest_change = std::max(made.largest_change, std::abs(double(half.back()) - x));
    }
    made.numbers += own.size();
    tensors.push_back(tensor(t.name, t.shape, std::span<const Half>(half)));
  }
  fs::create_directories(to, error);
  check(fs::is_directory(to, error), to.string(), ": this folder cannot be made", hint,
        "is its parent yours to write in?");
  copy_without_places(run, to);
  // The weights last: a folder without them is no run.
  write_safetensors(to / "model.safetensors", tensors, files.weights.metadata());
  made.bytes = fs::file_size(to / "model.safetensors", error);
  return made;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
