#include <algorithm>

#include <vaegrad/autodiff/gradient_check.hpp>
#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

GradientCheck check_gradient(Parameters& parameters, const std::function<Var(Tape&)>& f,
                             std::uint64_t seed, double h,
                             const std::function<Var(Tape&)>& surrogate) {
  Tape tape;
  parameters.zero_gradient();
  tape.backward(f(tape));

  const std::vector<Real> start(parameters.values().begin(), parameters.values().end());
  std::vector<Real> v(start.size());
  Stream(seed, Purpose::test).uniform({v.data(), 1, Index(v.size())});
  for (Real& x : v) x = 2 * x - 1;

  GradientCheck result{0, 0, 0};
  const auto g = parameters.gradient();  // zero between two Params
  for (std::size_t i = 0; i < g.size(); ++i) {
    const double term = double(g[i]) * double(v[i]);
    result.tape += term;
    result.scale += std::abs(term);
  }
  const auto value_at = [&](double t) {
    const auto w = parameters.change_values();
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = Real(double(start[i]) + t * double(v[i]));
    tape.reset();
    return double((surrogate ? surrogate : f)(tape).item());
  };
  const auto difference = [&](double t) { return value_at(t) - value_at(-t); };
  result.numeric = (8 * difference(h) - difference(2 * h)) / (12 * h);
  std::copy(start.begin(), start.end(), parameters.change_values().begin());
  return result;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
