#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const Activation& activation(std::string_view name) {
  return row_named(activations, name, "activation");
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
