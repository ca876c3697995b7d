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

  // x W alone, for an Activation that adds the bias
  Var product(Var x) const { return matmul(x, x.tape()(weight)); }
  // x W + b, one entry
  Var operator()(Var x) const {
    const Var W = x.tape()(weight), b = x.tape()(bias);
    return affine(x, W, b);
  }
};

// a(x + b), one entry: a layer's product x, its bias b (1, out), and what follows.
struct Activation {
  const char* name;
  Var (*apply)(Var x, Var b);
};
// clang-format off
inline constexpr Activation activations[] = {
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

const Activation& activation(std::string_view name);  // UsageError: the names there are

// Hidden layers, each followed by the activation:  h = a(.. a(x W₀ + b₀) ..)
struct Mlp {
  std::vector<Linear> layers;
  Activation activation;

  Mlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
      Activation activation, Initial initial);

  // x (B, in) -> h (B, outputs(in))
  Var operator()(Var x) const;
  // Columns of h; of x itself without layers
  Index outputs(Index in) const { return layers.empty() ? in : layers.back().bias.shape.cols; }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
