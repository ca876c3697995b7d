#include <algorithm>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/autodiff/initialisers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const Initialiser& initialiser(std::string_view name) {
  return row_named(initialisers, name, "initialiser");
}

std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number) {
  return [=](Matrix w) { initial(which, seed, number, double(w.rows), double(w.cols))(w); };
}

std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number,
                                    double inputs, double outputs) {
  return [=](Matrix w) {
    Stream stream(seed, Purpose::weights, std::uint32_t(number));
    const Real spread = which.spread(Real(inputs), Real(outputs));
    if (which.draw == Initialiser::Draw::uniform) {
      stream.uniform(w);
      for (Real& x : w) x = spread * (2 * x - 1);
    } else {
      stream.normal(w);
      for (Real& x : w) x *= spread;
    }
  };
}

std::function<void(Matrix)> constant_fill(Real value) {
  return [=](Matrix w) { std::fill(w.begin(), w.end(), value); };
}

}  // namespace vaegrad::inline VAEGRAD_ABI
