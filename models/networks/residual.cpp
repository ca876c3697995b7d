// Layers that add to what they are given: h = a(x + f(x)), the last of f without an activation.
// He et al., arXiv 1512.03385. Mirrored, f is.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class Residual : public Layer {
 public:
  Residual(std::vector<BuiltLayer> inside, const Placing& p)
      : inside_(std::move(inside)), activation_(p.activation), activated_(p.activated) {}
  Var operator()(Var x, Pass pass) const override {
    Var f = x;
    for (const BuiltLayer& layer : inside_) f = (*layer)(f, pass);
    return activated_ ? activation_.apply(x, f) : Var(x + f);
  }
  Tangent operator()(Tangent x, Pass pass) const override {
    Tangent f = x;
    for (const BuiltLayer& layer : inside_) f = (*layer)(f, pass);
    const Var u = x.at + f.at, along = x.along + f.along;
    if (!activated_) return {u, along};
    return {activation_.apply(x.at, f.at), activation_.along(u, along)};
  }

 private:
  std::vector<BuiltLayer> inside_;
  Activation activation_;
  bool activated_;
};

// The shapes between the layers inside
std::vector<ImageShape> within(const LayerRow& row, ImageShape in, const Standing& at) {
  std::vector<ImageShape> all{in};
  for (const LayerRow& each : row.inside) all.push_back(each.kind->out(each, all.back(), at));
  return all;
}

}  // namespace

extern constinit const LayerKind residual_kind = {
    .name = "residual",
    .out =
        [](const LayerRow& row, ImageShape in, const Standing& at) {
          const ImageShape out = within(row, in, at).back();
          check(out == in, "network ", at.network, ": layer ", at.number,
                " adds its result to what it is given, but makes ", out, " of ", in, hint,
                "widths of 0, strides of 1 and paddings that keep the size");
          return out;
        },
    .build = [](const LayerRow& row, const Placing& p) -> BuiltLayer {
      LayerNames names(p.name);
      const auto shapes = within(row, p.in, {"residual", p.in});
      return std::make_shared<Residual>(
          build_layers(row.inside, shapes, 0, row.inside.size(), false, p, names), p);
    },
    .products =
        [](const LayerRow& row, ImageShape in) {
          double sum = 0;
          for (const LayerRow& each : row.inside) {
            sum += each.kind->products(each, in);
            in = each.kind->out(each, in, {"residual", in});
          }
          return sum;
        }};

LayerRow residual(std::vector<LayerRow> inside) {
  return {.kind = &residual_kind, .inside = std::move(inside)};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
