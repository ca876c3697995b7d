// Everything that a float convolution needs besides its operands, made the first time that a thread
// meets its geometry and batch: from then on nothing here allocates.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <vaegrad/autodiff/kernels/onednn.hpp>

namespace vaegrad::inline VAEGRAD_ABI::onednn {

enum class Pass { forward, back, weights };

struct Buffer {  // uninitialised, 64-byte aligned
  struct Free {
    void operator()(Real* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<Real, Free> data;
  Buffer() = default;
  explicit Buffer(std::size_t n)
      : data(static_cast<Real*>(::operator new (n * sizeof(Real), std::align_val_t{64}))) {}
};

struct Part {
  Index first, count;  // images
  dnnl::stream stream{engine()};
  memory x{}, y{}, w{}, scratchpad{};
  dnnl::primitive primitive{};
  Buffer work{};  // the scratchpad's; of few channels the windows
};

struct Plan {
  Pass pass;
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

  Plan(Pass pass, const ConvolutionGeometry& g, Index batch);

 private:
  void make_primitive(Part& part);
};

// Of the calling thread, so that two tapes in two threads do not share one. Error: oneDNN does not
// know this one
Plan& plan(Pass pass, const ConvolutionGeometry& g, Index batch);

}  // namespace vaegrad::inline VAEGRAD_ABI::onednn
