// A VAE with random weights, images drawn from it, and its bound on them computed with libm.
#pragma once
#include <cmath>
#include <random>

#include <vaegrad/models/coding/bits_back.hpp>
#include <vaegrad/models/likelihoods.hpp>

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

  // `count` images drawn from p(z) p(x|z), and Σ −ELBO over them in nats with `samples` z each.
  // Only for relu and log-variance.
  std::vector<std::uint8_t> images_and_bound(const vaegrad::VaeWeights& w, vaegrad::Index count,
                                             int samples, double& nats) const {
    using namespace vaegrad;
    const auto apply = [](const std::vector<LayerWeights>& layers, std::vector<double> v,
                          const LayerWeights* last) {
      const auto linear = [&](const LayerWeights& l) {
        std::vector<double> y(l.bias.begin(), l.bias.end());
        for (Index i = 0; i < l.in; ++i)
          for (Index o = 0; o < l.out; ++o)
            y[std::size_t(o)] += v[std::size_t(i)] * double(l.weight[std::size_t(i * l.out + o)]);
        v = y;
      };
      for (const LayerWeights& l : layers) {
        linear(l);
        for (double& h : v) h = std::max(h, 0.0);
      }
      linear(*last);
      return v;
    };
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    const Index D = likelihood.dimensions;
    const Likelihood& row = vaegrad::likelihood(likelihood.name);
    Tape tape;
    Stream noise(1, Purpose::latent);
    std::vector<std::uint8_t> images;
    nats = 0;
    const auto as_output = [&](const std::vector<double>& y) {
      const Var v = tape.constant(Shape{1, Index(y.size())});
      std::copy(y.begin(), y.end(), v.val().begin());
      return Outputs{v, D, {}};
    };
    for (Index n = 0; n < count; ++n) {
      tape.reset();
      std::vector<double> z;
      for (Index j = 0; j < latent; ++j) z.push_back(normal(random));
      const Var x = row.sample(as_output(apply(w.decoder, z, &w.outputs)), noise);
      std::vector<double> in;
      for (Index p = 0; p < D; ++p) {
        const double v = double(x.val()(0, p));
        images.push_back(std::uint8_t(v));
        in.push_back(row.values == Values::grey ? v / 255 : v);
      }
      const auto mean = apply(w.encoder, in, &w.mean),
                 log_variance = apply(w.encoder, in, &w.scale);
      for (std::size_t j = 0; j < mean.size(); ++j)
        nats += 0.5 * (mean[j] * mean[j] + std::exp(log_variance[j]) - 1 - log_variance[j]);
      for (int s = 0; s < samples; ++s) {
        for (std::size_t j = 0; j < mean.size(); ++j)
          z[j] = mean[j] + std::exp(0.5 * log_variance[j]) * normal(random);
        nats -= double(row.log_prob(as_output(apply(w.decoder, z, &w.outputs)), x).val()(0, 0)) /
                samples;
      }
    }
    return images;
  }
};
