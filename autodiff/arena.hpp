// Arena: memory that is refilled every training step.
//
// allocate() bumps a pointer; reset() rewinds it. If a step did not fit, the arena took extra
// blocks, and the next reset() replaces them by one block as large as all of them together: from
// the third identical step on, nothing reaches the system allocator.
//
// Debug builds fill a rewound arena with NaN, and the address sanitizer is told that nobody may
// read it, so a pointer kept across reset() is noticed.
#pragma once
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Arena {
 public:
  // n objects, uninitialised, aligned to a cache line.
  template <class T>
  T* allocate(Index n) {
    static_assert(std::is_trivially_destructible_v<T>, "reset() runs no destructors");
    static_assert(alignof(T) <= line);
    return static_cast<T*>(take(std::size_t(n) * sizeof(T)));
  }
  void reset();
  // A place to go back to: what was allocated since is free again, in the blocks that there are.
  struct Mark {
    std::size_t block, used;
    bool operator==(const Mark&) const = default;
  };
  Mark mark() const { return {at_, used_}; }
  void rewind(const Mark& to);
  bool since(const Mark& mark, const void* p) const;  // whether p was allocated after it
  std::size_t capacity() const;                       // bytes

 private:
  static constexpr std::size_t line = 64;
  struct Free {
    void operator()(std::byte* p) const;
  };
  struct Block {
    std::unique_ptr<std::byte[], Free> memory;
    std::size_t size;
  };
  void* take(std::size_t bytes);
  void add_block(std::size_t bytes);
  void forget(Block& block, std::size_t from, std::size_t to);

  std::vector<Block> blocks_;
  std::size_t at_ = 0, used_ = 0;  // the block in use, and how much of it is
};

}  // namespace vaegrad::inline VAEGRAD_ABI
