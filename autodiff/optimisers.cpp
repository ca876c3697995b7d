#include <vaegrad/autodiff/optimisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

double gradient_norm(Parameters& parameters) {
  const auto g = parameters.gradient();
  double total = 0;
  constexpr std::size_t block = 1 << 12;
  for (std::size_t b = 0; b < g.size(); b += block) {
    Lanes sum(Real{0});
    for (std::size_t i = b; i < std::min(g.size(), b + block); i += std::size_t(Lanes::size)) {
      const Lanes x = Lanes::load(&g[i]);
      sum += x * x;
    }
    total += double(horizontal_sum(sum));
  }
  return std::sqrt(total);
}

double clip_gradient(Parameters& parameters, double largest) {
  check(largest > 0, "clip_gradient: the largest norm is ", largest, hint, "it must be positive");
  const double norm = gradient_norm(parameters);
  if (norm > largest) parameters.scale_gradient(Real(largest / norm));
  return norm;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
