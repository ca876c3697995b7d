// Ops on images: convolution, its adjoint, and nearest upsampling. An image is a row of numbers
// with the channels last; the layer knows its geometry, values stay one example per row.
#pragma once
#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/kernels/convolution_kernels.hpp>
#include <vaegrad/autodiff/structure.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: what two ops share ----

// Error: x is no batch of these images, or w not the geometry's weights
inline void check_convolution(const char* where, const ConvolutionGeometry& g, Shape x,
                              ImageShape image, Shape w) {
  g.check_sizes(where);
  check(x.cols == image.size(), where, ": the input is ", x, ", but an image of ", image, " has ",
        image.size(), " numbers", hint, "one image per row, its channels last");
  check(w == g.weights(), where, ": the weights are ", w, ", expected ", g.weights(), hint,
        "ConvolutionGeometry::weights() says their shape");
}
inline std::string geometry_details(const ConvolutionGeometry& g, ImageShape from, ImageShape to) {
  return concat(", ", from, " -> ", to, ", kernel ", g.kernel, ", stride ", g.stride, ", padding ",
                g.padding);
}

// ---- the ops ----

// y = A x          x̄ += Aᵀ ȳ          w̄ += ∂⟨ȳ, A x⟩/∂w          A as w and the geometry say
struct Convolve {
  static constexpr auto name = "convolve";
  static constexpr bool writes_first = true;
  ConvolutionGeometry g;

  Shape shape(Shape x, Shape w) const {
    check_convolution(name, g, x, g.in, w);
    return {x.rows, g.out().size()};
  }
  void value(Node y, Node x, Node w) const {
    convolve_images(g, x.val.rows, x.val.data, w.val.data, y.val.data, false);
  }
  void pull(Wrt<0>, Node y, Node x, Node w) const {
    convolve_images_transposed(g, y.adj.rows, y.adj.data, w.val.data, x.adj.data, !x.fresh);
  }
  void pull(Wrt<1>, Node y, Node x, Node w) const {
    convolution_weights(g, y.adj.rows, x.val.data, y.adj.data, w.adj.data, !w.fresh);
  }
  std::string details() const { return geometry_details(g, g.in, g.out()); }
};
// x (B, g.in.size()), w g.weights(), result (B, g.out().size())
inline Var convolve(Var x, Var w, const ConvolutionGeometry& g) {
  return record(Convolve{g}, x, w);
}

// x = Aᵀ y          ȳ += A x̄          w̄ += ∂⟨y, A x̄⟩/∂w
//
// The adjoint of convolve with the same geometry: from its output's space to its input's. So a
// decoder that mirrors an encoder gives back any size exactly, without an output padding to choose.
struct ConvolveTransposed {
  static constexpr auto name = "convolve_transposed";
  static constexpr bool writes_first = true;
  ConvolutionGeometry g;

  Shape shape(Shape y, Shape w) const {
    check_convolution(name, g, y, g.out(), w);
    return {y.rows, g.in.size()};
  }
  void value(Node x, Node y, Node w) const {
    convolve_images_transposed(g, y.val.rows, y.val.data, w.val.data, x.val.data, false);
  }
  void pull(Wrt<0>, Node x, Node y, Node w) const {
    convolve_images(g, x.adj.rows, x.adj.data, w.val.data, y.adj.data, !y.fresh);
  }
  void pull(Wrt<1>, Node x, Node y, Node w) const {
    convolution_weights(g, x.adj.rows, x.adj.data, y.val.data, w.adj.data, !w.fresh);
  }
  std::string details() const { return geometry_details(g, g.out(), g.in); }
};
// y (B, g.out().size()), w g.weights(), result (B, g.in.size())
inline Var convolve_transposed(Var y, Var w, const ConvolutionGeometry& g) {
  return record(ConvolveTransposed{g}, y, w);
}

// h = f(u), u = A x + b, of Aᵀ where it is transposed, b with a number for each channel
//
//   δ = f'(u) ⊙ h̄     x̄ += Aᵀ δ     w̄ += ∂⟨δ, A x⟩/∂w     b̄_c += Σ_ij δ_ijc
//
// convolve, tile, + and f in one go, for a few images at a time: a step of conv-b128 is a tenth cheaper.
struct ConvolveThen {
  static constexpr auto name = "convolve";
  ConvolvedLayer layer;

