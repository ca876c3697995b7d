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

#include <vaegrad/autodiff/gradient.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

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

}  // namespace vaegrad::inline VAEGRAD_ABI
