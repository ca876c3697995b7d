// Float convolutions: oneDNN primitives, each on one thread and on a part of the batch.
//
// The batch is cut by shape alone and the parts are spread over our own team, as with products:
// then the bits are the same for any number of threads. Images keep their channels last (oneDNN's
// nhwc), so nothing is rearranged between layers: forward its kernels reach 290 GFLOP/s on one
// AVX-512 core there and 245 with channels in blocks of 16, backward 255 and 240 against 231 and
// 240. Weights are rearranged once for each call, not once for each part.
//
// Everything that a call needs besides its operands is a Plan, made the first time that a thread
// meets its geometry and batch: from then on nothing here allocates.
#include <vaegrad/autodiff/real.hpp>
#if !defined(VAEGRAD_DOUBLE)
#include <algorithm>
#include <bit>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include <vaegrad/autodiff/convolution_kernels.hpp>
#include <vaegrad/autodiff/one_thread.hpp>
#include <vaegrad/autodiff/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using dnnl::memory;
using Descriptor = memory::desc;
using Tag = memory::format_tag;

enum class Kind { forward, back, weights };

constexpr Index worth_a_part = 8'000'000;  // additions and multiplications
constexpr Index most_parts = 16, most_sums = 8;
// Towards fewer channels oneDNN computes as much as towards 16: 16 GFLOP/s for one.
constexpr Index few_channels = 16;
constexpr Index worth_threads = 16384;  // numbers to be added
constexpr std::size_t most_plans = 64;

const dnnl::engine& engine() {
  static const auto* e = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // outlives every thread
  return *e;
}

void execute(const dnnl::primitive& primitive, const dnnl::stream& stream,
             std::initializer_list<dnnl_exec_arg_t> arguments) {
  const dnnl_status_t status = dnnl_primitive_execute(primitive.get(), stream.get(),
                                                      int(arguments.size()), arguments.begin());
  check(status == dnnl_success, "convolution: oneDNN failed: status ", int(status));
}
void point(const memory& m, const Real* data) {
  check(dnnl_memory_set_data_handle(m.get(), const_cast<Real*>(data)) == dnnl_success,
        "convolution: oneDNN does not take a pointer");
}
memory unset(const Descriptor& d) { return {d, engine(), DNNL_MEMORY_NONE}; }

struct Buffer {  // uninitialised, 64-byte aligned
  struct Free {
    void operator()(Real* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<Real, Free> data;
  Buffer() = default;
  explicit Buffer(std::size_t n)
      : data(static_cast<Real*>(::operator new (n * sizeof(Real), std::align_val_t{64}))) {}
};

void add(Real* to, const Real* from, Index n) {
  for (Index i = 0; i < n; ++i) to[i] += from[i];
}
void add_threaded(Real* to, const Real* from, Index n) {
  constexpr Index piece = worth_threads / 2;
  parallel_for((n + piece - 1) / piece, n >= worth_threads, [&](Index block) {
    add(to + block * piece, from + block * piece, std::min(piece, n - block * piece));
  });
}

struct Part {
  Index first, count;  // images
  dnnl::stream stream{engine()};
  memory x{}, y{}, w{}, scratchpad{};
  dnnl::primitive primitive{};
  Buffer work{};  // the scratchpad's; of few channels the windows
};

struct Plan {
  Kind kind;
  ConvolutionGeometry g;
  Index batch;
  std::uint64_t last_used = 0;

  bool by_product = false;  // towards few channels: a product, then windows added up
  std::vector<Part> parts;
  Index weights_size = 0;  // as oneDNN has them, padding and all
  bool weights_as_they_are = true;
  dnnl::stream stream{engine()};
  memory weights_given, weights_kept;
  dnnl::primitive rearrange;
  Buffer weights, sums, result;  // sums: of each part; result: of a call that accumulates

  Plan(Kind kind, const ConvolutionGeometry& g, Index batch);