  Shape shape(Shape x, Shape w, Shape b) const {
    check_convolution(name, layer.g, x, layer.from(), w);
    check(layer.f, name, ": no function follows", hint, "&epilogue_of<relu_row>");
    const Shape bias{1, layer.to().channels};
    check(b == bias, name, ": the bias is ", b, ", expected ", bias, hint,
          "a number for each channel");
    return {x.rows, layer.to().size()};
  }
  void value(Node h, Node x, Node w, Node b) const {
    convolve_layer(layer, x.val.rows, x.val.data, w.val.data, b.val.data, h.val.data);
  }
  void pull_all(Node h, Node x, Node w, Node b) const {
    const auto to = [](const Node& n) { return Contribution{n.adj.data, !n.fresh}; };
    pull_layer(layer, x.val.rows, x.val.data, w.val.data, h.val.data, h.adj.data,
               {to(x), to(w), to(b)});
  }
  std::string details() const {
    return concat(geometry_details(layer.g, layer.from(), layer.to()),
                  layer.transposed ? ", transposed, " : ", ", layer.f->name);
  }
};
// x (B, layer.from().size()), w layer.g.weights(), b (1, channels), result (B, layer.to().size())
inline Var convolve(Var x, Var w, Var b, const ConvolvedLayer& layer) {
  return record(ConvolveThen{layer}, x, w, b);
}

// y_(f i + a)(f j + b)c = x_ijc,  a, b < f          x̄_ijc += Σ_ab ȳ_(f i + a)(f j + b)c
struct Upsample {
  static constexpr auto name = "upsample";
  ImageShape in;
  Index factor;

  Shape shape(Shape x) const {
    check(factor >= 1, "upsample: the factor must be at least 1: ", factor);
    check(x.cols == in.size(), "upsample: the input is ", x, ", but an image of ", in, " has ",
          in.size(), " numbers", hint, "one image per row, its channels last");
    return {x.rows, in.size() * factor * factor};
  }
  // f(pixel of y, pixel of x), each as the place of its first channel
  template <class F>
  void for_each_pixel(Index rows, F f) const {
    const Index H = in.height * factor, W = in.width * factor, C = in.channels;
    for (Index i = 0; i < rows * H; ++i)
      for (Index j = 0; j < W; ++j) f((i * W + j) * C, (i / factor * in.width + j / factor) * C);
  }
  void value(Node y, Node x) const {
    for_each_pixel(x.val.rows, [&](Index to, Index from) {
      std::copy_n(x.val.data + from, in.channels, y.val.data + to);
    });
  }
  void pull(Wrt<0>, Node y, Node x) const {
    for_each_pixel(x.adj.rows, [&](Index from, Index to) {
      for (Index c = 0; c < in.channels; ++c) x.adj.data[to + c] += y.adj.data[from + c];
    });
  }
  std::string details() const { return concat(", ", in, ", ", factor, " times"); }
};
// x (B, in.size()) ↦ each pixel repeated in a square:  (B, factor² in.size())
inline Var upsample(Var x, ImageShape in, Index factor) { return record(Upsample{in, factor}, x); }

// y_i(kC + c) = x_ic: rows repeated side by side          x̄_ic += Σ_k ȳ_i(kC + c)
//
// What a bias of C channels is for an image: added so, one loop goes over whole images. Their rows
// seen as pixels would be copied twice on the way back, which costs 10 % of a step.
struct Tile {
  static constexpr auto name = "tile";
  Index times;

  Shape shape(Shape x) const {
    check(times >= 1, "tile: the number of times must be at least 1: ", times);
    return {x.rows, x.cols * times};
  }
  void value(Node y, Node x) const {
    for (Index i = 0; i < x.val.rows; ++i)
      for (Index k = 0; k < times; ++k)
        std::copy_n(x.val.row(i), x.val.cols, y.val.row(i) + k * x.val.cols);
  }
  void pull(Wrt<0>, Node y, Node x) const {
    for (Index i = 0; i < x.adj.rows; ++i)
      for (Index k = 0; k < times; ++k)
        add_to({x.adj.row(i), 1, x.adj.cols}, {y.adj.row(i) + k * x.adj.cols, 1, x.adj.cols});
  }
  std::string details() const { return concat(", ", times, " times"); }
};
// (B, C) ↦ (B, times C)
inline Var tile(Var x, Index times) { return record(Tile{times}, x); }

