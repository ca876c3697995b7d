// What we use of oneDNN's primitives: engine, memory that points at our numbers, and descriptions
// of the three convolutions. The one file that knows releases of oneDNN apart: 2.x describes an
// operation in an object of its own, 3.x does not.
#pragma once
#include <initializer_list>
#include <oneapi/dnnl/dnnl.hpp>

#include <vaegrad/autodiff/kernels/convolution_kernels.hpp>

#if DNNL_VERSION_MAJOR != 2 && DNNL_VERSION_MAJOR != 3
#error \
    "vaegrad: this release of oneDNN is not known; 2.6 and 3.7 are. See autodiff/kernels/onednn.hpp"
#endif

namespace vaegrad::inline VAEGRAD_ABI::onednn {

using dnnl::memory;
using Descriptor = memory::desc;
using Tag = memory::format_tag;

inline const dnnl::engine& engine() {
  static const auto* e = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // outlives every thread
  return *e;
}

// By the C function: that of C++ makes a hash table of the arguments each time.
inline void execute(const dnnl::primitive& primitive, const dnnl::stream& stream,
                    std::initializer_list<dnnl_exec_arg_t> arguments) {
  const dnnl_status_t status = dnnl_primitive_execute(primitive.get(), stream.get(),
                                                      int(arguments.size()), arguments.begin());
  check(status == dnnl_success, "convolution: oneDNN failed: status ", int(status));
}
inline void point(const memory& m, const Real* data) {
  check(dnnl_memory_set_data_handle(m.get(), const_cast<Real*>(data)) == dnnl_success,
        "convolution: oneDNN does not take a pointer");
}
inline memory unset(const Descriptor& d) { return {d, engine(), DNNL_MEMORY_NONE}; }

inline Descriptor images(Index count, ImageShape s) {  // channels last
  return {{count, s.channels, s.height, s.width}, memory::data_type::f32, Tag::nhwc};
}
inline Descriptor weights_of(const ConvolutionGeometry& g, Tag tag) {
  return {{g.channels, g.in.channels, g.kernel, g.kernel}, memory::data_type::f32, tag};
}

// A convolution y = A x of `count` images, with weights as `w` says, or any; its scratchpad is
// ours.
class Convolution {
 public:
  using Forward = dnnl::convolution_forward;
  using Back = dnnl::convolution_backward_data;
  using Sum = dnnl::convolution_backward_weights;

  Convolution(const ConvolutionGeometry& g, Index count)
      : x(images(count, g.in)),
        y(images(count, g.out())),
        step{g.stride, g.stride},
        pad{g.padding, g.padding} {
    user.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  }

#if DNNL_VERSION_MAJOR >= 3
  Forward::primitive_desc forward(const Descriptor& w) const {
    return {engine(), training, direct, x, w, y, step, pad, pad, user};
  }
  Back::primitive_desc back(const Descriptor& w, const Forward::primitive_desc& forward) const {
    return {engine(), direct, x, w, y, step, pad, pad, forward, user};
  }
  Sum::primitive_desc sum(const Descriptor& w, const Forward::primitive_desc& forward) const {
    return {engine(), direct, x, w, y, step, pad, pad, forward, user};
  }
#else
  Forward::primitive_desc forward(const Descriptor& w) const {
    return {{training, direct, x, w, y, step, pad, pad}, user, engine()};
  }
  Back::primitive_desc back(const Descriptor& w, const Forward::primitive_desc& forward) const {
    return {{direct, x, w, y, step, pad, pad}, user, engine(), forward};
  }
  Sum::primitive_desc sum(const Descriptor& w, const Forward::primitive_desc& forward) const {
    return {{direct, x, w, y, step, pad, pad}, user, engine(), forward};
  }
#endif

 private:
  static constexpr auto training = dnnl::prop_kind::forward_training;
  static constexpr auto direct = dnnl::algorithm::convolution_direct;
  Descriptor x, y;
  memory::dims step, pad;
  dnnl::primitive_attr user;
};

}  // namespace vaegrad::inline VAEGRAD_ABI::onednn
