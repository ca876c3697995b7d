// Whole models: images come back, borrowed bits too, and the length is minus the ELBO.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <vaegrad/models/coding/bits_back.hpp>
#include <vaegrad/models/likelihoods.hpp>

#include "random_vae.hpp"

using namespace vaegrad;

namespace {

using Scale = PixelLikelihood::Scale;

std::vector<std::uint8_t> noise(std::mt19937_64& random, std::size_t bytes, int values) {
  std::vector<std::uint8_t> x(bytes);
  for (auto& b : x) b = std::uint8_t(random() % std::size_t(values));
  return x;
}

// `count` images drawn from p(z) p(x|z), and Σ −ELBO over them in nats with `samples` z each.
// Only for relu and log-variance.
std::vector<std::uint8_t> images_and_bound(const VaeWeights& w, Index count, int samples,
                                           double& nats) {
  const PixelLikelihood& likelihood = w.likelihood;
  const Index latent = w.mean.out;
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
    const auto mean = apply(w.encoder, in, &w.mean), log_variance = apply(w.encoder, in, &w.scale);
    for (std::size_t j = 0; j < mean.size(); ++j)
      nats += 0.5 * (mean[j] * mean[j] + std::exp(log_variance[j]) - 1 - log_variance[j]);
    for (int s = 0; s < samples; ++s) {
      for (std::size_t j = 0; j < mean.size(); ++j)
        z[j] = mean[j] + std::exp(0.5 * log_variance[j]) * normal(random);
      nats -=
          double(row.log_prob(as_output(apply(w.decoder, z, &w.outputs)), x).val()(0, 0)) / samples;
    }
  }
  return images;
}

void comes_back(const BitsBack& coder, const std::vector<std::uint8_t>& images) {
  const Rans stack = coder.compress(images);
  std::vector<std::uint8_t> back(images.size());
  coder.decompress(Rans(stack.state(), stack.words()), back);  // checks that the bottom is reached
  CHECK(back == images);
}

}  // namespace

TEST_CASE("images of any kind come back, for every likelihood, scale and activation") {
  std::mt19937_64 random(1);
  const char *scales[] = {"log-variance", "log-std", "softplus", "tanh"},
             *activations[] = {"relu", "tanh", "sigmoid", "softplus", "leaky_relu"};
  int k = 0;
  for (const PixelLikelihood& l : {PixelLikelihood{"bernoulli", 20},
                                   {"beta-binomial", 20},
                                   {"categorical", 20},
                                   {"discretised-logistic", 20, Scale::learned, -2},
                                   {"discretised-logistic", 20, Scale::fixed, 0.1},
                                   {"discretised-logistic", 20, Scale::per_pixel}}) {
    RandomVae shape{.likelihood = l,
                    .posterior_scale = scales[k % 4],
                    .activation = activations[k % 5],
                    .hidden = k % 3 ? std::vector<Index>{9} : std::vector<Index>{}};
    const BitsBack coder(shape.weights(random));
    for (const std::size_t images : {0u, 1u, 2u, 9u, 150u}) {
      comes_back(coder, noise(random, 20 * images, 256));
      comes_back(coder, noise(random, 20 * images, 2));
      comes_back(coder, std::vector<std::uint8_t>(20 * images));
    }
    ++k;
  }
}

// Images drawn from the model itself, and its own ELBO by many samples of z.
TEST_CASE("the length is minus the ELBO in bits, and what was borrowed") {
  std::mt19937_64 random(2);
  for (const PixelLikelihood& l :
       {PixelLikelihood{"bernoulli", 60}, PixelLikelihood{"beta-binomial", 60}}) {
    const RandomVae shape{.likelihood = l, .latent = 4, .hidden = {12}, .spread = 0.2f};
    const VaeWeights w = shape.weights(random);
    const BitsBack coder(w);
    constexpr Index count = 2000;
    double nats = 0;
    const std::vector<std::uint8_t> images = images_and_bound(w, count, 10, nats);
    const Rans stack = coder.compress(images);
    const double length = 32 * double(stack.words().size()) + std::log2(double(stack.state()));
    const double expected = nats / std::log(2.0) + double(stack.start_up_bits());
    INFO(l.name, ": ", length, " bits, minus the ELBO ", nats / std::log(2.0), ", borrowed ",
         stack.start_up_bits());
    CHECK(std::abs(length / expected - 1) < 0.005);
    // borrowed: what the first few images take off, 4 latents of at most 12 bits, and the state
    CHECK(stack.start_up_bits() <= 31 + 4 * 32);
    comes_back(coder, images);
  }
}

TEST_CASE("a damaged stream is an error") {
  std::mt19937_64 random(3);
  const RandomVae shape{.likelihood = {"bernoulli", 20}};
  const BitsBack coder(shape.weights(random));
  const auto images = noise(random, 20 * 40, 2);
  const Rans good = coder.compress(images);
  std::vector<std::uint8_t> back(images.size());
  for (std::size_t w = 0; w < good.words().size(); ++w)
    for (const int bit : {0, 13, 31}) {
      auto words = good.words();
      words[w] ^= 1u << bit;
      // the bits that were borrowed do not come out right
      CHECK_THROWS_AS(coder.decompress(Rans(good.state(), words), back), Error);
    }
  CHECK_THROWS_AS(coder.decompress(Rans(good.state(), {}), back), Error);
  CHECK_THROWS_WITH_AS(coder.compress(std::span(images).first(19)),
                       doctest::Contains("19 bytes are no images of 20 pixels"), Error);
}

TEST_CASE("the fingerprint tells models apart, and models that do not fit are refused") {
  std::mt19937_64 random(4);
  const RandomVae shape{.likelihood = {"bernoulli", 20}};
  const VaeWeights w = shape.weights(random);
  const std::uint64_t print = BitsBack(w).fingerprint();
  CHECK(BitsBack(w).fingerprint() == print);
  VaeWeights other = w;
  other.outputs.bias[3] += 0x1p-13f;
  CHECK(BitsBack(other).fingerprint() != print);
  other = w;
  other.outputs.bias[3] += 0x1p-30f;  // not on the grid: the same coder
  CHECK(BitsBack(other).fingerprint() == print);
  other = w;
  other.posterior_scale = "log-std";
  CHECK(BitsBack(other).fingerprint() != print);
  other = w;
  other.activation = "tanh";
  CHECK(BitsBack(other).fingerprint() != print);
  other.likelihood.dimensions = 21;
  CHECK_THROWS_WITH_AS(BitsBack{other}, doctest::Contains("takes 20 numbers and is given 21"),
                       Error);
  other = w;
  other.scale.out = 2, other.scale.bias.resize(2),
  other.scale.weight.resize(std::size_t(2 * other.scale.in));
  CHECK_THROWS_WITH_AS(BitsBack{other}, doctest::Contains("2 scales for 3 latents"), Error);
}