// clang-format off
//                                                                        x or y     w
//                                                   in         D  k  s  p
VAEGRAD_CHECKED(Convolve, convolve, VAEGRAD_INPUTS({{2, 40}}, {{18, 3}}),
        [](Var x, Var w) { return convolve(x, w, {{5, 4, 2}, 3, 3, 1, 1}); })
VAEGRAD_CHECKED_ALSO(Convolve, convolve_stride_2, VAEGRAD_INPUTS({{3, 63}}, {{16, 2}}),
             [](Var x, Var w) { return convolve(x, w, {{7, 9, 1}, 2, 4, 2, 1}); })
VAEGRAD_CHECKED_ALSO(Convolve, convolve_stride_3, VAEGRAD_INPUTS({{2, 240}}, {{75, 1}}),
             [](Var x, Var w) { return convolve(x, w, {{8, 10, 3}, 1, 5, 3, 2}); })
VAEGRAD_CHECKED_ALSO(Convolve, convolve_apart, VAEGRAD_INPUTS({{1, 70}}, {{8, 4}}),
             [](Var x, Var w) { return convolve(x, w, {{5, 7, 2}, 4, 2, 3, 0}); })
VAEGRAD_CHECKED_ALSO(Convolve, convolve_point, VAEGRAD_INPUTS({{2, 30}}, {{5, 2}}),
             [](Var x, Var w) { return convolve(x, w, {{2, 3, 5}, 2, 1, 1, 0}); })
VAEGRAD_CHECKED(ConvolveTransposed, convolve_transposed, VAEGRAD_INPUTS({{2, 60}}, {{18, 3}}),
        [](Var y, Var w) { return convolve_transposed(y, w, {{5, 4, 2}, 3, 3, 1, 1}); })
VAEGRAD_CHECKED_ALSO(ConvolveTransposed, convolve_transposed_stride_2, VAEGRAD_INPUTS({{3, 24}}, {{16, 2}}),
             [](Var y, Var w) { return convolve_transposed(y, w, {{7, 9, 1}, 2, 4, 2, 1}); })
VAEGRAD_CHECKED_ALSO(ConvolveTransposed, convolve_transposed_stride_3, VAEGRAD_INPUTS({{2, 12}}, {{75, 1}}),
             [](Var y, Var w) { return convolve_transposed(y, w, {{8, 10, 3}, 1, 5, 3, 2}); })
VAEGRAD_CHECKED_ALSO(ConvolveTransposed, convolve_transposed_apart, VAEGRAD_INPUTS({{1, 16}}, {{8, 4}}),
             [](Var y, Var w) { return convolve_transposed(y, w, {{5, 7, 2}, 4, 2, 3, 0}); })
VAEGRAD_CHECKED(ConvolveThen, convolve_relu, VAEGRAD_INPUTS({{2, 40}}, {{18, 3}}, {{1, 3}}),
        [](Var x, Var w, Var b) { return convolve(x, w, b, {{{5, 4, 2}, 3, 3, 1, 1}, false, &epilogue_of<relu_row>}); })
VAEGRAD_CHECKED_ALSO(ConvolveThen, convolve_transposed_tanh, VAEGRAD_INPUTS({{3, 24}}, {{16, 2}}, {{1, 1}}),
             [](Var x, Var w, Var b) { return convolve(x, w, b, {{{7, 9, 1}, 2, 4, 2, 1}, true, &epilogue_of<tanh_row>}); })
VAEGRAD_CHECKED_ALSO(ConvolveThen, convolve_skipping_relu, VAEGRAD_INPUTS({{2, 75}}, {{3, 2}}, {{1, 2}}),
             [](Var x, Var w, Var b) { return convolve(x, w, b, {{{5, 5, 3}, 2, 1, 2, 0}, false, &epilogue_of<relu_row>}); })
VAEGRAD_CHECKED(Upsample, upsample, VAEGRAD_INPUTS({{2, 12}}),
        [](Var x) { return upsample(x, {3, 2, 2}, 2); })
VAEGRAD_CHECKED_ALSO(Upsample, upsample_3, VAEGRAD_INPUTS({{1, 6}}),
             [](Var x) { return upsample(x, {2, 3, 1}, 3); })
VAEGRAD_CHECKED(Tile, tile, VAEGRAD_INPUTS({{2, 3}}), [](Var x) { return tile(x, 4); })
// clang-format on

}  // namespace vaegrad::inline VAEGRAD_ABI
