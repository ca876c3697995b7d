// A gate on a dense layer or a convolution: h = f(x) sigmoid(g(x)), f and g alike and without an
// activation. Dauphin et al., arXiv 1612.08083; in VAEs Tomczak and Welling, arXiv 1705.07120.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class Gated : public Layer {
 public:
  Gated(BuiltLayer value, BuiltLayer gate) : value_(std::move(value)), gate_(std::move(gate)) {}
  Var operator()(Var x, Pass pass) const override {
    const Var f = (*value_)(x, pass), g = (*gate_)(x, pass);
    return f * sigmoid(g);
  }
  Tangent operator()(Tangent x, Pass pass) const override {
    const Tangent f = (*value_)(x, pass), g = (*gate_)(x, pass);
    const Var open = sigmoid(g.at), h = f.at * open;
    return {h, open * f.along + h * (1 - open) * g.along};
  }

 private:
  BuiltLayer value_, gate_;
};

const LayerRow& half(const LayerRow& row) { return row.inside.front(); }

}  // namespace

extern constinit const LayerKind gated_kind = {
    .name = "gated",
    .out = [](const LayerRow& row, ImageShape in,
              const Standing& at) { return half(row).kind->out(half(row), in, at); },
    .build = [](const LayerRow& row, const Placing& placing) -> BuiltLayer {
      Placing p = placing;
      p.activated = false;
      p.name = placing.name + ".value";
      BuiltLayer value = half(row).kind->build(half(row), p);
      p.name = placing.name + ".gate";
      return std::make_shared<Gated>(std::move(value), half(row).kind->build(half(row), p));
    },
    .products = [](const LayerRow& row,
                   ImageShape in) { return 2 * half(row).kind->products(half(row), in); },
    .wraps = true};

LayerRow gated(LayerRow of) { return {.kind = &gated_kind, .inside = {std::move(of)}}; }

}  // namespace vaegrad::inline VAEGRAD_ABI
