// What lies in a run's folder of a trained model: its settings and its weights, and no model made
// of them.
#pragma once
#include <vaegrad/lab/safetensors.hpp>
#include <vaegrad/lab/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct RunFiles {
  Settings settings;
  std::filesystem::path weights_file;
  SafeTensors weights;
  std::ptrdiff_t height, width;  // of an image
  std::ptrdiff_t conditions;     // how many numbers y has; 0 without
};
// `weights` is "last" or "best" (on validation). Errors: no such run, damaged files.
RunFiles read_run_files(const std::filesystem::path& folder, const std::string& weights = "last");

}  // namespace vaegrad::inline VAEGRAD_ABI
