#include <numbers>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/layers.hpp>
#include <vaegrad/models/networks/where_positive.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace {

constexpr double inv_sqrt_2pi = 0.3989422804014327;

// clang-format off
constexpr Activation activation_table[] = {
    {"relu",       [](Var x, Var b) -> Var { return relu(x + b); },
                   [](Var u, Var t) -> Var { return where_positive(u, t); },
                   &epilogue_of<relu_row>},
    {"tanh",       [](Var x, Var b) -> Var { return tanh(x + b); },
                   [](Var u, Var t) -> Var { return (1 - square(tanh(u))) * t; },
                   &epilogue_of<tanh_row>},
    {"sigmoid",    [](Var x, Var b) -> Var { return sigmoid(x + b); },
                   [](Var u, Var t) -> Var { return sigmoid(u) * sigmoid(-u) * t; },
                   &epilogue_of<sigmoid_row>},
    {"softplus",   [](Var x, Var b) -> Var { return softplus(x + b); },
                   [](Var u, Var t) -> Var { return sigmoid(u) * t; }},
    {"leaky_relu", [](Var x, Var b) -> Var { return leaky_relu(x + b, 0.01); },
                   [](Var u, Var t) -> Var { return 0.01 * t + 0.99 * where_positive(u, t); }},
    {"elu",        [](Var x, Var b) -> Var { return elu(x + b); },
                   [](Var u, Var t) -> Var { return exp(min(u, 0)) * t; },
                   &epilogue_of<elu_row>},
    {"silu",       [](Var x, Var b) -> Var { return silu(x + b); },
                   [](Var u, Var t) -> Var { return sigmoid(u) * (1 + u * sigmoid(-u)) * t; }},
    {"gelu",       [](Var x, Var b) -> Var { return gelu(x + b); },
                   [](Var u, Var t) -> Var { return (0.5 + 0.5 * erf(std::numbers::sqrt2 / 2 * u) + inv_sqrt_2pi * u * exp(-0.5 * square(u))) * t; }},
};
// clang-format on

}  // namespace

std::span<const Activation> activations() { return activation_table; }
const Activation& activation(std::string_view name) {
  return row_named(activations(), name, "activation");
}

Var Linear::product(Var x) const { return matmul(x, x.tape()(weight)); }
Var Linear::operator()(Var x) const {
  const Var W = x.tape()(weight), b = x.tape()(bias);
  return affine(x, W, b);
}
Var Linear::operator()(Var x, const Activation& a) const {
  const Var W = x.tape()(weight), b = x.tape()(bias);
  return a.epilogue ? affine(x, W, b, *a.epilogue) : a.apply(matmul(x, W), b);
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
  for (const Linear& layer : layers) x = layer(x, activation);
  return x;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
