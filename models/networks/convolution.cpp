#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/convolution.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

ConvolutionGeometry geometry(const LayerRow& row, ImageShape in) {
  return {in, row.width ? row.width : in.channels, row.kernel, row.stride, row.padding};
}

std::function<void(Matrix)> initial_weights(const ConvolutionGeometry& g, bool transposed,
                                            Initial i, std::size_t number) {
  const double window = double(g.kernel * g.kernel), moves = double(g.stride * g.stride);
  const double in = window * double(g.in.channels), out = window / moves * double(g.channels);
  return initial(i.weights, i.seed, number, transposed ? out : in, transposed ? in : out);
}

ConvolutionLayer::ConvolutionLayer(Parameters& p, const std::string& name,
                                   const ConvolutionGeometry& g, bool transposed, Initial initial)
    : geometry(g),
      transposed(transposed),
      weight(p.add(name + ".weight", g.weights(),
                   initial_weights(g, transposed, initial, p.list().size()))),
      bias(p.add(name + ".bias", {1, transposed ? g.in.channels : g.channels})) {}

Var ConvolutionLayer::product(Var x) const {
  const Var w = x.tape()(weight);
  return transposed ? convolve_transposed(x, w, geometry) : convolve(x, w, geometry);
}
Var ConvolutionLayer::tiled_bias(Var y) const {
  return tile(y.tape()(bias), y.shape().cols / bias.shape.cols);
}
Var ConvolutionLayer::operator()(Var x, const Activation& a) const {
  if (a.epilogue)
    return convolve(x, x.tape()(weight), x.tape()(bias), {geometry, transposed, a.epilogue});
  const Var y = product(x);
  return a.apply(y, tiled_bias(y));
}
Var ConvolutionLayer::operator()(Var x) const {
  const Var y = product(x);
  return y + tiled_bias(y);
}

namespace {

class Convolution : public Layer {
 public:
  Convolution(const LayerRow& row, const Placing& p)
      : layer_(p.blocks.learnt, p.name, geometry(row, p.in), p.mirrored, p.initial),
        activation_(p.activation),
        activated_(p.activated) {}
  Var operator()(Var x, Pass) const override {
    return activated_ ? layer_(x, activation_) : layer_(x);
  }
  Tangent operator()(Tangent x, Pass pass) const override {
    const Var along = layer_.product(x.along);
    return {(*this)(x.at, pass), activated_ ? activation_.along(layer_(x.at), along) : along};
  }

 private:
  ConvolutionLayer layer_;
  Activation activation_;
  bool activated_;
};

ImageShape out(const LayerRow& row, ImageShape in, const Standing& at) {
  const ImageShape image = at.image;
  check<UsageError>(image.height > 1 && image.width > 1, "network ", at.network, ": ", image.height,
                    " x ", image.width, " numbers are a table, and have no neighbours to look at",
                    hint, "a network of dense layers, such as mlp");
  const bool fits =
      in.height + 2 * row.padding >= row.kernel && in.width + 2 * row.padding >= row.kernel;
  check<UsageError>(fits, "network ", at.network, ": images of ", image.height, " x ", image.width,
                    " are too small: its layer ", at.number, " meets ", in.height, " x ", in.width,
                    " pixels, padded with ", row.padding, ", with a window of ", row.kernel, " x ",
                    row.kernel, hint, "a network of dense layers, such as mlp, or larger images");
  return geometry(row, in).out();
}

}  // namespace

extern constinit const LayerKind convolution_kind = {
    .name = "convolution",
    .out = out,
    .build = [](const LayerRow& row, const Placing& p) -> BuiltLayer {
      return std::make_shared<Convolution>(row, p);
    },
    .products =
        [](const LayerRow& row, ImageShape in) {
          const ConvolutionGeometry g = geometry(row, in);
          return double(g.out().size()) * double(g.weights().rows);
        }};

LayerRow convolution(Index channels, Index kernel, Index stride, Index padding) {
  return {.kind = &convolution_kind,
          .width = channels,
          .kernel = kernel,
          .stride = stride,
          .padding = padding};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
