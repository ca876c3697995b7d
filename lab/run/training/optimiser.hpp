// An optimiser that is chosen by name.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include <vaegrad/autodiff/optimisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

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

}  // namespace vaegrad::inline VAEGRAD_ABI
