// The yardstick of a convolutional step: its convolutions and products, each with its operands
// ready, one after another and nothing else. No batch, no bias, activation, likelihood or
// optimiser.
#pragma once
#include <vaegrad/autodiff/arena.hpp>
#include <vaegrad/models/networks.hpp>

#include "../cases.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

class Primitives {
 public:
  explicit Primitives(const BenchCase& what);
  void operator()();

 private:
  struct Convolution {
    ConvolutionGeometry g;
    bool first;  // x is data: nobody wants its adjoint
    Real *x, *y, *w, *dw;
  };
  struct Product {  // y (B, out) = x (B, in) w, and the adjoints of both
    Index in, out;
    Real *x, *y, *w, *dw;
  };
  Real* numbers(Index n);

  Index batch_;
  Arena memory_;
  std::vector<Convolution> convolutions_;
  std::vector<Product> products_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
