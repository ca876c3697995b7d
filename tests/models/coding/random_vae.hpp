// A VAE with random weights.
#pragma once
#include <random>
#include <utility>

#include <vaegrad/models/coding/bits_back.hpp>

struct RandomVae {
  vaegrad::PixelLikelihood likelihood;
  vaegrad::Index latent = 3;
  std::string posterior_scale = "log-variance", activation = "relu";
  std::vector<vaegrad::Index> hidden{9};
  float spread = 0.3f;

  template <class Random>
  vaegrad::VaeWeights weights(Random& random) const {
    std::normal_distribution<float> normal(0, spread);
    const auto layer = [&](vaegrad::Index in, vaegrad::Index out, float bias = 0) {
      vaegrad::LayerWeights l{"layer", in, out, {}, {}};
      for (vaegrad::Index i = 0; i < in * out; ++i) l.weight.push_back(normal(random));
      for (vaegrad::Index i = 0; i < out; ++i) l.bias.push_back(bias + normal(random));
      return l;
    };
    vaegrad::VaeWeights w{.encoder = {},
                          .mean = {},
                          .scale = {},
                          .decoder = {},
                          .outputs = {},
                          .activation = activation,
                          .posterior_scale = posterior_scale,
                          .likelihood = likelihood};
    vaegrad::Index in = likelihood.dimensions;
    for (const auto h : hidden) w.encoder.push_back(layer(std::exchange(in, h), h));
    w.mean = layer(in, latent);
    w.scale = layer(in, latent, -1.5f);
    in = latent;
    for (const auto h : hidden) w.decoder.push_back(layer(std::exchange(in, h), h));
    w.outputs = layer(in, vaegrad::pixel_coder(likelihood)->outputs());
    return w;
  }
};
