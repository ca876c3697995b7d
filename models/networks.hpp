// Networks by name: what lies between an image and its code and, mirrored, between a code and the
// numbers of a likelihood. Convolutions first, where the network has some, then dense layers; all
// followed by the same activation.
//
// Adding one: its row in networks.cpp.
#pragma once
#include <vaegrad/models/likelihoods.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Network {
  struct Layer {
    Index channels, kernel, stride, padding;
  };
  const char* name;
  std::vector<Layer> convolutions;
  std::vector<Index> dense;  // widths, unless others are asked for
};
std::span<const Network> networks();
const Network& network(std::string_view name);  // UsageError: the names there are

// The geometries of its convolutions, from the image on. UsageError: no image, or one too small.
std::vector<ConvolutionGeometry> geometries(const Network& network, ImageShape image);

// a(A x + b): a convolution, its bias for each channel and the activation; or a(Aᵀ y + b), which
// goes the other way.
struct ConvolutionLayer {
  ConvolutionGeometry geometry;
  bool transposed;
  Param weight, bias;

  ConvolutionLayer(Parameters& p, const std::string& name, const ConvolutionGeometry& geometry,
                   bool transposed, Initial initial);
  Var operator()(Var x, const Activation& a) const;
};
// First values of a convolution's weights: each number of the result sums kernel² C products; each
// number it is made of reaches kernel² D / stride² of them. Transposed, the other way round.
std::function<void(Matrix)> initial_weights(const ConvolutionGeometry& g, bool transposed,
                                            Initial initial, std::size_t number);

struct EncoderBody {  // x (B, D), y (B, Y) ↦ h (B, outputs)
  std::vector<ConvolutionLayer> convolutions;
  Mlp dense;
  Index conditions, outputs;

  // The condition y joins what is dense: an image has no place for it.
  EncoderBody(Parameters& p, const std::string& name, const Network& network, ImageShape image,
              Index conditions, const std::vector<Index>& dense, Activation activation,
              Initial initial);
  Var operator()(Var x, Var condition) const;  // without conditions an empty Var
};

struct LikelihoodNetwork {  // z ↦ p(x|z)
  Mlp dense;
  LikelihoodHead head;
  std::optional<Linear> features;  // the convolutions' first image
  std::vector<ConvolutionLayer> convolutions;
  // The last layer, whose result is the head's. Of a convolution: its geometry, and weights for
  // each of the head's blocks of numbers. The bias (1, head.outputs()) is in any network one number
  // for each pixel, so that the first image can be the mean of the data.
  std::optional<ConvolutionGeometry> last;
  std::vector<Param> weights;
  Param bias;

  // `dense` and the network as they stand in the encoder.
  LikelihoodNetwork(Parameters& p, const std::string& name, Index in, const Network& network,
                    ImageShape image, const std::vector<Index>& dense, const Likelihood& row,
                    Index dimensions, std::optional<LikelihoodScale> scale, Activation activation,
                    Initial initial);
  ChosenLikelihood operator()(Var z) const;
  void start_at(ConstMatrix data_mean) { head.start_at(data_mean, bias.owner->change_value(bias)); }
};

struct GaussianNetwork {  // x ↦ N(μ(x), σ²(x))
  EncoderBody body;
  Linear mean, log_variance;

  GaussianNetwork(Parameters& p, const std::string& name, const Network& network, ImageShape image,
                  const std::vector<Index>& dense, Index out, Activation activation,
                  Initial initial)
      : body(p, name, network, image, 0, dense, activation, initial),
        mean(p, name + ".mean", body.outputs, out, initial),
        log_variance(p, name + ".log_variance", body.outputs, out, initial) {}

  DiagonalGaussian operator()(Var x) const {
    const Var h = body(x, {});
    return {mean(h), log_variance(h)};
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
