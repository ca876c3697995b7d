// Layers: parameters with a name, and what they compute. No state besides; rows are examples.
#pragma once
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/initialisers.hpp>
#include <vaegrad/autodiff/kernels/epilogue.hpp>
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How and from which seed weights get their first values.
struct Initial {
  std::uint64_t seed = 1;
  Initialiser weights = Initialiser::glorot;
};

struct Activation;

// y = x W + b;  x (B, in), W (in, out), b (1, out), y (B, out)
struct Linear {
  Param weight, bias;

  Linear(Parameters& p, const std::string& name, Index in, Index out, Initial initial)
      : weight(p.add(name + ".weight", {in, out},
                     vaegrad::initial(initial.weights, initial.seed, p.list().size()))),
        bias(p.add(name + ".bias", {1, out})) {}

  Var product(Var x) const;                          // x W alone, for a tangent
  Var operator()(Var x) const;                       // x W + b, one entry
  Var operator()(Var x, const Activation& a) const;  // a(x W + b)
};

// a(x + b), one entry: a layer's product x, its bias b (1, out), and what follows.
struct Activation {
  const char* name;
  Var (*apply)(Var x, Var b);
  Var (*along)(Var u, Var t);          // a'(u) t, the derivative of a along t
  const Epilogue* epilogue = nullptr;  // a as the end of a product's op, where it may be one
};
std::span<const Activation> activations();
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
