// What lies in a run's folder of a trained model: the lines of its configuration and its weights.
// Nothing is made of them here, so that a decompressor need not know how to train.
#pragma once
#include <map>

#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/lab/files/safetensors.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct RunFiles {
  std::map<std::string, std::string> config;  // name = value
  std::filesystem::path weights_file;
  SafeTensors weights;
  ImageShape image;
  std::ptrdiff_t conditions;  // how many numbers y has; 0 without

  const std::string& setting(const std::string& name) const;  // Error: it is not there
};
// `weights` is "last" or "best" (on validation). Errors: no such run, damaged files.
RunFiles read_run_files(const std::filesystem::path& folder, const std::string& weights = "last");

}  // namespace vaegrad::inline VAEGRAD_ABI
