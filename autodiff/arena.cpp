#include <algorithm>
#include <limits>
#include <new>

#include <vaegrad/autodiff/arena.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define VAEGRAD_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VAEGRAD_ASAN 1
#endif
#endif
#if defined(VAEGRAD_ASAN)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) (static_cast<void>(p), static_cast<void>(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) (static_cast<void>(p), static_cast<void>(n))
#endif

namespace vaegrad::inline VAEGRAD_ABI {

void Arena::Free::operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{line}); }

void* Arena::take(std::size_t bytes) {
  const std::size_t rounded = (bytes + line - 1) / line * line;
  if (blocks_.empty() || blocks_.back().size - used_ < rounded) add_block(rounded);
  std::byte* p = blocks_.back().memory.get() + used_;
  used_ += rounded;
  ASAN_UNPOISON_MEMORY_REGION(p, bytes);
  return p;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    const std::size_t total = capacity();
    for (const Block& b : blocks_) ASAN_UNPOISON_MEMORY_REGION(b.memory.get(), b.size);
    blocks_.clear();
    add_block(total);
  }
  if (!blocks_.empty()) {
#if !defined(NDEBUG)
    auto* p = reinterpret_cast<Real*>(blocks_.back().memory.get());
    ASAN_UNPOISON_MEMORY_REGION(p, used_);
    std::fill_n(p, used_ / sizeof(Real), std::numeric_limits<Real>::quiet_NaN());
#endif
    ASAN_POISON_MEMORY_REGION(blocks_.back().memory.get(), blocks_.back().size);
  }
  used_ = 0;
}

std::size_t Arena::capacity() const {
  std::size_t total = 0;
  for (const Block& b : blocks_) total += b.size;
  return total;
}

void Arena::add_block(std::size_t bytes) {
  const std::size_t size = std::max(
      {bytes, std::size_t{1} << 16, blocks_.empty() ? std::size_t{0} : 2 * blocks_.back().size});
  auto* p = static_cast<std::byte*>(::operator new[](size, std::align_val_t{line}));
  blocks_.push_back({std::unique_ptr<std::byte[], Free>(p), size});
  ASAN_POISON_MEMORY_REGION(p, size);
  used_ = 0;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
