// Normalisation of an example's groups of channels. An image is a row of numbers with the channels
// last; what is no image has one pixel.
#pragma once
#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/op.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// y = (x − μ) / s,  s = √(σ² + ε);  μ, σ² the mean and variance of an example's group of channels
//
//   x̄ += (ȳ − mean ȳ − y mean(ȳ y)) / s          the means over the group
struct NormaliseGroups {
  static constexpr auto name = "normalise_groups";
  Index channels, groups;
  Real epsilon;
  Real* scale;   // 1/s of each row and group, in the tape's memory
  double* sums;  // two of each row and channel

  Shape shape(Shape x) const {
    check(channels >= 1 && x.cols % channels == 0, "normalise_groups: rows of ", x.cols,
          " numbers are no pixels of ", channels, " channels", hint,
          "one image per row, its channels last");
    check(groups >= 1 && channels % groups == 0, "normalise_groups: ", groups, " groups of ",
          channels, " channels", hint, "a number of groups that divides them");
    return x;
  }
  // f(first number of a pixel) over a row's pixels; sums over the pixels come channel by channel,
  // those over a group in order.
  template <class F>
  void for_each_pixel(Index cols, F f) const {
    for (Index p = 0; p < cols; p += channels) f(p);
  }
  double group_mean(const double* of_channels, Index group, Index cols) const {
    const Index width = channels / groups;
    double sum = 0;
    for (Index c = 0; c < width; ++c) sum += of_channels[group * width + c];
    return sum / double(width * (cols / channels));
  }
  template <class F>
  void for_each_row(Shape s, F f) const {
    parallel_for(s.rows, s.size() > (1 << 14), f);
  }

  void value(Node y, Node x) const {
    const Index cols = x.val.cols, C = channels, width = C / groups;
    for_each_row(x.val.shape(), [&](Index i) {
      const Real* from = x.val.row(i);
      Real* to = y.val.row(i);
      double *sum = sums + 2 * i * C, *mean = sum + C;
      std::fill(sum, sum + C, 0.0);
      for_each_pixel(cols, [&](Index p) {
        for (Index c = 0; c < C; ++c) sum[c] += double(from[p + c]);
      });
      for (Index c = 0; c < C; ++c) mean[c] = group_mean(sum, c / width, cols);
      std::fill(sum, sum + C, 0.0);
      for_each_pixel(cols, [&](Index p) {
        for (Index c = 0; c < C; ++c) {
          const double d = double(from[p + c]) - mean[c];
          sum[c] += d * d;
        }
      });
      for (Index g = 0; g < groups; ++g)
        scale[i * groups + g] = Real(1 / std::sqrt(group_mean(sum, g, cols) + double(epsilon)));
      for (Index c = 0; c < C; ++c) sum[c] = double(scale[i * groups + c / width]);
      for_each_pixel(cols, [&](Index p) {
        for (Index c = 0; c < C; ++c) to[p + c] = Real((double(from[p + c]) - mean[c]) * sum[c]);
      });
    });
  }
  void pull(Wrt<0>, Node y, Node x) const {
    const Index cols = x.val.cols, C = channels, width = C / groups;
    for_each_row(x.val.shape(), [&](Index i) {
      const Real *out = y.val.row(i), *adj = y.adj.row(i);
      Real* to = x.adj.row(i);
      double *mean = sums + 2 * i * C, *slope = mean + C;
      std::fill(mean, mean + 2 * C, 0.0);
      for_each_pixel(cols, [&](Index p) {
        for (Index c = 0; c < C; ++c) {
          mean[c] += double(adj[p + c]);
          slope[c] += double(adj[p + c]) * double(out[p + c]);
        }
      });
      for (Index g = 0; g < groups; ++g) {
        const double m = group_mean(mean, g, cols), s = group_mean(slope, g, cols);
        std::fill(mean + g * width, mean + (g + 1) * width, m);
        std::fill(slope + g * width, slope + (g + 1) * width, s);
      }
      for_each_pixel(cols, [&](Index p) {
        for (Index c = 0; c < C; ++c)
          to[p + c] += scale[i * groups + c / width] *
                       Real(double(adj[p + c]) - mean[c] - double(out[p + c]) * slope[c]);
      });
    });
  }
  std::string details() const { return concat(", ", groups, " groups of ", channels, " channels"); }
};
// x (B, pixels channels), same shape; epsilon > 0
inline Var normalise_groups(Var x, Index channels, Index groups, double epsilon) {
  Tape& tape = x.tape();
  const Index rows = x.shape().rows;
  return record(NormaliseGroups{channels, groups, Real(epsilon),
                                tape.memory_for<Real>(rows * std::max<Index>(groups, 1)),
                                tape.memory_for<double>(2 * rows * std::max<Index>(channels, 1))},
                x);
}
VAEGRAD_CHECKED(NormaliseGroups, normalise_groups, VAEGRAD_INPUTS({{3, 24}}),
                [](Var x) { return normalise_groups(x, 4, 2, 1e-5); })
VAEGRAD_CHECKED_ALSO(NormaliseGroups, normalise_layer, VAEGRAD_INPUTS({{4, 7}}),
                     [](Var x) { return normalise_groups(x, 7, 1, 0.1); })

}  // namespace vaegrad::inline VAEGRAD_ABI
