// Inference: from x to z. It owns the encoder, and makes the draws that objectives are functions
// of. What lies between is its own: one layer of latents with a posterior of the table, or several.
#pragma once
#include <vaegrad/models/inference/posterior.hpp>
#include <vaegrad/models/networks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct DiagonalGaussian;  // models/distributions.hpp

// What an encoder is given: x as a network takes it (B, D), and the condition y (B, Y) or an empty
// Var.
struct Seen {
  Var x, y;
  Pass pass = Pass::buffers();  // what batch normalisations take their moments from
};

class Inference {
 public:
  virtual ~Inference() = default;

  // z ~ q(z|x, y), and what q and p are. `weigh` does the rest, once z is decoded.
  virtual Draw draw(const Seen& seen, const Prior& prior, Stream& noise, Index particles,
                    const Wanted& wanted) const = 0;
  // Fills in kl and log_ratio as wanted.
  virtual void weigh(Draw& draw, const Wanted& wanted) const = 0;
  // Its code without noise is code_of() this, (B, Z).
  virtual PosteriorAt code(const Seen& seen) const = 0;
  // q of the layer that the prior is of. Error: it has none before others are drawn.
  virtual PosteriorAt top(const Seen& seen) const { return code(seen); }
  // z ~ p(z|y):  (count K, Z)
  virtual Var sample_prior(const Prior& prior, Tape& tape, Var y, Index count, Stream& noise,
                           Index particles) const;

  // Of several layers of latents, which side by side are z: how many each has, the one next to x
  // first.
  virtual std::span<const Index> layers() const { return {}; }
  // What p(x|z) is a function of, (N, decoded()): z, the layer of it next to x, or what is made of
  // each of its layers by networks of its own; and the network that is left for all of it.
  virtual Index decoded(Index latents) const { return latents; }
  virtual Var to_decode(Var z, Pass) const { return z; }
  virtual Network decoder(const Network& network) const { return network; }
  // z (N, Z) with the layers before `layer` (0: next to x) at their means given those from it on.
  virtual Var descend(Var z, std::size_t /*layer*/) const { return z; }
};

// What an Inference is made of.
struct InferenceSpec {
  const Network& network;
  ImageShape image;
  Index conditions;  // numbers of y
  Activation activation;
  Initial initial;
  const PosteriorRow* posterior;
  PosteriorSpec latents;
  std::vector<Index> layers;        // latents of each, the one next to x first
  std::vector<Index> between = {};  // hidden layers between two of them; empty: halves of below's
};

// One layer of latents.
std::unique_ptr<Inference> one_layer(Blocks blocks, const InferenceSpec& spec);

// z, for a posterior q and prior p that are plain structs (models/vae.hpp), and what weigh() adds.
Draw draw_of(const DiagonalGaussian& q, Stream& noise, Index particles, const Wanted& wanted);
// factor: z's adjoint is to be multiplied by draw.factor from here on; log_ratio_of does it to q's.
void with_factor(Draw& draw);

}  // namespace vaegrad::inline VAEGRAD_ABI
