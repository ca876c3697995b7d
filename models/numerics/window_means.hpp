// Means of an image under a window that is a product of two lines, at every place where it fits:
// what convolve does with such a window, in two passes of 2 k instead of k² products.
#pragma once
#include <array>
#include <vector>

#include <vaegrad/autodiff/image_shape.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/op.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y_ijc = Σ_ab g_a g_b x_(i+a)(j+b)c          x̄_(i+a)(j+b)c += g_a g_b ȳ_ijc
struct WindowMeans {
  static constexpr auto name = "window_means";
  static constexpr Index size = 11;
  ImageShape in;
  std::array<Real, size> g;

  ImageShape out() const { return {in.height - size + 1, in.width - size + 1, in.channels}; }
  Shape shape(Shape x) const {
    check(x.cols == in.size(), name, ": the input is ", x, ", but an image of ", in, " has ",
          in.size(), " numbers", hint, "one image per row, its channels last");
    check(in.height >= size && in.width >= size, name, ": the window of ", size, " x ", size,
          " does not fit into ", in, hint, "larger images");
    return {x.rows, out().size()};
  }
  void value(Node y, Node x) const {
    const Index wide = in.width * in.channels, narrow = out().width * in.channels;
    in_each_image(x.val.rows, wide, [&](Index image, Real* line) {
      for (Index i = 0; i < out().height; ++i) {
        std::fill_n(line, wide, Real{0});
        for (Index a = 0; a < size; ++a)
          add(line, g[std::size_t(a)], x.val.row(image) + (i + a) * wide, wide);
        Real* to = y.val.row(image) + i * narrow;
        std::fill_n(to, narrow, Real{0});
        for (Index b = 0; b < size; ++b) add(to, g[std::size_t(b)], line + b * in.channels, narrow);
      }
    });
  }
  void pull(Wrt<0>, Node y, Node x) const {
    const Index wide = in.width * in.channels, narrow = out().width * in.channels;
    in_each_image(x.adj.rows, wide, [&](Index image, Real* line) {
      for (Index i = 0; i < out().height; ++i) {
        std::fill_n(line, wide, Real{0});
        for (Index b = 0; b < size; ++b)
          add(line + b * in.channels, g[std::size_t(b)], y.adj.row(image) + i * narrow, narrow);
        for (Index a = 0; a < size; ++a)
          add(x.adj.row(image) + (i + a) * wide, g[std::size_t(a)], line, wide);
      }
    });
  }
  std::string details() const { return concat(", ", in, " -> ", out()); }

 private:
  // to += c from
  static void add(Real* __restrict to, Real c, const Real* __restrict from, Index n) {
    for (Index k = 0; k < n; ++k) to[k] += c * from[k];
  }
  // f(image, a line of `wide` numbers to work in)
  template <class F>
  static void in_each_image(Index images, Index wide, F f) {
    parallel_for(images, images * wide > 10'000, [&](Index image) {
      thread_local std::vector<Real> line;
      line.resize(std::size_t(wide));
      f(image, line.data());
    });
  }
};
inline Var window_means(Var x, ImageShape in, const std::array<Real, WindowMeans::size>& g) {
  return record(WindowMeans{in, g}, x);
}
VAEGRAD_CHECKED(WindowMeans, window_means, VAEGRAD_INPUTS({{2, 312}}), [](Var x) {
  return window_means(x, {12, 13, 2}, {1, 2, 3, 4, 5, 6, 5, 4, 3, 2, Real(0.5)});
})

}  // namespace vaegrad::inline VAEGRAD_ABI
