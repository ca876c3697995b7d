#include <algorithm>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/networks/bodies.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

EncoderBody::EncoderBody(Blocks blocks, const std::string& name, const Network& network,
                         ImageShape shape, Index conditions, Activation activation, Initial initial)
    : conditions(conditions) {
  const std::vector<LayerRow>& rows = network.layers;
  std::vector<ImageShape> at = layer_shapes(rows, shape, network.name.c_str());
  const std::size_t split = first_flat(rows);
  const Placing as{blocks, name, initial, activation, true, shape};
  LayerNames names(name);
  image = build_layers(rows, at, 0, split, true, as, names);
  at[split] = conditions ? flat_shape(at[split].size() + conditions) : at[split];
  flat = build_layers(rows, at, split, rows.size(), true, as, names);
  outputs = at.back().size();
}

Var EncoderBody::operator()(Var x, Var condition, Pass pass) const {
  for (const BuiltLayer& layer : image) x = (*layer)(x, pass);
  if (conditions) x = concatenate_columns(x, condition);
  for (const BuiltLayer& layer : flat) x = (*layer)(x, pass);
  return x;
}

struct LikelihoodNetwork::Mirror {
  const Network& network;
  std::vector<LayerRow> rows;  // the last is the code
  std::vector<ImageShape> at;
  std::size_t split;  // mirrored, what comes before it makes an image
  Placing as;
  LayerNames names;

  Mirror(Blocks blocks, const std::string& name, Index in, const Network& network, ImageShape image,
         Activation activation, Initial initial)
      : network(network),
        rows(with_code(network, in).layers),
        as{blocks, name, initial, activation, true, image, true},
        names(name) {
    at = layer_shapes(rows, image, network.name.c_str());
    split = first_flat(rows) + 1;
  }
  std::vector<BuiltLayer> build(std::size_t first, std::size_t last) {
    return build_layers(rows, at, first, last, false, as, names);
  }
};

LikelihoodNetwork::LikelihoodNetwork(Blocks blocks, const std::string& name, Index in,
                                     const Network& network, ImageShape image,
                                     const Likelihood& row, Index dimensions,
                                     std::optional<LikelihoodScale> scale, Activation activation,
                                     Initial initial)
    : LikelihoodNetwork(Mirror(blocks, name, in, network, image, activation, initial), row,
                        dimensions, scale) {}

LikelihoodNetwork::LikelihoodNetwork(Mirror m, const Likelihood& row, Index dimensions,
                                     std::optional<LikelihoodScale> scale)
    : flat(m.build(m.split, m.rows.size())),
      head(m.as.blocks.learnt, m.as.name, row, dimensions, scale),
      image(m.build(1, m.split)) {
  Parameters& p = m.as.blocks.learnt;
  const std::string name = m.as.name + ".outputs";
  const LayerRow& first = unwrapped(m.rows.front());
  const ImageShape shape = m.at.front();
  if (first.kind->flattens) {
    const Linear outputs(p, name, m.at[1].size(), head.outputs(), m.as.initial);
    weights = {outputs.weight}, bias = outputs.bias;
    return;
  }
  check(first.kernel > 0, "networks: ", m.network.name, " begins with a layer (", first.kind->name,
        ") that no likelihood can end in", hint, "begin with a dense layer or a convolution");
  check(dimensions == shape.size(), "networks: ", m.network.name, " draws whole images of ", shape,
        ", not ", dimensions, " of their numbers");
  last = geometry(first, shape);
  last->in.channels *= row.together ? row.outputs : 1;
  const Index blocks = head.outputs() / last->in.size();
  for (Index b = 0; b < blocks; ++b) {
    const std::string block = blocks > 1 ? concat('.', b) : "";
    weights.push_back(p.add(concat(name, block, ".weight"), last->weights(),
                            initial_weights(*last, true, m.as.initial, p.list().size())));
  }
  bias = p.add(name + ".bias", {1, head.outputs()});
}

ChosenLikelihood LikelihoodNetwork::operator()(Var z, Pass pass) const {
  Tape& tape = z.tape();
  Var h = z;
  for (const BuiltLayer& layer : flat) h = (*layer)(h, pass);
  for (const BuiltLayer& layer : image) h = (*layer)(h, pass);
  if (!last) {
    const Var W = tape(weights[0]), b = tape(bias);
    return head(affine(h, W, b));
  }
  return head(last_product(h) + tape(bias));
}

Var LikelihoodNetwork::last_product(Var h) const {
  Tape& tape = h.tape();
  Var y = convolve_transposed(h, tape(weights[0]), *last);
  for (std::size_t b = 1; b < weights.size(); ++b)
    y = concatenate_columns(y, convolve_transposed(h, tape(weights[b]), *last));
  return y;
}

Var LikelihoodNetwork::slope(Var z, Var v, Pass pass) const {
  Tangent h{z, v};
  for (const BuiltLayer& layer : flat) h = (*layer)(h, pass);
  for (const BuiltLayer& layer : image) h = (*layer)(h, pass);
  return last ? last_product(h.along) : matmul(h.along, z.tape()(weights[0]));
}

DiagonalGaussian GaussianNetwork::operator()(Var x, Pass pass) const {
  const Var h = body(x, {}, pass);
  return {mean(h), log_variance(h)};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
