// First values of weights. n_in is how many numbers an output sums, n_out how many outputs an input
// reaches: the rows and columns of a weight matrix (x W), unless others are given.
#pragma once
#include <cmath>
#include <functional>
#include <string_view>

#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Drawn uniformly in ±spread, or from N(0, spread²).
struct Initialiser {
  const char* name;
  enum class Draw { uniform, normal } draw;
  Real (*spread)(Real n_in, Real n_out);

  static const Initialiser glorot, he, normal, uniform;
};
// clang-format off
// Glorot and Bengio 2010, eq. 16
inline constexpr Initialiser Initialiser::glorot {"glorot",  Draw::uniform, [](Real n_in, Real n_out) { return std::sqrt(6 / (n_in + n_out)); }};
// He et al. 2015, eq. 10
inline constexpr Initialiser Initialiser::he     {"he",      Draw::normal,  [](Real n_in, Real) { return std::sqrt(2 / n_in); }};
// N(0, 0.01²)
inline constexpr Initialiser Initialiser::normal {"normal",  Draw::normal,  [](Real, Real) { return Real(0.01); }};
// What PyTorch does for the weights of a linear layer or a convolution unless told otherwise
inline constexpr Initialiser Initialiser::uniform{"uniform", Draw::uniform, [](Real n_in, Real) { return 1 / std::sqrt(n_in); }};
// clang-format on
// All of them, the default first.
inline constexpr Initialiser initialisers[] = {Initialiser::glorot, Initialiser::he,
                                               Initialiser::normal, Initialiser::uniform};
const Initialiser& initialiser(std::string_view name);  // UsageError: the names there are

// Fills the `number`-th parameter of a model: each has a stream of its own, so that adding a layer
// does not change the first values of the others before it.
std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number);
std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number,
                                    double n_in, double n_out);
// Every number is `value`.
std::function<void(Matrix)> constant_fill(Real value);

}  // namespace vaegrad::inline VAEGRAD_ABI
