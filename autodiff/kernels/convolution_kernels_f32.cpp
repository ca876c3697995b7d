// Float convolutions: oneDNN primitives, each on one thread and on a part of the batch.
//
// The batch is cut by shape alone and the parts are spread over our own team, as with products:
// then the bits are the same for any number of threads. Images keep their channels last (oneDNN's
// nhwc), so nothing is rearranged between layers: forward its kernels reach 290 GFLOP/s on one
// AVX-512 core there and 245 with channels in blocks of 16, backward 255 and 240 against 231 and
// 240. Weights are rearranged once for each call, not once for each part.
#include <vaegrad/autodiff/real.hpp>
#if !defined(VAEGRAD_DOUBLE)
#include <algorithm>

#include <vaegrad/autodiff/kernels/convolution_plan.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using onednn::Buffer, onednn::execute, onednn::Part, onednn::Pass, onednn::Plan, onednn::plan,
    onednn::point, onednn::most_sums;

constexpr Index worth_threads = 16384;  // numbers to be added

void add(Real* to, const Real* from, Index n) {
  for (Index i = 0; i < n; ++i) to[i] += from[i];
}
void add_threaded(Real* to, const Real* from, Index n) {
  constexpr Index piece = worth_threads / 2;
  parallel_for((n + piece - 1) / piece, n >= worth_threads, [&](Index block) {
    add(to + block * piece, from + block * piece, std::min(piece, n - block * piece));
  });
}

// As oneDNN has them
const Real* arranged(Plan& p, const Real* w) {
  if (p.weights_as_they_are) return w;
  const OneThread one;
  point(p.weights_given, w);
  point(p.weights_kept, p.weights.data.get());
  execute(p.rearrange, p.stream,
          {{DNNL_ARG_FROM, p.weights_given.get()}, {DNNL_ARG_TO, p.weights_kept.get()}});
  return p.weights.data.get();
}

template <class F>
void for_each_part(Plan& p, F f) {
  parallel_for(Index(p.parts.size()), p.parts.size() > 1, [&](Index k) {
    const OneThread one;
    f(p.parts[std::size_t(k)]);
  });
}

// Where a result is to be added to something: elsewhere first.
Real* target(Plan& p, Real* to, Index size, bool accumulate) {
  if (!accumulate) return to;
  if (!p.result.data) p.result = Buffer(std::size_t(size));
  return p.result.data.get();
}

// ---- one part of a batch; x and y begin with its images ----

// windows = y Wᵀ, one row for each place of the window; each is then added where it looked.
void back_by_product(const Plan& p, const Part& part, const Real* y, const Real* w, Real* x) {
  const ConvolutionGeometry& g = p.g;
  const ImageShape out = g.out();
  const Index width = g.weights().rows, C = g.in.channels, D = g.channels;
  const Index pixels = out.height * out.width;
  const dnnl_status_t status = dnnl_sgemm('N', 'T', part.count * pixels, width, D, 1.f, y, D, w, D,
                                          0.f, part.work.data.get(), width);
  check(status == dnnl_success, "convolution: dnnl_sgemm failed: status ", int(status));
  const Real* window = part.work.data.get();
  for (Index b = 0; b < part.count; ++b) {
    Real* image = x + b * g.in.size();
    std::fill_n(image, g.in.size(), Real(0));
    for (Index o = 0; o < out.height; ++o)
      for (Index q = 0; q < out.width; ++q, window += width) {
        const Index left = q * g.stride - g.padding;
        const Index j0 = std::max<Index>(0, -left), j1 = std::min(g.kernel, g.in.width - left);
        for (Index i = 0; i < g.kernel; ++i) {
          const Index row = o * g.stride + i - g.padding;
          if (row < 0 || row >= g.in.height) continue;
          add(image + (row * g.in.width + left + j0) * C, window + (i * g.kernel + j0) * C,
              (j1 - j0) * C);
        }
      }
  }
}

