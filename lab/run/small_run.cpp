#include <algorithm>
#include <cmath>
#include <deque>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/run_files.hpp>
#include <vaegrad/lab/run/small_run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

SmallRun write_small_run(const std::filesystem::path& run, const std::string& weights,
                         const std::filesystem::path& to) {
  namespace fs = std::filesystem;
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
  for (const char* name : {"config.ini", "data.json", "summary.json"})
    if (fs::exists(run / name, error))
      write_atomically(to / name, read_file(run / name, std::size_t{1} << 26));
  // The weights last: a folder without them is no run.
  write_safetensors(to / "model.safetensors", tensors, files.weights.metadata());
  made.bytes = fs::file_size(to / "model.safetensors", error);
  return made;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
