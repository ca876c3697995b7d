// The end of a decoder: how a network's numbers become p(x|z) of a likelihood with its scale.
#pragma once
#include <vaegrad/models/layers.hpp>
#include <vaegrad/models/likelihoods/likelihood.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The one scale s of a likelihood that has a scale: `learned`, `fixed:S`, or `per-dimension`, given
// by the network for each dimension of each x. In units of x (discretised logistic: 127.5 x).
struct LikelihoodScale {
  enum class Kind { learned, fixed, per_dimension } kind = Kind::learned;
  double fixed = 1;
};
LikelihoodScale likelihood_scale(std::string_view text);  // UsageError: what can be given

// The network's output (B, outputs()) ↦ p(x|z)
struct LikelihoodHead {
  const Likelihood* row;
  Index dimensions;
  LikelihoodScale scale;
  Param log_scale;        // (1, 1), where learned
  ImageShape image = {};  // Outputs::image
  double weight = 1;      // Outputs::weight

  // A learned scale is the parameter `name`.log_scale. UsageError: a scale for a likelihood that
  // has none, a fixed scale that is not positive.
  LikelihoodHead(Parameters& p, const std::string& name, const Likelihood& row, Index dimensions,
                 std::optional<LikelihoodScale> scale = {});

  Index outputs() const;
  // p(x|z) for these numbers of the network
  ChosenLikelihood operator()(Var output) const;
  // First values of the bias (1, outputs()) of the network's last layer, so that x starts at the
  // mean of the data (1, D); zero where the row knows no such output.
  void start_at(ConstMatrix data_mean, Matrix bias) const;
};

struct LikelihoodMlp {  // z ↦ p(x|z)
  Mlp hidden;
  LikelihoodHead head;
  Linear outputs;

  LikelihoodMlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
                const Likelihood& row, Index dimensions, std::optional<LikelihoodScale> scale,
                Activation activation, Initial initial)
      : hidden(p, name, in, hidden, activation, initial),
        head(p, name, row, dimensions, scale),
        outputs(p, name + ".outputs", this->hidden.outputs(in), head.outputs(), initial) {}

  // p(x|z);  z (B, in)
  ChosenLikelihood operator()(Var z) const { return head(outputs(hidden(z))); }
  // LikelihoodHead::start_at, of the last layer's bias
  void start_at(ConstMatrix data_mean) {
    head.start_at(data_mean, outputs.bias.owner->change_value(outputs.bias));
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
