// An optimiser that is chosen by name.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include <vaegrad/autodiff/optimisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class AnyOptimiser {
 public:
  // For all of them: each takes those that its rule has.
  struct Numbers {
    double learning_rate = 1e-3, epsilon = 1e-8, beta1 = 0.9, second_moment = 0;
  };
  // UsageError: the names there are.
  AnyOptimiser(std::string_view name, Parameters& parameters, const Numbers& numbers);
  static std::vector<std::string> names();  // the default first

  void set_learning_rate(double rate) { set_rate_(rate); }  // from the next step on
  void step() { step_(); }                                  // down the gradient, by the rule
  // What a checkpoint must keep beside the parameters: moments, and the steps taken so far.
  std::vector<RealLines*> moments() { return moments_; }
  std::uint64_t& steps() { return *steps_; }  // see moments()

 private:
  struct Row;
  static const Row rows[];
  template <class Rule>
  void hold(Parameters& parameters, Rule rule, bool normalised = false);

  std::shared_ptr<void> optimiser_;
  std::function<void(double)> set_rate_;
  std::function<void()> step_;
  std::vector<RealLines*> moments_;
  std::uint64_t* steps_ = nullptr;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
