// Double convolutions, for gradient checks and exact answers: loops that can be read.
#include <vaegrad/autodiff/real.hpp>
#if defined(VAEGRAD_DOUBLE)
#include <algorithm>

#include <vaegrad/autodiff/kernels/convolution_kernels.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index worth_threads = 1'000'000;  // multiplications and additions

bool is_worth(const ConvolutionGeometry& g, Index batch) {
  return 2 * batch * g.out().size() * g.weights().rows >= worth_threads;
}

// f(pixel of y, pixel of x, pixel of the window), each as the number of its first channel (of the
// window: row of w), for every place of the window and every pixel of the image under it
template <class F>
void for_each_pair(const ConvolutionGeometry& g, F f) {
  const ImageShape out = g.out();
  for (Index o = 0; o < out.height; ++o)
    for (Index q = 0; q < out.width; ++q)
      for (Index i = 0; i < g.kernel; ++i)
        for (Index j = 0; j < g.kernel; ++j) {
          const Index row = o * g.stride + i - g.padding, column = q * g.stride + j - g.padding;
          if (row < 0 || row >= g.in.height || column < 0 || column >= g.in.width) continue;
          f((o * out.width + q) * out.channels, (row * g.in.width + column) * g.in.channels,
            (i * g.kernel + j) * g.in.channels);
        }
}

}  // namespace

void convolve_images(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* w,
                     Real* y, bool accumulate) {
  const Index n_in = g.in.size(), n_out = g.out().size(), C = g.in.channels, D = g.channels;
  parallel_for(batch, is_worth(g, batch), [&](Index b) {
    const Real* from = x + b * n_in;
    Real* to = y + b * n_out;
    if (!accumulate) std::fill_n(to, n_out, Real(0));
    for_each_pair(g, [&](Index at_y, Index at_x, Index at_w) {
      for (Index c = 0; c < C; ++c)
        for (Index d = 0; d < D; ++d) to[at_y + d] += from[at_x + c] * w[(at_w + c) * D + d];
    });
  });
}

void convolve_images_transposed(const ConvolutionGeometry& g, Index batch, const Real* y,
                                const Real* w, Real* x, bool accumulate) {
  const Index n_in = g.in.size(), n_out = g.out().size(), C = g.in.channels, D = g.channels;
  parallel_for(batch, is_worth(g, batch), [&](Index b) {
    const Real* from = y + b * n_out;
    Real* to = x + b * n_in;
    if (!accumulate) std::fill_n(to, n_in, Real(0));
    for_each_pair(g, [&](Index at_y, Index at_x, Index at_w) {
      for (Index c = 0; c < C; ++c)
        for (Index d = 0; d < D; ++d) to[at_x + c] += from[at_y + d] * w[(at_w + c) * D + d];
    });
  });
}

void convolution_weights(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* y,
                         Real* w, bool accumulate) {
  const Index n_in = g.in.size(), n_out = g.out().size(), C = g.in.channels, D = g.channels;
  parallel_for(C, is_worth(g, batch), [&](Index c) {
    for (Index k = 0; !accumulate && k < g.kernel * g.kernel; ++k)
      std::fill_n(w + (k * C + c) * D, D, Real(0));
    for (Index b = 0; b < batch; ++b)
      for_each_pair(g, [&](Index at_y, Index at_x, Index at_w) {
        for (Index d = 0; d < D; ++d)
          w[(at_w + c) * D + d] += x[b * n_in + at_x + c] * y[b * n_out + at_y + d];
      });
  });
}

void convolve_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                    const Real* b, Real* h) {
  (layer.transposed ? convolve_images_transposed : convolve_images)(layer.g, batch, x, w, h, false);
  const Index channels = layer.to().channels;
  apply_epilogue(*layer.f, h, b, batch * layer.to().size() / channels, channels);
}

void pull_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                const Real* h, const Real* h_adj, const LayerAdjoints& to) {
  pull_layer_at_once(layer, batch, x, w, h, h_adj, to);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
