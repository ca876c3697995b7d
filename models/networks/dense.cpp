// A dense layer, h = a(x W + b); mirrored, with a matrix of its own from h's numbers to x's.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class Dense : public Layer {
 public:
  Dense(const Placing& p, Index in, Index out)
      : linear_(p.blocks.learnt, p.name, in, out, p.initial),
        activation_(p.activation),
        activated_(p.activated) {}
  Var operator()(Var x, Pass) const override {
    return activated_ ? linear_(x, activation_) : linear_(x);
  }
  Tangent operator()(Tangent x, Pass pass) const override {
    const Var along = linear_.product(x.along);
    return {(*this)(x.at, pass), activated_ ? activation_.along(linear_(x.at), along) : along};
  }

 private:
  Linear linear_;
  Activation activation_;
  bool activated_;
};

Index width(const LayerRow& row, ImageShape in) { return row.width ? row.width : in.size(); }

}  // namespace

extern constinit const LayerKind dense_kind = {
    .name = "",
    .out = [](const LayerRow& row, ImageShape in,
              const Standing&) { return flat_shape(width(row, in)); },
    .build = [](const LayerRow& row, const Placing& p) -> BuiltLayer {
      const Index outer = p.in.size(), inner = width(row, p.in);
      return std::make_shared<Dense>(p, p.mirrored ? inner : outer, p.mirrored ? outer : inner);
    },
    .products = [](const LayerRow& row,
                   ImageShape in) { return double(in.size()) * double(width(row, in)); },
    .flattens = true};

LayerRow dense(Index width) { return {.kind = &dense_kind, .width = width}; }

}  // namespace vaegrad::inline VAEGRAD_ABI
