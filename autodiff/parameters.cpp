#include <limits>

#include <vaegrad/autodiff/parameters.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Param Parameters::add(std::string name, Shape shape, const std::function<void(Matrix)>& fill) {
  check(!in_use_, "parameters: ", name, " is added after a tape has used this block", hint,
        "add every parameter first, or keep late ones in a second Parameters");
  check(shape.rows > 0 && shape.cols > 0, "parameters: ", name, " has shape ", shape, hint,
        "both sizes must be at least 1");
  if (counting_) {
    Index more = 0;
    if (__builtin_mul_overflow(shape.rows, shape.cols, &more) ||
        __builtin_add_overflow(counted_, more, &counted_))
      counted_ = std::numeric_limits<Index>::max();
    return {this, 0, shape, 0};
  }
  for (const Named& other : list_)
    check(other.name != name, "parameters: the name ", name, " is taken, with shape ",
          other.param.shape, hint, "give each layer a name of its own");

  constexpr Index line = 64 / sizeof(Real);
  const Param param{this, size(), shape, std::uint32_t(list_.size())};
  values_.resize(std::size_t(size() + (shape.size() + line - 1) / line * line));
  gradient_.values_.resize(values_.size());
  gradient_.touched_.push_back(true);
  gradient_.waiting_.emplace_back();
  list_.push_back({std::move(name), param});
  if (fill) fill(change_value(param));
  return param;
}

Index Parameters::count() const {
  Index n = counted_;
  for (const Named& each : list_) n += each.param.shape.size();
  return n;
}

void Parameters::scale_gradient(Real factor) {
  for (Real& g : gradient()) g *= factor;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
