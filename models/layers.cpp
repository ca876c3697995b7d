#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const Activation& activation(std::string_view name) {
  std::string known;
  for (const Activation& a : activations) {
    if (a.name == name) return a;
    known += concat(known.empty() ? "" : ", ", a.name);
  }
  fail<UsageError>("activation: there is none called '", name, "'", hint, "one of ", known);
}

Mlp::Mlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
         Activation a, Initial initial)
    : activation(a) {
  for (Index out : hidden) {
    layers.emplace_back(p, concat(name, '.', layers.size()), in, out, initial);
    in = out;
  }
}

Var Mlp::operator()(Var x) const {
  for (const Linear& layer : layers) {
    const Var xw = layer.product(x);
    x = activation.apply(xw, x.tape()(layer.bias));
  }
  return x;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
