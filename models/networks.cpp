#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/networks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::span<const Network> networks() {
  // clang-format off
  static const std::vector<Network> table = {
      //name       channels, kernel, stride, padding                                        dense
      {"mlp",     {},                                                                      {400}},
      {"conv",    {{32, 4, 2, 1}, {64, 4, 2, 1}},                                          {}},
      // Higgins et al., beta-VAE, ICLR 2017, appendix; Locatello et al., arXiv 1811.12359, table 1
      {"conv-64", {{32, 4, 2, 1}, {32, 4, 2, 1}, {64, 4, 2, 1}, {64, 4, 2, 1}},            {256}},
  };
  // clang-format on
  return table;
}

const Network& network(std::string_view name) { return row_named(networks(), name, "network"); }

std::vector<ConvolutionGeometry> geometries(const Network& network, ImageShape image) {
  check<UsageError>(network.convolutions.empty() || (image.height > 1 && image.width > 1),
                    "--network ", network.name, ": ", image.height, " x ", image.width,
                    " numbers are a table, and have no neighbours to look at", hint,
                    "--network mlp");
  std::vector<ConvolutionGeometry> all;
  ImageShape at = image;
  for (const auto& [channels, kernel, stride, padding] : network.convolutions) {
    const bool fits = at.height + 2 * padding >= kernel && at.width + 2 * padding >= kernel;
    check<UsageError>(fits, "--network ", network.name, ": images of ", image.height, " x ",
                      image.width, " are too small: its layer ", all.size() + 1, " meets ",
                      at.height, " x ", at.width, " pixels, padded with ", padding,
                      ", with a window of ", kernel, " x ", kernel, hint,
                      "--network mlp, or larger images");
    all.push_back({at, channels, kernel, stride, padding});
    at = all.back().out();
  }
  return all;
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

Var ConvolutionLayer::operator()(Var x, const Activation& a) const {
  Tape& tape = x.tape();
  const Var w = tape(weight);
  const Var y = transposed ? convolve_transposed(x, w, geometry) : convolve(x, w, geometry);
  return a.apply(y, tile(tape(bias), y.shape().cols / bias.shape.cols));
}

namespace {

Index flat(const std::vector<ConvolutionLayer>& layers, ImageShape image) {
  return layers.empty() ? image.size() : layers.back().geometry.out().size();
}

}  // namespace

EncoderBody::EncoderBody(Parameters& p, const std::string& name, const Network& network,
                         ImageShape image, Index conditions, const std::vector<Index>& widths,
                         Activation activation, Initial initial)
    : convolutions([&] {
        std::vector<ConvolutionLayer> layers;
        for (const ConvolutionGeometry& g : geometries(network, image))
          layers.emplace_back(p, concat(name, ".convolution.", layers.size()), g, false, initial);
        return layers;
      }()),
      dense(p, name, flat(convolutions, image) + conditions, widths, activation, initial),
      conditions(conditions),
      outputs(dense.outputs(flat(convolutions, image) + conditions)) {}

Var EncoderBody::operator()(Var x, Var condition) const {
  for (const ConvolutionLayer& layer : convolutions) x = layer(x, dense.activation);
  return dense(conditions ? concatenate_columns(x, condition) : x);
}

LikelihoodNetwork::LikelihoodNetwork(Parameters& p, const std::string& name, Index in,
                                     const Network& network, ImageShape image,
                                     const std::vector<Index>& widths, const Likelihood& row,
                                     Index dimensions, std::optional<LikelihoodScale> scale,
                                     Activation activation, Initial initial)
    : dense(p, name, in, {widths.rbegin(), widths.rend()}, activation, initial),
      head(p, name, row, dimensions, scale) {
  const Index h = dense.outputs(in);
  std::vector<ConvolutionGeometry> g = geometries(network, image);
  if (g.empty()) {
    const Linear outputs(p, name + ".outputs", h, head.outputs(), initial);
    weights = {outputs.weight}, bias = outputs.bias;
    return;
  }
  check(dimensions == image.size(), "networks: ", network.name, " draws whole images of ", image,
        ", not ", dimensions, " of their numbers");
  features.emplace(p, name + ".features", h, g.back().out().size(), initial);
  for (std::size_t k = g.size(); --k > 0;)
    convolutions.emplace_back(p, concat(name, ".convolution.", convolutions.size()), g[k], true,
                              initial);
  last = g.front();
  last->in.channels *= row.together ? row.outputs : 1;
  const Index blocks = head.outputs() / last->in.size();
  for (Index b = 0; b < blocks; ++b) {
    const std::string block = blocks > 1 ? concat('.', b) : "";
    weights.push_back(p.add(concat(name, ".outputs", block, ".weight"), last->weights(),
                            initial_weights(*last, true, initial, p.list().size())));
  }
  bias = p.add(name + ".outputs.bias", {1, head.outputs()});
}

ChosenLikelihood LikelihoodNetwork::operator()(Var z) const {
  Tape& tape = z.tape();
  Var h = dense(z);
  if (!last) {
    const Var W = tape(weights[0]), b = tape(bias);
    return head(affine(h, W, b));
  }
  const Var product = features->product(h);
  h = dense.activation.apply(product, tape(features->bias));
  for (const ConvolutionLayer& layer : convolutions) h = layer(h, dense.activation);
  Var y = convolve_transposed(h, tape(weights[0]), *last);
  for (std::size_t b = 1; b < weights.size(); ++b)
    y = concatenate_columns(y, convolve_transposed(h, tape(weights[b]), *last));
  return head(y + tape(bias));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
