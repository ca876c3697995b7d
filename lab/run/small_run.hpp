// A run to hand on: settings, data record and weights as numbers of 16 bits, half the size of the
// model and a sixth of the run. It evaluates, samples and encodes as any run does; it is not
// resumed, for moments and checkpoints stay behind.
#pragma once
#include <filesystem>
#include <string>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What became of the weights.
struct SmallRun {
  std::size_t numbers = 0;    // that were rounded
  double largest_change = 0;  // |rounded − own|
  std::uintmax_t bytes = 0;   // of the file of weights
};

// `weights` is "last" or "best" (on validation). Weights are rounded to the nearest number of IEEE
// 754's binary16 (relative error at most 2^-11 from 6.1e-5 to 65504); running averages keep their
// own width. Errors: `to` is there and not empty (UsageError, nothing is touched); no such run; a
// weight above 65504.
SmallRun write_small_run(const std::filesystem::path& run, const std::string& weights,
                         const std::filesystem::path& to);

}  // namespace vaegrad::inline VAEGRAD_ABI
