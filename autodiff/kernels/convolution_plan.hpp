// Everything that a float convolution needs besides its operands, made the first time that a thread
// meets its geometry and batch: from then on nothing here allocates.
#pragma once
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include <vaegrad/autodiff/kernels/onednn.hpp>

namespace vaegrad::inline VAEGRAD_ABI::onednn {

enum class Pass { forward, back, weights };

// Into how many parts a batch is cut: each has sums of its own where weights are added up, and one of
// as many Places.
constexpr Index most_parts = 16, most_sums = 8;

struct Buffer {  // uninitialised, 64-byte aligned
  struct Free {
    void operator()(Real* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<Real, Free> data;
  Buffer() = default;
  explicit Buffer(std::size_t n)
      : data(static_cast<Real*>(::operator new (n * sizeof(Real), std::align_val_t{64}))) {}
};

// Memory for as many parts as are computed at once: who comes takes the first that is free, so that
// few threads stay in the little that their caches hold.
class Places {
 public:
  explicit Places(std::size_t size) : size_(size), memory_(most_sums * size) {}
  struct Place {  // free again when it goes
    Places& of;
    std::uint32_t bit;
    Real* const numbers;
    ~Place() { of.taken_.fetch_and(~bit); }
  };
  Place take() {
    std::uint32_t taken = taken_.load(), mine = 0;
    do mine = ~taken & (taken + 1);
    while (!taken_.compare_exchange_weak(taken, taken | mine));
    return {*this, mine, memory_.data.get() + std::size_t(std::countr_zero(mine)) * size_};
  }

 private:
  std::size_t size_;
  Buffer memory_;
  std::atomic<std::uint32_t> taken_ = 0;
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
  Index batch, most;  // images; parts
  std::uint64_t last_used = 0;

  bool by_product = false;  // towards few channels: a product, then windows added up
  std::vector<Part> parts;
  Index weights_size = 0;  // as oneDNN has them, padding and all
  bool weights_as_they_are = true;
  dnnl::stream stream{engine()};
  memory weights_given, weights_kept;
  dnnl::primitive rearrange;
  Buffer weights, sums, result;    // sums: of each part; result: of a call that accumulates
  Buffer bias;                     // of each part, the sums of a layer at once
  std::unique_ptr<Places> deltas;  // of its parts

  Plan(Pass pass, const ConvolutionGeometry& g, Index batch, Index most);

 private:
  void make_primitive(Part& part);
};

// Of the calling thread, so that two tapes in two threads do not share one. Plans of one geometry,
// batch and greatest number of parts are cut alike. Error: oneDNN does not know this one
Plan& plan(Pass pass, const ConvolutionGeometry& g, Index batch, Index most = most_parts);

}  // namespace vaegrad::inline VAEGRAD_ABI::onednn
