#include <algorithm>
#include <cmath>
#include <cstring>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/coding/exact_math.hpp>
#include <vaegrad/models/coding/exact_network.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index panel = 8;  // outputs computed together

// By memcpy: through a reference, Clang 14 forgets that an Eight may lie anywhere. None is returned:
// GCC warns where a register has no room for eight.
void load(const double* p, Eight& v) { std::memcpy(&v, p, sizeof v); }
void store(const Eight& v, double* p) { std::memcpy(p, &v, sizeof v); }

double rounded(float w, const std::string& name) {
  check(std::isfinite(w) && std::abs(w) < largest_sum, name, ": a weight is ", double(w), hint,
        "a model that diverged cannot be used; train it again, with its gradient clipped");
  return to_grid(double(w), weight_bits);
}

}  // namespace

ExactLinear::ExactLinear(const LayerWeights& from, double bound) : in_(from.in), out_(from.out) {
  check(from.weight.size() == std::size_t(in_ * out_) && from.bias.size() == std::size_t(out_),
        from.name, ": ", from.weight.size(), " weights and ", from.bias.size(),
        " biases, expected ", Shape{in_, out_}, " and ", out_);
  const Index panels = (out_ + panel - 1) / panel;
  weights_.assign(std::size_t(panels * in_ * panel), 0);
  biases_.assign(std::size_t(panels * panel), 0);
  bound_ = 0;
  for (Index o = 0; o < out_; ++o) {
    double most = std::abs(biases_[std::size_t(o)] = rounded(from.bias[std::size_t(o)], from.name));
    for (Index i = 0; i < in_; ++i) {
      const double w = rounded(from.weight[std::size_t(i * out_ + o)], from.name);
      weights_[std::size_t(((o / panel) * in_ + i) * panel + o % panel)] = w;
      most += std::abs(w) * bound;
    }
    bound_ = std::max(bound_, most);
  }
  check(bound_ < largest_sum, from.name, ": its sums may reach ", bound_,
        ", and are exact only below 2^27", hint,
        "train with smaller weights: by weight decay, as adamw does");
}

// A panel of 8 outputs for 8 examples at a time: 8 sums in registers, and for each input one load
// of examples and 8 weights.
void ExactLinear::operator()(const Block& x, Block& y) const {
  y.resize(out_, x.width);
  for (Index first = 0; first < out_; first += panel) {
    const double* w = weights_.data() + first * in_;
    const Index outputs = std::min(panel, out_ - first);
    for (Index lane = 0; lane < x.width; lane += abreast) {
      Eight sums[panel];
      for (Index o = 0; o < panel; ++o) sums[o] = Eight{} + biases_[std::size_t(first + o)];
      const double *from = x.values.data() + lane, *weight = w;
      for (Index i = 0; i < in_; ++i, from += x.width, weight += panel) {
        Eight v;
        load(from, v);
        for (Index o = 0; o < panel; ++o) sums[o] += v * weight[o];
      }
      for (Index o = 0; o < outputs; ++o) store(sums[o], y.row(first + o) + lane);
    }
  }
}

namespace {

// clang-format off
constexpr ExactActivation table[] = {
    {"relu",       [](double s) { return s > 0 ? s : 0.0; }},
    {"tanh",       [](double s) { return exact_tanh(s); }},
    {"sigmoid",    [](double s) { return exact_sigmoid(s); }},
    {"softplus",   [](double s) { return exact_softplus(s); }},
    {"leaky_relu", [](double s) { return s > 0 ? s : 0.01 * s; }},
    {"elu",        [](double s) { return s > 0 ? s : exact_exp(std::max(s, -700.0)) - 1; }},
    {"silu",       [](double s) { return s * exact_sigmoid(s); }},
    {"gelu",       [](double s) { return s * (double(normal_cdf()(s)) * 0x1p-32); }},
};
// clang-format on

}  // namespace

const ExactActivation& exact_activation(std::string_view name) {
  return row_named<Error>(table, name, "coding: exact activation");
}

ExactMlp::ExactMlp(std::span<const LayerWeights> layers, std::string_view activation, double bound)
    : activation_(&exact_activation(activation)), bound_(bound) {
  for (const LayerWeights& l : layers) {
    layers_.emplace_back(l, bound_);
    bound_ = largest_activation;
  }
}

void ExactMlp::operator()(const Block& x, Block& h, Block& other) const {
  const Block* from = &x;
  for (const ExactLinear& layer : layers_) {
    Block& to = from == &h ? other : h;
    layer(*from, to);
    for (double& s : to.values)
      s = to_grid(std::clamp(activation_->of(s), -largest_activation, largest_activation),
                  activation_bits);
    from = &to;
  }
  if (from == &other) std::swap(h, other);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