// weights as arranged() has them
void forward_part(const Part& part, const Real* x, const Real* weights, Real* y) {
  point(part.x, x);
  point(part.w, weights);
  point(part.y, y);
  execute(part.primitive, part.stream,
          {{DNNL_ARG_SRC, part.x.get()},
           {DNNL_ARG_WEIGHTS, part.w.get()},
           {DNNL_ARG_DST, part.y.get()},
           {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
}
void back_part(const Plan& p, const Part& part, const Real* y, const Real* weights, Real* x) {
  if (p.by_product) return back_by_product(p, part, y, weights, x);
  point(part.y, y);
  point(part.w, weights);
  point(part.x, x);
  execute(part.primitive, part.stream,
          {{DNNL_ARG_DIFF_DST, part.y.get()},
           {DNNL_ARG_WEIGHTS, part.w.get()},
           {DNNL_ARG_DIFF_SRC, part.x.get()},
           {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
}
// The sum over its images, in a place of its own
void sum_part(const Plan& p, const Part& part, const Real* x, const Real* y) {
  point(part.x, x);
  point(part.y, y);
  point(part.w, p.sums.data.get() + (&part - p.parts.data()) * p.weights_size);
  execute(part.primitive, part.stream,
          {{DNNL_ARG_SRC, part.x.get()},
           {DNNL_ARG_DIFF_DST, part.y.get()},
           {DNNL_ARG_DIFF_WEIGHTS, part.w.get()},
           {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
}
// Those sums in their order, to w
void add_parts(Plan& p, Real* w, bool accumulate) {
  const Index n = p.weights_size, parts = Index(p.parts.size()), size = p.g.weights().size();
  Real* sum = p.sums.data.get();
  constexpr Index piece = worth_threads / 4;
  parallel_for((n + piece - 1) / piece, n * (parts - 1) >= worth_threads, [&](Index block) {
    const Index first = block * piece, count = std::min(piece, n - first);
    for (Index k = 1; k < parts; ++k) add(sum + first, sum + k * n + first, count);
  });
  const Real* from = sum;
  if (!p.weights_as_they_are) {
    const OneThread one;
    Real* to = target(p, w, size, accumulate);
    point(p.weights_kept, sum);
    point(p.weights_given, to);
    execute(p.rearrange, p.stream,
            {{DNNL_ARG_FROM, p.weights_kept.get()}, {DNNL_ARG_TO, p.weights_given.get()}});
    if (!accumulate) return;
    from = to;
  }
  if (accumulate)
    add(w, from, size);
  else
    std::copy_n(from, size, w);
}

// Windows of one pixel that skip some: those that are seen are put side by side first. oneDNN 2.6
// does so itself, and for AVX2 it writes beyond its scratchpad (1 channel, 8 x 8, stride 2).
bool skips_pixels(const ConvolutionGeometry& g) { return g.kernel == 1 && g.stride > 1; }
ConvolutionGeometry without_skipped(const ConvolutionGeometry& g) {
  return {{g.out().height, g.out().width, g.in.channels}, g.channels, 1};
}
Real* room_for_seen(Index n) {
  thread_local Buffer room;
  thread_local Index size = 0;
  if (n > size) room = Buffer(std::size_t(n)), size = n;
  return room.data.get();
}
// f(where a pixel is in the images, where among those that are seen)
template <class F>
void for_each_seen(const ConvolutionGeometry& g, Index batch, F f) {
  const ImageShape out = g.out();
  const Index C = g.in.channels, row = out.width * C;
  parallel_for(batch, batch * out.height * row >= worth_threads, [&](Index b) {
    for (Index o = 0; o < out.height; ++o)
      for (Index q = 0; q < out.width; ++q)
        f(((b * g.in.height + o * g.stride) * g.in.width + q * g.stride) * C,
          (b * out.height + o) * row + q * C);
  });
}
const Real* seen_pixels(const ConvolutionGeometry& g, Index batch, const Real* x) {
  Real* seen = room_for_seen(batch * without_skipped(g).in.size());
  for_each_seen(g, batch,
                [&](Index at, Index to) { std::copy_n(x + at, g.in.channels, seen + to); });
  return seen;
}

// after(first image, how many) as soon as they are computed, before anything is added
template <class After>
void forward(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* w, Real* y,
             bool accumulate, After after) {
  if (skips_pixels(g))
    return forward(without_skipped(g), batch, seen_pixels(g, batch, x), w, y, accumulate, after);
  Plan& p = plan(Pass::forward, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size();
  Real* to = target(p, y, batch * n_out, accumulate);
  const Real* kept = arranged(p, w);
  for_each_part(p, [&](Part& part) {
    forward_part(part, x + part.first * n_in, kept, to + part.first * n_out);
    after(part.first, part.count);
  });
  if (accumulate) add_threaded(y, to, batch * n_out);
}
template <class After>
void back(const ConvolutionGeometry& g, Index batch, const Real* y, const Real* w, Real* x,
          bool accumulate, After after) {
  if (skips_pixels(g)) {
    const ConvolutionGeometry seen = without_skipped(g);
    Real* from = room_for_seen(batch * seen.in.size());
    convolve_images_transposed(seen, batch, y, w, from, false);
    if (!accumulate) std::fill_n(x, batch * g.in.size(), Real(0));
    for_each_seen(g, batch, [&](Index to, Index at) { add(x + to, from + at, g.in.channels); });
    return after(0, batch);
  }
  Plan& p = plan(Pass::back, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size();
  Real* to = target(p, x, batch * n_in, accumulate);
  const Real* kept = arranged(p, w);
  for_each_part(p, [&](Part& part) {
    back_part(p, part, y + part.first * n_out, kept, to + part.first * n_in);
    after(part.first, part.count);
  });
  if (accumulate) add_threaded(x, to, batch * n_in);
}
constexpr auto nothing = [](Index, Index) {};

}  // namespace

void convolve_images(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* w,
                     Real* y, bool accumulate) {
  forward(g, batch, x, w, y, accumulate, nothing);
}

void convolve_images_transposed(const ConvolutionGeometry& g, Index batch, const Real* y,
                                const Real* w, Real* x, bool accumulate) {
  back(g, batch, y, w, x, accumulate, nothing);
}

void convolution_weights(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* y,
                         Real* w, bool accumulate) {
  if (skips_pixels(g))
    return convolution_weights(without_skipped(g), batch, seen_pixels(g, batch, x), y, w,
                               accumulate);
  Plan& p = plan(Pass::weights, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size();
  for_each_part(
      p, [&](Part& part) { sum_part(p, part, x + part.first * n_in, y + part.first * n_out); });
  add_parts(p, w, accumulate);
}

void convolve_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                    const Real* b, Real* h) {
  const Index n = layer.to().size(), channels = layer.to().channels;
  const auto end = [=, f = layer.f](Index first, Index count) {
    apply_epilogue(*f, h + first * n, b, count * n / channels, channels);
  };
  if (layer.transposed)
    back(layer.g, batch, x, w, h, false, end);
  else
    forward(layer.g, batch, x, w, h, false, end);
}

// δ of a part, and all that follows from it, before the next part: but for what is added to an x̄.
void pull_layer(const ConvolvedLayer& layer, Index batch, const Real* x, const Real* w,
                const Real* h, const Real* h_adj, const LayerAdjoints& to) {
  const ConvolutionGeometry& g = layer.g;
  if (skips_pixels(g) || !to.w.data || (to.x.data && to.x.accumulate))
    return pull_layer_at_once(layer, batch, x, w, h, h_adj, to);
  Plan& sums = plan(Pass::weights, g, batch, most_sums);
  Plan* towards = to.x.data
                      ? &plan(layer.transposed ? Pass::forward : Pass::back, g, batch, most_sums)
                      : nullptr;
  const Real* kept = towards ? arranged(*towards, w) : nullptr;
  const Index n_from = layer.from().size(), n_to = layer.to().size(), C = layer.to().channels;
  if (!sums.deltas) {
    sums.bias = Buffer(sums.parts.size() * std::size_t(std::max(g.in.channels, g.channels)));
    const Index largest = std::max(g.in.size(), g.out().size());
    sums.deltas = std::make_unique<onednn::Places>(std::size_t(sums.parts[0].count * largest));
  }
  Real* const bias = sums.bias.data.get();
  for_each_part(sums, [&](Part& part) {
    const Index k = &part - sums.parts.data();
    const auto place = sums.deltas->take();
    Real* const delta = place.numbers;
    const Real* own = x + part.first * n_from;
    pull_epilogue(*layer.f, h + part.first * n_to, h_adj + part.first * n_to, delta, bias + k * C,
                  part.count * n_to / C, C);
    layer.transposed ? sum_part(sums, part, delta, own) : sum_part(sums, part, own, delta);
    if (!towards) return;
    const Part& other = towards->parts[std::size_t(k)];
    Real* result = to.x.data + part.first * n_from;
    layer.transposed ? forward_part(other, delta, kept, result)
                     : back_part(*towards, other, delta, kept, result);
  });
  add_parts(sums, to.w.data, to.w.accumulate);
  for (std::size_t k = 1; k < sums.parts.size(); ++k) add(bias, bias + Index(k) * C, C);
  give_to_bias(bias, C, to.b);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
