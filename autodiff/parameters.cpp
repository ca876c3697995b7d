#include <algorithm>
#include <array>
#include <limits>

#include <vaegrad/autodiff/kernels/parallel.hpp>
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
  list_.push_back({std::move(name), param});
  if (fill) fill(change_value(param));
  return param;
}

Index Parameters::count() const {
  Index n = counted_;
  for (const Named& each : list_) n += each.param.shape.size();
  return n;
}

Gradient::Gradient(const Parameters& of)
    : of_(&of), values_(std::size_t(of.size())), touched_(of.list().size(), true) {}

void Gradient::zero() { std::fill(touched_.begin(), touched_.end(), std::uint8_t{0}); }

Matrix Gradient::value(const Param& p) {
  of_->check_mine(p);
  const Matrix g{values_.data() + p.offset, p.shape.rows, p.shape.cols};
  if (!touched_[p.number]) std::fill(g.begin(), g.end(), Real{0});
  touched_[p.number] = true;
  return g;
}

std::span<Real> Gradient::values() {
  for (const Parameters::Named& each : of_->list()) value(each.param);
  return values_;
}

void Parameters::scale_gradient(Real factor) {
  for (Real& g : gradient()) g *= factor;
}

void sum_in_tree(std::span<const std::span<Real>> arrays) {
  if (arrays.size() < 2) return;
  constexpr Index block =
      1 << 12;  // a whole number of lanes, and what all of them have of it fits L1
  const Index n = Index(arrays[0].size());
  for (const auto& a : arrays)
    check(Index(a.size()) == n, "sum_in_tree: arrays of ", n, " and of ", a.size(), " numbers");
  parallel_for((n + block - 1) / block, n > 2 * block, [&](Index b) {
    const Index first = b * block, end = std::min(n, first + block);
    for (std::size_t step = 1; step < arrays.size(); step *= 2)
      for (std::size_t i = 0; i + step < arrays.size(); i += 2 * step) {
        Real* to = arrays[i].data();
        const Real* more = arrays[i + step].data();
        for (Index k = first; k < end; ++k) to[k] += more[k];
      }
  });
}

void sum_in_tree(std::span<Gradient* const> gradients) {
  std::array<std::span<Real>, 64> arrays;  // once a step: without memory of its own
  check(gradients.size() <= arrays.size(), "sum_in_tree: ", gradients.size(), " gradients", hint,
        "at most ", arrays.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) arrays[i] = gradients[i]->values();
  sum_in_tree(std::span<const std::span<Real>>(arrays).first(gradients.size()));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
