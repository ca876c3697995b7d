// Group normalisation: h = a(γ x̂ + β) with x̂ = (x − μ) / √(σ² + ε), where μ and σ² are those of an
// example's group of channels (Wu and He, arXiv 1803.08494); with one group, layer normalisation
// (Ba et al., arXiv 1607.06450). γ and β are for each channel. Nothing depends on the batch.
// Mirrored it is another of the same shape.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/normalise.hpp>
#include <vaegrad/models/networks/layer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr double group_epsilon = 1e-5;

class GroupNormalisation : public Layer {
 public:
  GroupNormalisation(const Placing& p, Index groups)
      : channels_(p.in.channels),
        groups_(groups),
        activation_(p.activation),
        activated_(p.activated),
        scale_(p.blocks.learnt.add(p.name + ".scale", {1, channels_}, constant_fill(1))),
        shift_(p.blocks.learnt.add(p.name + ".shift", {1, channels_})) {}

  Var operator()(Var x, Pass) const override {
    Tape& tape = x.tape();
    const Index pixels = x.shape().cols / channels_;
    const Var normal = normalise_groups(x, channels_, groups_, group_epsilon);
    const Var scale = tile(tape(scale_), pixels), shift = tile(tape(shift_), pixels);
    const Var scaled = normal * scale;
    return activated_ ? activation_.apply(scaled, shift) : Var(scaled + shift);
  }

 private:
  Index channels_, groups_;
  Activation activation_;
  bool activated_;
  Param scale_, shift_;
};

// Where none is given, 8, or the most below that divide the channels and have two numbers each.
Index groups(const LayerRow& row, ImageShape in) {
  Index groups = row.groups ? row.groups : 8;
  while (!row.groups && groups > 1 && (in.channels % groups || in.size() < 2 * groups)) --groups;
  return groups;
}
ImageShape unchanged(const LayerRow& row, ImageShape in, const Standing& at) {
  check(in.channels % groups(row, in) == 0, "network ", at.network, ": layer ", at.number, " has ",
        row.groups, " groups of channels, but meets ", in.channels, " channels", hint,
        "a number of groups that divides them");
  check(in.size() > groups(row, in), "network ", at.network, ": layer ", at.number,
        " normalises each of ", in.size(), " numbers by itself, which leaves nothing of them", hint,
        "fewer groups, or a wider layer before it");
  return in;
}
BuiltLayer build(const LayerRow& row, const Placing& p) {
  return std::make_shared<GroupNormalisation>(p, groups(row, p.in));
}
double products(const LayerRow&, ImageShape) { return 0; }

}  // namespace

extern constinit const LayerKind group_normalisation_kind = {
    .name = "group", .out = unchanged, .build = build, .products = products, .normalises = true};
extern constinit const LayerKind layer_normalisation_kind = {
    .name = "layer", .out = unchanged, .build = build, .products = products, .normalises = true};

LayerRow group_normalisation(Index groups) {
  return {.kind = &group_normalisation_kind, .groups = groups};
}
LayerRow layer_normalisation() { return {.kind = &layer_normalisation_kind}; }

}  // namespace vaegrad::inline VAEGRAD_ABI