 private:
  void make_primitive(Part& part);
};

Descriptor images(Index count, ImageShape s) {
  return {{count, s.channels, s.height, s.width}, memory::data_type::f32, Tag::nhwc};
}
Descriptor weights_of(const ConvolutionGeometry& g, Tag tag) {
  return {{g.channels, g.in.channels, g.kernel, g.kernel}, memory::data_type::f32, tag};
}

void Plan::make_primitive(Part& part) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
  const Descriptor x = images(part.count, g.in), y = images(part.count, g.out());
  // All parts of a batch have their weights in one layout: that of the first.
  const Descriptor free = weights_of(g, Tag::any),
                   any = weights_size ? weights_kept.get_desc() : free;
  const memory::dims step{g.stride, g.stride}, pad{g.padding, g.padding};
  dnnl::primitive_attr user;
  user.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, direct, x, kind == Kind::forward ? any : free, y, step,
       pad, pad},
      user, engine());
  Descriptor w, scratch;
  if (kind == Kind::forward) {
    part.primitive = dnnl::convolution_forward(forward);
    w = forward.weights_desc(), scratch = forward.scratchpad_desc();
  } else if (kind == Kind::back) {
    const dnnl::convolution_backward_data::primitive_desc back({direct, x, any, y, step, pad, pad},
                                                               user, engine(), forward);
    part.primitive = dnnl::convolution_backward_data(back);
    w = back.weights_desc(), scratch = back.scratchpad_desc();
  } else {
    const dnnl::convolution_backward_weights::primitive_desc sum(
        {direct, x, any, y, step, pad, pad}, user, engine(), forward);
    part.primitive = dnnl::convolution_backward_weights(sum);
    w = sum.diff_weights_desc(), scratch = sum.scratchpad_desc();
  }
  part.x = unset(x), part.y = unset(y), part.w = unset(w), part.scratchpad = unset(scratch);
  part.work = Buffer(scratch.get_size() / sizeof(Real) + 1);
  point(part.scratchpad, part.work.data.get());
  if (!weights_size) {
    weights_size = Index(w.get_size() / sizeof(Real));
    weights_kept = unset(w);
  }
}

Plan::Plan(Kind k, const ConvolutionGeometry& geometry, Index n)
    : kind(k), g(geometry), batch(n), by_product(k == Kind::back && g.in.channels < few_channels) {
  const OneThread one;
  const Index work = 2 * g.out().size() * g.weights().rows;
  const Index wanted = std::clamp<Index>(batch * work / worth_a_part, 1,
                                         kind == Kind::weights ? most_sums : most_parts);
  const Index each = (batch + Index(std::bit_ceil(std::size_t(wanted))) - 1) /
                     Index(std::bit_ceil(std::size_t(wanted)));
  for (Index first = 0; first < batch; first += each)
    parts.push_back({.first = first, .count = std::min(each, batch - first)});
  if (by_product) {
    const Index pixels = g.out().height * g.out().width;
    for (Part& part : parts)
      part.work = Buffer(std::size_t(part.count * pixels * g.weights().rows));
    return;
  }
  for (Part& part : parts) make_primitive(part);

  const Descriptor given = weights_of(g, Tag::hwio), kept = weights_kept.get_desc();
  weights_as_they_are = given == kept;
  weights_given = unset(given);
  if (kind == Kind::weights) sums = Buffer(parts.size() * std::size_t(weights_size));
  if (weights_as_they_are) return;
  weights = Buffer(std::size_t(weights_size));
  rearrange = kind == Kind::weights ? dnnl::reorder({engine(), kept, engine(), given})
                                    : dnnl::reorder({engine(), given, engine(), kept});
}

