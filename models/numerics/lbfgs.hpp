// L-BFGS: minimises a smooth function of many numbers from its values and gradients, with the last
// few steps as memory of its curvature. Nocedal and Wright, Numerical Optimization, algorithm 7.4,
// with steps that satisfy the strong Wolfe conditions (algorithms 3.5 and 3.6).
#pragma once
#include <functional>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct LbfgsSettings {
  int iterations = 500;
  std::size_t memory = 10;
  double tolerance = 1e-5;  // stops when |gradient| falls below this share of the first one
};
// Where it ended, and why.
struct LbfgsResult {
  double value = 0, gradient_norm = 0;
  int iterations = 0;
  bool converged =
      false;  // false too when no step lowers the value any more: the digits are used up
};

// function(x, gradient) returns the value at x and fills the gradient.
using Differentiable = std::function<double(const std::vector<double>&, std::vector<double>&)>;
LbfgsResult minimise(const Differentiable& function, std::vector<double>& x,
                     const LbfgsSettings& settings = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
