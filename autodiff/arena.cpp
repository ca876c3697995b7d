#include <algorithm>
#include <functional>
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
  while (at_ < blocks_.size() && blocks_[at_].size - used_ < rounded) ++at_, used_ = 0;
  if (at_ == blocks_.size()) add_block(rounded);
  std::byte* p = blocks_[at_].memory.get() + used_;
  used_ += rounded;
  ASAN_UNPOISON_MEMORY_REGION(p, bytes);
  return p;
}

void Arena::forget(Block& block, std::size_t from, [[maybe_unused]] std::size_t to) {
  std::byte* p = block.memory.get();
#if !defined(NDEBUG)
  ASAN_UNPOISON_MEMORY_REGION(p + from, to - from);
  std::fill_n(reinterpret_cast<Real*>(p + from), (to - from) / sizeof(Real),
              std::numeric_limits<Real>::quiet_NaN());
#endif
  ASAN_POISON_MEMORY_REGION(p + from, block.size - from);
}

void Arena::rewind(const Mark& to) {
  for (std::size_t b = to.block; b <= at_ && b < blocks_.size(); ++b)
    forget(blocks_[b], b == to.block ? to.used : 0, b == at_ ? used_ : blocks_[b].size);
  at_ = to.block, used_ = to.used;
}

bool Arena::since(const Mark& mark, const void* p) const {
  for (std::size_t b = mark.block; b < blocks_.size(); ++b) {
    const std::byte* start = blocks_[b].memory.get();
    const std::less<const void*> before;
    if (!before(p, start + (b == mark.block ? mark.used : 0)) && before(p, start + blocks_[b].size))
      return true;
  }
  return false;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    const std::size_t total = capacity();
    for (const Block& b : blocks_) ASAN_UNPOISON_MEMORY_REGION(b.memory.get(), b.size);
    blocks_.clear();
    add_block(total);
  }
  if (!blocks_.empty()) forget(blocks_[0], 0, used_);
  at_ = used_ = 0;
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
  at_ = blocks_.size() - 1, used_ = 0;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