// Kept by the thread that calls, so that two tapes in two threads do not share one.
Plan& plan(Kind kind, const ConvolutionGeometry& g, Index batch) {
  thread_local std::vector<std::unique_ptr<Plan>> plans;
  thread_local std::uint64_t now = 0;
  ++now;
  for (const auto& p : plans)
    if (p->batch == batch && p->kind == kind && p->g == g) return p->last_used = now, *p;
  if (plans.size() == most_plans)
    plans.erase(std::min_element(plans.begin(), plans.end(), [](const auto& a, const auto& b) {
      return a->last_used < b->last_used;
    }));
  try {
    plans.push_back(std::make_unique<Plan>(kind, g, batch));
  } catch (const dnnl::error& e) {
    fail("convolution: oneDNN does not know this one: ", g.in, " -> ", g.out(), ", kernel ",
         g.kernel, ", stride ", g.stride, ", padding ", g.padding, ": ", e.what());
  }
  plans.back()->last_used = now;
  return *plans.back();
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

// windows = y Wᵀ, one row for each place of the window; each is then added where it looked.
void back_by_product(const Plan& p, const Part& part, const Real* y, const Real* w, Real* x) {
  const ConvolutionGeometry& g = p.g;
  const ImageShape out = g.out();
  const Index width = g.weights().rows, C = g.in.channels, D = g.channels;
  const Index pixels = out.height * out.width;
  const dnnl_status_t status =
      dnnl_sgemm('N', 'T', part.count * pixels, width, D, 1.f, y + part.first * out.size(), D, w, D,
                 0.f, part.work.data.get(), width);
  check(status == dnnl_success, "convolution: dnnl_sgemm failed: status ", int(status));
  const Real* window = part.work.data.get();
  for (Index b = 0; b < part.count; ++b) {
    Real* image = x + (part.first + b) * g.in.size();
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

}  // namespace

void convolve_images(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* w,
                     Real* y, bool accumulate) {
  if (skips_pixels(g))
    return convolve_images(without_skipped(g), batch, seen_pixels(g, batch, x), w, y, accumulate);
  Plan& p = plan(Kind::forward, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size();
  Real* to = target(p, y, batch * n_out, accumulate);
  const Real* kept = arranged(p, w);
  for_each_part(p, [&](Part& part) {
    point(part.x, x + part.first * n_in);
    point(part.w, kept);
    point(part.y, to + part.first * n_out);
    execute(part.primitive, part.stream,
            {{DNNL_ARG_SRC, part.x.get()},
             {DNNL_ARG_WEIGHTS, part.w.get()},
             {DNNL_ARG_DST, part.y.get()},
             {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
  });
  if (accumulate) add_threaded(y, to, batch * n_out);
}

void convolve_images_transposed(const ConvolutionGeometry& g, Index batch, const Real* y,
                                const Real* w, Real* x, bool accumulate) {
  if (skips_pixels(g)) {
    const ConvolutionGeometry seen = without_skipped(g);
    Real* from = room_for_seen(batch * seen.in.size());
    convolve_images_transposed(seen, batch, y, w, from, false);
    if (!accumulate) std::fill_n(x, batch * g.in.size(), Real(0));
    return for_each_seen(g, batch,
                         [&](Index to, Index at) { add(x + to, from + at, g.in.channels); });
  }
  Plan& p = plan(Kind::back, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size();
  Real* to = target(p, x, batch * n_in, accumulate);
  if (p.by_product) {
    for_each_part(p, [&](Part& part) { back_by_product(p, part, y, w, to); });
  } else {
    const Real* kept = arranged(p, w);
    for_each_part(p, [&](Part& part) {
      point(part.y, y + part.first * n_out);
      point(part.w, kept);
      point(part.x, to + part.first * n_in);
      execute(part.primitive, part.stream,
              {{DNNL_ARG_DIFF_DST, part.y.get()},
               {DNNL_ARG_WEIGHTS, part.w.get()},
               {DNNL_ARG_DIFF_SRC, part.x.get()},
               {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
    });
  }
  if (accumulate) add_threaded(x, to, batch * n_in);
}

// The sum of each part in a place of its own, then added in their order.
void convolution_weights(const ConvolutionGeometry& g, Index batch, const Real* x, const Real* y,
                         Real* w, bool accumulate) {
  if (skips_pixels(g))
    return convolution_weights(without_skipped(g), batch, seen_pixels(g, batch, x), y, w,
                               accumulate);
  Plan& p = plan(Kind::weights, g, batch);
  const Index n_in = g.in.size(), n_out = g.out().size(), n = p.weights_size;
  for_each_part(p, [&](Part& part) {
    point(part.x, x + part.first * n_in);
    point(part.y, y + part.first * n_out);
    point(part.w, p.sums.data.get() + (&part - p.parts.data()) * n);
    execute(part.primitive, part.stream,
            {{DNNL_ARG_SRC, part.x.get()},
             {DNNL_ARG_DIFF_DST, part.y.get()},
             {DNNL_ARG_DIFF_WEIGHTS, part.w.get()},
             {DNNL_ARG_SCRATCHPAD, part.scratchpad.get()}});
  });
  Real* sum = p.sums.data.get();
  constexpr Index piece = worth_threads / 4;
  const Index parts = Index(p.parts.size());
  parallel_for((n + piece - 1) / piece, n * (parts - 1) >= worth_threads, [&](Index block) {
    const Index first = block * piece, count = std::min(piece, n - first);
    for (Index k = 1; k < parts; ++k) add(sum + first, sum + k * n + first, count);
  });
  const Index size = g.weights().size();
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

}  // namespace vaegrad::inline VAEGRAD_ABI
#endif
