// p(x|z) as counts: for each pixel the 256 values that a byte can have share 2^24 counts in
// proportion to the likelihood, and each keeps at least one, so that any image can be coded. With
// 2^24 counts those 256 cost 2·10⁻⁵ bits; with 2^14 they would cost 0.023.
//
// Another likelihood is a struct with what `coder` in pixel_coder.cpp asks for, and a row there.
#pragma once
#include <memory>

#include <vaegrad/models/coding/exact_network.hpp>
#include <vaegrad/models/coding/rans.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A pixel's counts are of 2^pixel_bits.
inline constexpr int pixel_bits = 24;

// What a decoder's last layer means, as it was trained (LikelihoodHead in models/likelihoods.hpp).
struct PixelLikelihood {
  std::string name;
  Index dimensions = 0;  // D, pixels of an image
  // Where the likelihood has a scale s: the learned number h with log s = 7 tanh(h / 7), or s
  // itself, or h for each pixel from the network, after everything else.
  enum class Scale { none, learned, fixed, per_pixel } scale = Scale::none;
  double scale_value = 0;
};

// A likelihood, as the coder of images.
class PixelCoder {
 public:
  virtual ~PixelCoder() = default;
  virtual Index outputs() const = 0;  // of the network
  // How a byte enters the network: on the grid, in 0..1.
  virtual double input(std::uint8_t byte) const = 0;
  // x (D, width): bytes of the first `images` columns. `output` (outputs(), width) of the network.
  // Pixel by pixel, in each pixel image by image; push goes backwards, for pop to go forwards.
  virtual void push(Rans& to, const Block& output, Index images, const std::uint8_t* x) const = 0;
  // What push put there.
  virtual void pop(Rans& from, const Block& output, Index images, std::uint8_t* x) const = 0;
};

// Error: a likelihood that is no probability of bytes.
std::unique_ptr<PixelCoder> pixel_coder(const PixelLikelihood& likelihood);

}  // namespace vaegrad::inline VAEGRAD_ABI
