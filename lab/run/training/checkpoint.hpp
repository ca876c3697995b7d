// Checkpoints: everything that continuing a run exactly needs, in one safetensors file. k steps, a
// crash, and N - k steps from the checkpoint give byte for byte what N steps give: randomness is by
// counter, and what is added up over an epoch is kept with all its digits.
#pragma once
#include <filesystem>

#include <vaegrad/lab/run/training/trainee.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Where training is. Plain numbers only: it is stored as it lies in memory.
struct TrainingState {
  std::uint64_t steps = 0;
  std::uint64_t epoch = 1;  // being trained
  std::uint64_t batch = 0;  // next of that epoch
  std::uint64_t best_epoch = 0;
  double best_objective = 0;
  double seconds = 0;
  double gradient_norm = 0;    // of the last step
  double rate_share = 1;       // of the learning rate: halved by each restoration and plateau
  std::uint64_t restored = 0;  // how often training diverged and went back
  Terms terms;                 // of that epoch so far
};

// Everything of every player. The trainee's weights are as in model.safetensors.
void write_checkpoint(const std::filesystem::path& file, Trainee& trainee,
                      const TrainingState& state);
// Errors: damaged, or of another model.
void read_checkpoint(const std::filesystem::path& file, Trainee& trainee, TrainingState& state);

}  // namespace vaegrad::inline VAEGRAD_ABI
