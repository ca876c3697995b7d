// First values of weights. n_in is how many numbers an output sums, n_out how many outputs an input
// reaches: the rows and columns of a weight matrix (x W), unless others are given.
#pragma once
#include <functional>

#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

enum class Initialiser {
  glorot,  // uniform in ±√(6 / (n_in + n_out))    Glorot and Bengio 2010, eq. 16
  he,      // N(0, 2 / n_in)                       He et al. 2015, eq. 10
  normal,  // N(0, 0.01²)
};

// Fills the `number`-th parameter of a model: each has a stream of its own, so that adding a layer
// does not change the first values of the others before it.
std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number);
std::function<void(Matrix)> initial(Initialiser which, std::uint64_t seed, std::size_t number,
                                    double n_in, double n_out);
std::function<void(Matrix)> constant_fill(Real value);

}  // namespace vaegrad::inline VAEGRAD_ABI
