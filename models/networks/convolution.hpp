// A convolution as a layer, h = a(A x + b) with a bias for each channel; mirrored it is the adjoint
// of the same geometry, a(Aᵀ y + b), so that any size comes back exactly.
#pragma once
#include <vaegrad/autodiff/kernels/convolution_kernels.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Of a row that is a convolution, on images of this shape.
ConvolutionGeometry geometry(const LayerRow& row, ImageShape in);

// One convolution, or the adjoint of one, with its parameters.
struct ConvolutionLayer {
  ConvolutionGeometry geometry;
  bool transposed;
  Param weight, bias;

  ConvolutionLayer(Parameters& p, const std::string& name, const ConvolutionGeometry& geometry,
                   bool transposed, Initial initial);
  // x and the result have one image per row.
  Var operator()(Var x, const Activation& a) const;
  Var operator()(Var x) const;  // without an activation
  Var product(Var x) const;     // .. nor the bias

 private:
  Var tiled_bias(Var y) const;
};
// First values of a convolution's weights: each number of the result sums kernel² C products; each
// number it is made of reaches kernel² D / stride² of them. Transposed, the other way round.
std::function<void(Matrix)> initial_weights(const ConvolutionGeometry& g, bool transposed,
                                            Initial initial, std::size_t number);

}  // namespace vaegrad::inline VAEGRAD_ABI
