#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace {

// clang-format off
constexpr Activation table[] = {
    {"relu",       [](Var x, Var b) -> Var { return relu(x + b); }},
    {"tanh",       [](Var x, Var b) -> Var { return tanh(x + b); }},
    {"sigmoid",    [](Var x, Var b) -> Var { return sigmoid(x + b); }},
    {"softplus",   [](Var x, Var b) -> Var { return softplus(x + b); }},
    {"leaky_relu", [](Var x, Var b) -> Var { return leaky_relu(x + b, 0.01); }},
    {"elu",        [](Var x, Var b) -> Var { return elu(x + b); }},
    {"silu",       [](Var x, Var b) -> Var { return silu(x + b); }},
    {"gelu",       [](Var x, Var b) -> Var { return gelu(x + b); }},
};
// clang-format on

}  // namespace

std::span<const Activation> activations() { return table; }
const Activation& activation(std::string_view name) {
  return row_named(activations(), name, "activation");
}

Var Linear::product(Var x) const { return matmul(x, x.tape()(weight)); }
Var Linear::operator()(Var x) const {
  const Var W = x.tape()(weight), b = x.tape()(bias);
  return affine(x, W, b);
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
