// The weights of a VAE of multilayer perceptrons, as they stand in Parameters, for the coder.
#pragma once
#include <vaegrad/models/coding/bits_back.hpp>
#include <vaegrad/models/vae.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

inline VaeWeights vae_weights(const GaussianMlp& encode, const BernoulliMlp& decode) {
  const auto layer = [](const Linear& l) {
    const Parameters& p = *l.weight.owner;
    LayerWeights to{
        p.list()[l.weight.number].name, l.weight.shape.rows, l.weight.shape.cols, {}, {}};
    for (Real x : p.value(l.weight)) to.weight.push_back(float(x));
    for (Real x : p.value(l.bias)) to.bias.push_back(float(x));
    return to;
  };
  const auto layers = [&](const Mlp& mlp) {
    std::vector<LayerWeights> to;
    for (const Linear& l : mlp.layers) to.push_back(layer(l));
    return to;
  };
  check(std::string_view(encode.hidden.activation.name) == decode.hidden.activation.name,
        "coding: the encoder's activation is ", encode.hidden.activation.name, ", the decoder's ",
        decode.hidden.activation.name, hint, "give both networks the same");
  return {.encoder = layers(encode.hidden),
          .mean = layer(encode.mean),
          .scale = layer(encode.log_variance),
          .decoder = layers(decode.hidden),
          .outputs = layer(decode.logits),
          .activation = encode.hidden.activation.name,
          .posterior_scale = "log-variance",
          .likelihood = {"bernoulli", decode.logits.weight.shape.cols}};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
