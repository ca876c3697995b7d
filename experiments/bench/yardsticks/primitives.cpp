#include "primitives.hpp"

#include <vaegrad/autodiff/kernels/products.hpp>
#include "operands.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

Real* Primitives::numbers(Index n) { return random_operand(memory_, n); }

Primitives::Primitives(const BenchCase& what) : batch_(what.batch) {
  const Index B = batch_;
  std::vector<ConvolutionGeometry> g = geometries(network(what.network), what.image);
  for (const bool decoder : {false, true})
    for (std::size_t k = 0; k < g.size(); ++k)
      convolutions_.push_back({g[k], !decoder && k == 0, numbers(B * g[k].in.size()),
                               numbers(B * g[k].out().size()), numbers(g[k].weights().size()),
                               numbers(g[k].weights().size())});
  const Index features = g.back().out().size(), z = what.latent;
  for (const auto& [in, out] : {std::pair(features, z), {features, z}, {z, features}})
    products_.push_back(
        {in, out, numbers(B * in), numbers(B * out), numbers(in * out), numbers(in * out)});
}

void Primitives::operator()() {
  for (const auto& [g, first, x, y, w, dw] : convolutions_) {
    convolve_images(g, batch_, x, w, y, false);
    if (!first) convolve_images_transposed(g, batch_, y, w, x, false);
    convolution_weights(g, batch_, x, y, dw, false);
  }
  for (const auto& [in, out, x, y, w, dw] : products_) {
    const Factor fx{x, batch_, in}, fy{y, batch_, out}, fw{w, in, out};
    multiply(fx, fw, y, false);
    multiply(fy, transposed(fw), x, false);
    multiply(transposed(fx), fy, dw, false);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
