// Convolutions of images, the seam behind which kernels may change. float: oneDNN
// (convolution_kernels_f32.cpp); double: plain loops (convolution_kernels_f64.cpp). A test holds
// one against the other.
//
// An image is a row of numbers, (height, width, channels) with the channels last; a batch is a
// matrix of such rows. Nothing here knows of bias or activation, but for a layer with an epilogue.
#pragma once
#include <utility>

#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/autodiff/kernels/epilogue.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A square window of kernel x kernel pixels that moves by `stride` over an image with `padding`
// zeros around it; what it sees is multiplied by weights into `channels` numbers.
struct ConvolutionGeometry {
  ImageShape in;
  Index channels, kernel, stride = 1, padding = 0;

  // ⌊(n + 2 padding − kernel) / stride⌋ + 1
  constexpr Index moved(Index n) const { return (n + 2 * padding - kernel) / stride + 1; }
  constexpr ImageShape out() const { return {moved(in.height), moved(in.width), channels}; }
  // Row (i kernel + j) C + c: what channel c of the window's pixel (i, j) is multiplied by.
  constexpr Shape weights() const { return {kernel * kernel * in.channels, channels}; }
  constexpr bool operator==(const ConvolutionGeometry&) const = default;

  // Error: a number that makes no sense, or a window larger than the padded image
  void check_sizes(const char* where) const {
    check(in.size() >= 1 && in.height >= 1 && in.width >= 1 && channels >= 1 && kernel >= 1 &&
              stride >= 1 && padding >= 0,
          where, ": image ", in, ", channels ", channels, ", kernel ", kernel, ", stride ", stride,
          ", padding ", padding, hint, "sizes are at least 1, a padding at least 0");
    check(padding < kernel, where, ": padding ", padding, " with a kernel of ", kernel, hint,
          "a window must see the image: padding is less than the kernel");
    check(in.height + 2 * padding >= kernel && in.width + 2 * padding >= kernel, where,
          ": a window of ", kernel, " x ", kernel, " does not fit into ", in.height, " x ",
          in.width, " with padding ", padding, hint, "a smaller kernel, or larger images");
  }
};

// y = A x, image by image:   y_oqd = Σ_ijc x_(o s + i − p)(q s + j − p)c w_ijc,d
//   x (batch, in), w weights(), y (batch, out)
void convolve_images(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* w,
                     Real* y, bool accumulate);
// x = Aᵀ y: the same sum, read from y to x. Where no window has looked, x is 0.
void convolve_images_transposed(const ConvolutionGeometry& g, Index batch, const Real* y,
                                const Real* w, Real* x, bool accumulate);
// w̄ = ∂⟨y, A x⟩/∂w, summed over the batch
void convolution_weights(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* y,
                         Real* w, bool accumulate);
// All three: what stands in the result is added to when `accumulate`; the same bits for any number
// of threads.

// A layer h = f(A x + b), or f(Aᵀ x + b) where it is transposed; b has a number for each channel of
// what comes out.
struct ConvolvedLayer {
  ConvolutionGeometry g;
  bool transposed = false;
  const Epilogue* f = nullptr;

  constexpr ImageShape from() const { return transposed ? g.out() : g.in; }
  constexpr ImageShape to() const { return transposed ? g.in : g.out(); }
};
void convolve_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                    const Real* b, Real* h);

// Its adjoints, of δ = f' h̄: to x Aᵀ δ (transposed A δ), to w ∂⟨δ, A x⟩/∂w, to b the sum of δ over
// images and pixels
struct LayerAdjoints {
  Contribution x, w, b;
};
void pull_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                const Real* h, const Real* h_adj, const LayerAdjoints& to);

// ---- internal ----

// pull_layer(), δ of the whole batch first: where its parts cannot be taken one by one.
inline void pull_layer_at_once(const ConvolvedLayer& layer, Index batch, const Real* x,
                               const Real* w, const Real* h, const Real* h_adj,
                               const LayerAdjoints& to) {
  const Index channels = layer.to().channels, pixels = batch * layer.to().size() / channels;
  const Real* delta = pull_epilogue(*layer.f, h, h_adj, pixels, channels, to.b);
  const auto towards = layer.transposed ? convolve_images : convolve_images_transposed;
  if (to.x.data) towards(layer.g, batch, delta, w, to.x.data, to.x.accumulate);
  const auto [in, out] = layer.transposed ? std::pair(delta, x) : std::pair(x, delta);
  if (to.w.data) convolution_weights(layer.g, batch, in, out, to.w.data, to.w.accumulate);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
