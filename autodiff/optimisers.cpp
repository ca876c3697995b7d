#include <cmath>

#include <vaegrad/autodiff/optimisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

bool finite_gradient(Parameters& parameters) { return parameters.own_gradient().finite(); }

namespace {

// √Σ g²
double norm(std::span<const Real> g) {
  // Squares in double: those of floats overflow at 1e19. In a fixed order, whatever the threads.
  constexpr std::size_t ways =
      64 / sizeof(Real);  // the block is a whole number of lines of 64 bytes
  double partial[ways] = {}, total = 0;
  for (std::size_t i = 0; i < g.size(); i += ways)
    for (std::size_t k = 0; k < ways; ++k) partial[k] += double(g[i + k]) * double(g[i + k]);
  for (double p : partial) total += p;
  return std::sqrt(total);
}

}  // namespace

double gradient_norm(Parameters& parameters) { return norm(parameters.gradient()); }

void normalise_gradient(Parameters& parameters) {
  const auto g = parameters.gradient();
  const auto& list = parameters.list();
  for (std::size_t i = 0; i < list.size(); ++i) {  // with the zeros up to the next one
    const auto first = std::size_t(list[i].param.offset);
    const auto end = i + 1 < list.size() ? std::size_t(list[i + 1].param.offset) : g.size();
    const auto own = g.subspan(first, end - first);
    const Real factor = Real(1 / (norm(own) + 1e-7));
    for (Real& x : own) x *= factor;
  }
}

double clip_gradient(Parameters& parameters, double largest) {
  check(largest > 0, "clip_gradient: the largest norm is ", largest, hint, "it must be positive");
  const double norm = gradient_norm(parameters);
  if (norm > largest) parameters.scale_gradient(Real(largest / norm));
  return norm;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
