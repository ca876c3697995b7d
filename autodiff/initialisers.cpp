#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/initialisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number) {
  return [=](Matrix w) { initial(which, seed, number, double(w.rows), double(w.cols))(w); };
}

std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number,
                                    double inputs, double outputs) {
  return [=](Matrix w) {
    Stream stream(seed, Purpose::weights, std::uint32_t(number));
    const auto n_in = Real(inputs), n_out = Real(outputs);
    if (which == Initialiser::glorot) {
      stream.uniform(w);
      const Real limit = std::sqrt(6 / (n_in + n_out));
      for (Real& x : w) x = limit * (2 * x - 1);
    } else {
      stream.normal(w);
      const Real deviation = which == Initialiser::he ? std::sqrt(2 / n_in) : Real(0.01);
      for (Real& x : w) x *= deviation;
    }
  };
}

std::function<void(Matrix)> constant_fill(Real value) {
  return [=](Matrix w) { std::fill(w.begin(), w.end(), value); };
}

}  // namespace vaegrad::inline VAEGRAD_ABI
