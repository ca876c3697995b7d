// A VAE of bytes, to stand beside the diffusion model: chapter 12's with more units and latents.
#pragma once
#include <vaegrad/models/likelihoods.hpp>
#include <vaegrad/models/vae.hpp>

namespace vaegrad {

struct ByteEncoder {
  GaussianMlp net;
  DiagonalGaussian operator()(Var byte) const { return net(byte / 255); }
};
struct Shallow {
  static constexpr Index D = 784, Z = 32, units = 400;
  Parameters p;
  Vae<ByteEncoder, LikelihoodMlp> vae;
  explicit Shallow(std::uint64_t seed, Activation a = activation("relu"))
      : vae{{GaussianMlp(p, "encoder", D, {units}, Z, a, {seed})},
            LikelihoodMlp(p, "decoder", Z, {units}, likelihood("discretised-logistic"), D,
                          likelihood_scale("per-dimension"), a, {seed})} {}
};

}  // namespace vaegrad
