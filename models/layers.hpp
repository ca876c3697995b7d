// Layers: parameters with a name, and what they compute. No state besides; rows are examples.
#pragma once
#include <string>
#include <vector>

#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How and from which seed weights get their first values.
struct Initial {
  std::uint64_t seed = 1;
  Initialiser weights = Initialiser::glorot;
};

// y = x W + b;  x (B, in), W (in, out), b (1, out), y (B, out)
struct Linear {
  Param weight, bias;

  Linear(Parameters& p, const std::string& name, Index in, Index out, Initial initial)
      : weight(p.add(name + ".weight", {in, out},
                     vaegrad::initial(initial.weights, initial.seed, p.list().size()))),
        bias(p.add(name + ".bias", {1, out})) {}

  auto operator()(Var x) const { return matmul(x, x.tape()(weight)) + x.tape()(bias); }
};

struct Activation {
  const char* name;
  Var (*apply)(Var);
};
// clang-format off
inline constexpr Activation activations[] = {
    {"relu",       [](Var x) -> Var { return relu(x); }},
    {"tanh",       [](Var x) -> Var { return tanh(x); }},
    {"sigmoid",    [](Var x) -> Var { return sigmoid(x); }},
    {"softplus",   [](Var x) -> Var { return softplus(x); }},
    {"leaky_relu", [](Var x) -> Var { return leaky_relu(x, 0.01); }},
};
// clang-format on
const Activation& activation(std::string_view name);

// Hidden layers, each followed by the activation:  h = a(.. a(x W₀ + b₀) ..)
struct Mlp {
  std::vector<Linear> layers;
  Activation activation;

  Mlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
      Activation activation, Initial initial);
  Var operator()(Var x) const;
  Index outputs(Index in) const { return layers.empty() ? in : layers.back().bias.shape.cols; }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
