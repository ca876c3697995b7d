#include <vaegrad/autodiff/real.hpp>
#if !defined(VAEGRAD_DOUBLE)
#include <algorithm>
#include <bit>

#include <vaegrad/autodiff/kernels/convolution_plan.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI::onednn {
namespace {

constexpr Index worth_a_part = 8'000'000;  // additions and multiplications
constexpr Index cached = 1 << 17;          // numbers in and out that a core's own cache holds
// Towards fewer channels oneDNN computes as much as towards 16: 16 GFLOP/s for one.
constexpr Index few_channels = 16;
constexpr std::size_t most_plans = 64;

}  // namespace

void Plan::make_primitive(Part& part) {
  // All parts of a batch have their weights in one layout: that of the first.
  const Descriptor free = weights_of(g, Tag::any),
                   any = weights_size ? weights_kept.get_desc() : free;
  const Convolution convolution(g, part.count);
  const auto forward = convolution.forward(pass == Pass::forward ? any : free);
  Descriptor w, scratch;
  if (pass == Pass::forward) {
    part.primitive = dnnl::convolution_forward(forward);
    w = forward.weights_desc(), scratch = forward.scratchpad_desc();
  } else if (pass == Pass::back) {
    const auto back = convolution.back(any, forward);
    part.primitive = dnnl::convolution_backward_data(back);
    w = back.weights_desc(), scratch = back.scratchpad_desc();
  } else {
    const auto sum = convolution.sum(any, forward);
    part.primitive = dnnl::convolution_backward_weights(sum);
    w = sum.diff_weights_desc(), scratch = sum.scratchpad_desc();
  }
  part.x = unset(images(part.count, g.in)), part.y = unset(images(part.count, g.out())),
  part.w = unset(w), part.scratchpad = unset(scratch);
  part.work = Buffer(scratch.get_size() / sizeof(Real) + 1);
  point(part.scratchpad, part.work.data.get());
  if (!weights_size) {
    weights_size = Index(w.get_size() / sizeof(Real));
    weights_kept = unset(w);
  }
}

Plan::Plan(Pass p, const ConvolutionGeometry& geometry, Index n, Index parts_at_most)
    : pass(p),
      g(geometry),
      batch(n),
      most(parts_at_most),
      by_product(p == Pass::back && g.in.channels < few_channels) {
  const OneThread one;
  const Index work = 2 * g.out().size() * g.weights().rows, numbers = g.in.size() + g.out().size();
  const Index wanted =
      std::clamp<Index>(std::max(batch * work / worth_a_part, batch * numbers / cached), 1, most);
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
  if (pass == Pass::weights) sums = Buffer(parts.size() * std::size_t(weights_size));
  if (weights_as_they_are) return;
  weights = Buffer(std::size_t(weights_size));
  const dnnl::engine& on = engine();
  rearrange = pass == Pass::weights ? dnnl::reorder({on, kept, on, given})
                                    : dnnl::reorder({on, given, on, kept});
}

// Kept by the thread that calls, so that two tapes in two threads do not share one.
Plan& plan(Pass pass, const ConvolutionGeometry& g, Index batch, Index most) {
  if (pass == Pass::weights) most = std::min(most, most_sums);
  thread_local std::vector<std::unique_ptr<Plan>> plans;
  thread_local std::uint64_t now = 0;
  ++now;
  for (const auto& p : plans)
    if (p->batch == batch && p->pass == pass && p->most == most && p->g == g)
      return p->last_used = now, *p;
  if (plans.size() == most_plans)
    plans.erase(std::min_element(plans.begin(), plans.end(), [](const auto& a, const auto& b) {
      return a->last_used < b->last_used;
    }));
  try {
    plans.push_back(std::make_unique<Plan>(pass, g, batch, most));
  } catch (const dnnl::error& e) {
    fail("convolution: oneDNN does not know this one: ", g.in, " -> ", g.out(), ", kernel ",
         g.kernel, ", stride ", g.stride, ", padding ", g.padding, ": ", e.what());
  }
  plans.back()->last_used = now;
  return *plans.back();
}

}  // namespace vaegrad::inline VAEGRAD_ABI::onednn
#endif
