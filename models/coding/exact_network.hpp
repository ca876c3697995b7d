// A multilayer perceptron that gives the same numbers on every machine: weights and activations are
// rounded so that sums are exact whatever their order (exact_math.hpp). Computes a block of
// examples in lockstep, as products of matrices. Forward only, and no part of the tape.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Eight examples. The compiler turns operations on them into what the processor has.
inline constexpr Index abreast = 8;
typedef double Eight __attribute__((vector_size(8 * sizeof(double)), aligned(8), may_alias));

// Numbers of a block of examples: row f holds feature f of each, `width` (a multiple of `abreast`)
// numbers, of which those beyond the block's last example mean nothing.
struct Block {
  Index features = 0, width = 0;
  std::vector<double> values;

  // Room for f features of w numbers; what was there is lost.
  void resize(Index f, Index w) {
    features = f;
    width = w;
    values.resize(std::size_t(f * w));
  }
  // One feature of each example.
  double* row(Index f) { return values.data() + f * width; }
  const double* row(Index f) const { return values.data() + f * width; }
};

// y = x W + b as it was trained:  W (in, out) row by row, b (out)
struct LayerWeights {
  std::string name;  // for errors
  Index in = 0, out = 0;
  std::vector<float> weight, bias;
};

// One layer, without what follows it.
class ExactLinear {
 public:
  // Inputs lie within [-bound, bound]. Errors: a weight that is not finite; a sum that could leave
  // the range in which it is exact.
  ExactLinear(const LayerWeights& from, double bound);

  // x (in, width) ↦ y (out, width), multiples of 2^-26
  void operator()(const Block& x, Block& y) const;
  Index inputs() const { return in_; }
  Index outputs() const { return out_; }
  double bound() const { return bound_; }  // |y| at most
  // Rounded weights and biases, in an order of their own.
  std::span<const double> weights() const { return weights_; }
  std::span<const double> biases() const { return biases_; }

 private:
  Index in_, out_;
  double bound_;
  std::vector<double> weights_;  // in panels of `panel` outputs: (out / panel, in, panel)
  std::vector<double> biases_;
};

// What follows a hidden layer, by the name it has in training (models/layers.hpp).
struct ExactActivation {
  std::string_view name;
  double (*of)(double sum);
};
const ExactActivation& exact_activation(std::string_view name);  // Error: the names there are

// Layers, each followed by the activation, rounded to the grid and kept within
// +-largest_activation, which a trained network does not reach and which bounds the sums of the
// next layer.
class ExactMlp {
 public:
  static constexpr double largest_activation = 4096;

  ExactMlp(std::span<const LayerWeights> layers, std::string_view activation, double bound);

  // x ↦ h. Results lie in `h`; `other` is memory.
  void operator()(const Block& x, Block& h, Block& other) const;
  double bound() const { return bound_; }
  bool empty() const { return layers_.empty(); }
  const std::vector<ExactLinear>& layers() const { return layers_; }

 private:
  std::vector<ExactLinear> layers_;
  const ExactActivation* activation_;
  double bound_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
