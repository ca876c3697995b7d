// Checkpoints: everything that continuing a run exactly needs, in one safetensors file. k steps, a
// crash, and N - k steps from the checkpoint give byte for byte what N steps give: randomness is by
// counter, and what is added up over an epoch is kept with all its digits.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include <vaegrad/autodiff/optimisers.hpp>
#include <vaegrad/lab/run/evaluation.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// An optimiser chosen by name.
class AnyOptimiser {
 public:
  struct Numbers {
    double learning_rate = 1e-3, epsilon = 1e-8, beta1 = 0.9, second_moment = 0;
  };
  AnyOptimiser(std::string_view name, Parameters& parameters, const Numbers& numbers);
  static std::vector<std::string> names();

  void set_learning_rate(double rate) { set_rate_(rate); }
  void step() { step_(); }
  std::vector<std::vector<Real>*> moments() { return moments_; }
  std::uint64_t& steps() { return *steps_; }

 private:
  struct Row;
  static const Row rows[];
  template <class Rule>
  void hold(Parameters& parameters, Rule rule);

  std::shared_ptr<void> optimiser_;
  std::function<void(double)> set_rate_;
  std::function<void()> step_;
  std::vector<std::vector<Real>*> moments_;
  std::uint64_t* steps_ = nullptr;
};

// Where training is. Plain numbers only: it is stored as it lies in memory.
struct TrainingState {
  std::uint64_t steps = 0;
  std::uint64_t epoch = 1;  // being trained
  std::uint64_t batch = 0;  // next of that epoch
  std::uint64_t best_epoch = 0;
  double best_objective = 0;
  double seconds = 0;
  double gradient_norm = 0;    // of the last step
  double rate_share = 1;       // of the learning rate: halved by each restoration
  std::uint64_t restored = 0;  // how often training diverged and went back
  Terms terms;                 // of that epoch so far
};

void write_checkpoint(const std::filesystem::path& file, const Model& model,
                      AnyOptimiser& optimiser, const TrainingState& state);
// Errors: damaged, or of another model.
void read_checkpoint(const std::filesystem::path& file, Model& model, AnyOptimiser& optimiser,
                     TrainingState& state);

}  // namespace vaegrad::inline VAEGRAD_ABI
