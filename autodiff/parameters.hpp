// Parameters: what is learnt. One flat block of values and one of gradients with the same layout,
// so that zero-grad is a fill, an optimiser is one loop and a checkpoint is one array.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Parameters;

// A place in the flat block. On a tape its value and adjoint are that memory.
struct Param {
  Parameters* owner = nullptr;
  Index offset = 0;  // into values() and gradient()
  Shape shape;
  std::uint32_t number = 0;  // in the order of addition
};

// Numbers of a cache line each, 64 bytes.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const LineAllocator&) const { return true; }
};
using RealLines = std::vector<Real, LineAllocator<Real>>;

// What backward() of one tape adds to, of one block of parameters. Each block has one; a tape that
// runs backward beside others needs its own (Tape::collect).
class Gradient {
 public:
  explicit Gradient(const Parameters& of);

  std::span<Real> values();      // the whole block, summed since the last zero()
  Matrix value(const Param& p);  // of one of them, a view of its place
  void zero();                   // before each step

 private:
  friend class Parameters;
  friend class Tape;
  const Parameters* of_;
  RealLines values_;
  // Zero-filling 2.6 MB and adding to them costs a tenth of a training step: zero() only marks, and
  // the first contribution writes.
  std::vector<std::uint8_t> touched_;  // one per Param
};

// Several threads may record and evaluate on one block at once, each on its own tape; add(), changes
// and backward() to the one gradient are for one thread at a time.
class Parameters {
 public:
  // Only counts what is added, without memory for it: how large a model would be is asked of the
  // code that builds it.
  enum Counting { counting };

  Parameters() = default;
  explicit Parameters(Counting) : counting_(true) {}
  Parameters(const Parameters&) = delete;  // a Param points here
  Parameters& operator=(const Parameters&) = delete;

  // A dotted, unique name such as `encoder.0.weight`; fill writes the first values (default zero).
  // Refused once a tape has used this block: the block would move under it.
  Param add(std::string name, Shape shape, const std::function<void(Matrix)>& fill = {});

  // Every Param starts on a cache line; what lies between two of them is zero and stays zero.
  Index size() const { return Index(values_.size()); }  // of the flat block
  // Numbers that are learnt; the greatest Index stands for all that are more.
  Index count() const;
  bool only_counts() const { return counting_; }

  std::span<const Real> values() const { return values_; }
  // Access for writing: a tape that recorded the old values will refuse to run backward.
  std::span<Real> change_values() { return ++version_, std::span<Real>(values_); }

  // Summed by backward() since the last zero_gradient().
  std::span<Real> gradient() { return gradient_.values(); }
  void zero_gradient() { gradient_.zero(); }  // before each step
  void scale_gradient(Real factor);           // all of it

  // A parameter with its name, in the order of addition.
  struct Named {
    std::string name;
    Param param;
  };
  const std::vector<Named>& list() const { return list_; }
  // Of one of them: a view of its place in the block.
  ConstMatrix value(const Param& p) const {
    check_mine(p);
    return {values_.data() + p.offset, p.shape.rows, p.shape.cols};
  }
  Matrix change_value(const Param& p) {  // counts as a change, as change_values()
    check_mine(p);
    ++version_;
    return {values_.data() + p.offset, p.shape.rows, p.shape.cols};
  }
  Matrix gradient(const Param& p) { return gradient_.value(p); }  // of one of them, a view
  Gradient& own_gradient() { return gradient_; }

  std::uint64_t version() const { return version_; }  // counts changes

 private:
  friend class Gradient;
  friend class Tape;
  void check_mine(const Param& p) const {
    check(p.owner == this, "parameters: a Param of ", p.owner ? "another block" : "nobody", hint,
          "ask the Parameters that it was added to");
  }
  RealLines values_;
  std::vector<Named> list_;
  Gradient gradient_{*this};  // behind those that it looks at
  std::uint64_t version_ = 0;
  std::atomic<bool> in_use_{false};
  bool counting_ = false;
  Index counted_ = 0;
};

// The sum of gradients of one block of parameters, in a tree that their number alone fixes:
// ((g0 + g1) + (g2 + g3)) + .., left in the first. Elementwise, so a part of it may be summed by
// itself (sum_in_tree of spans).
void sum_in_tree(std::span<Gradient* const> gradients);
// The same of arrays of one length, into the first.
void sum_in_tree(std::span<const std::span<Real>> arrays);

}  // namespace vaegrad::inline VAEGRAD_ABI
