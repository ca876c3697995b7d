// What is made of a network's list of layers: the body of an encoder, the mirrored decoder that
// ends in a likelihood, and an encoder that ends in a Gaussian.
#pragma once
#include <vaegrad/models/likelihoods/head.hpp>
#include <vaegrad/models/networks/network.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct DiagonalGaussian;  // models/distributions.hpp

struct EncoderBody {  // x (B, D), y (B, Y) ↦ h (B, outputs)
  std::vector<BuiltLayer> image, flat;
  Index conditions, outputs;

  // The condition y joins what is flat: an image has no place for it.
  EncoderBody(Blocks blocks, const std::string& name, const Network& network, ImageShape image,
              Index conditions, Activation activation, Initial initial);
  Var operator()(Var x, Var condition, Pass pass = {}) const;  // without conditions an empty Var
};

// z ↦ p(x|z): the network's list of layers with the code as its last (with_code), from the code back
// to the image; each layer mirrored, the first without an activation and as wide as the likelihood asks.
struct LikelihoodNetwork {
  std::vector<BuiltLayer> flat;
  LikelihoodHead head;
  std::vector<BuiltLayer> image;
  // The last layer, whose result is the head's. Of a convolution: its geometry, and weights for
  // each of the head's blocks of numbers. The bias (1, head.outputs()) is in any network one number
  // for each pixel, so that the first image can be the mean of the data.
  std::optional<ConvolutionGeometry> last;
  std::vector<Param> weights;
  Param bias;

  // The network as it stands in the encoder.
  LikelihoodNetwork(Blocks blocks, const std::string& name, Index in, const Network& network,
                    ImageShape image, const Likelihood& row, Index dimensions,
                    std::optional<LikelihoodScale> scale, Activation activation, Initial initial);

  // p(x|z);  z (B, in)
  ChosenLikelihood operator()(Var z, Pass pass = {}) const;
  // J v (B, head.outputs()): how the numbers that the likelihood is made of change from z on along v
  // (B, in), before the likelihood's own function (of bernoulli they are logits).
  Var slope(Var z, Var v, Pass pass = {}) const;
  // LikelihoodHead::start_at, of the last bias
  void start_at(ConstMatrix data_mean) { head.start_at(data_mean, bias.owner->change_value(bias)); }

 private:
  struct Mirror;
  Var last_product(Var h) const;  // of the last layer, a convolution, without its bias
  LikelihoodNetwork(Mirror mirror, const Likelihood& row, Index dimensions,
                    std::optional<LikelihoodScale> scale);
};

struct GaussianNetwork {  // x ↦ N(μ(x), σ²(x))
  EncoderBody body;
  Linear mean, log_variance;

  GaussianNetwork(Blocks blocks, const std::string& name, const Network& network, ImageShape image,
                  Index out, Activation activation, Initial initial)
      : body(blocks, name, network, image, 0, activation, initial),
        mean(blocks.learnt, name + ".mean", body.outputs, out, initial),
        log_variance(blocks.learnt, name + ".log_variance", body.outputs, out, initial) {}

  DiagonalGaussian operator()(Var x, Pass pass = {}) const;  // x (B, D)
};

}  // namespace vaegrad::inline VAEGRAD_ABI
