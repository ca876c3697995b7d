// Lossless compression with a variational autoencoder by bits back (Townsend, Bird and Barber,
// arXiv 1901.04866): to code an image x, take bits off the stack by *decoding* a z from q(z|x) with
// them, then code x by p(x|z) and z by p(z). The decoder, once it knows x, puts the bits back. On
// average an image costs −log2 p(x|z) − log2 p(z) + log2 q(z|x): minus the ELBO, in bits.
//
// Images go through the networks in lockstep, up to 64 at a time, on one stack. To take all their z
// off it before the first image is on it would need some 50 bytes per image to begin with. So the
// first blocks are small: each takes about what those before it have left, and only the first few
// images borrow bits that nobody gives back (the start-up bits, counted).
#pragma once
#include <memory>

#include <vaegrad/models/coding/exact_network.hpp>
#include <vaegrad/models/coding/latent_buckets.hpp>
#include <vaegrad/models/coding/pixel_coder.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A trained VAE with a diagonal Gaussian posterior and the prior N(0, I).
struct VaeWeights {
  std::vector<LayerWeights> encoder;  // hidden layers
  LayerWeights mean, scale;           // (.., Z)
  std::vector<LayerWeights> decoder;
  LayerWeights outputs;
  std::string activation, posterior_scale;
  double log_variance_bound = 0;  // as in models/inference/posterior.hpp
  PixelLikelihood likelihood;
};

// The coder of one model. An image is D bytes.
class BitsBack {
 public:
  static constexpr Index largest_block = 64;

  // Errors: what the exact networks and tables do not know; layers that do not fit each other;
  // weights out of range; a build that computes otherwise than the format demands.
  explicit BitsBack(const VaeWeights& weights);

  Index dimensions() const { return dimensions_; }
  Index latent() const { return mean_.outputs(); }
  // Of the rounded weights and everything else that decides how a stream is read.
  std::uint64_t fingerprint() const { return fingerprint_; }

  // images (count, D) onto a stack, and back. Both may be called by several threads at once.
  Rans compress(std::span<const std::uint8_t> images) const;
  // Error: the stack is not one that `compress` left.
  void decompress(Rans stack, std::span<std::uint8_t> images) const;

 private:
  struct Memory;
  void set_inputs(Memory& m, Index images) const;
  void encode(Memory& m) const;
  void decode(Memory& m) const;

  Index dimensions_;
  std::unique_ptr<PixelCoder> pixels_;
  const ExactPosteriorScale* scale_kind_;
  double log_variance_bound_;
  LatentBuckets buckets_;
  ExactMlp encoder_;
  ExactLinear mean_, scale_;
  ExactMlp decoder_;
  ExactLinear outputs_;
  std::uint64_t fingerprint_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
