#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <functional>
#include <limits>
#include <utility>

#include <vaegrad/autodiff/gradient.hpp>
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The greatest |x|, or what is not finite, where there is any. Without its sign, a number is a
// greater integer the greater it is, infinity and NaN the greatest: a maximum of integers is
// vectorised where a test of floats is not.
Real largest(std::span<const Real> x) {
  using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits magnitude = std::numeric_limits<Bits>::max() >> 1;
  constexpr std::size_t block = 1 << 14;
  const std::size_t blocks = (x.size() + block - 1) / block;
  std::atomic<Bits> all = 0;
  parallel_for(Index(blocks), blocks > 2, [&](Index b) {
    const std::size_t first = std::size_t(b) * block;
    Bits here = 0;
    for (const Real v : x.subspan(first, std::min(block, x.size() - first)))
      here = std::max(here, std::bit_cast<Bits>(v) & magnitude);
    for (Bits before = all; before < here && !all.compare_exchange_weak(before, here);) continue;
  });
  return std::bit_cast<Real>(all.load());
}

// Rows of a part of a batch: what a product reads of it again and again stays in a core's cache.
constexpr Index most_inner = 128;

// Rows i.. and columns j.. of Σ_k a_ki b_kj, a block of them: a and b point at the first, what is
// below is that far away. Not inlined: there the sums do not stay in registers, 42 GFLOP/s for 109.
template <std::size_t... i>
[[gnu::noinline]] void multiply_block(std::index_sequence<i...>, const Real* a, Index below_a,
                                      const Real* b, Index below_b, Index inner, Real* c,
                                      bool accumulate) {
  std::array<Lanes, sizeof...(i)> sum{
      (accumulate ? Lanes::load(c + Index(i) * Lanes::size) : Lanes(Real(0)))...};
  for (Index k = 0; k < inner; ++k, a += below_a, b += below_b) {
    const Lanes row = Lanes::load(b);
    ((sum[i] = fma(Lanes(a[i]), row, sum[i])), ...);
  }
  (sum[i].store(c + Index(i) * Lanes::size), ...);
}

}  // namespace

// ---- what is there ----

Gradient::Gradient(const Parameters& of)
    : of_(&of),
      values_(std::size_t(of.size())),
      touched_(of.list().size(), true),
      waiting_(of.list().size()) {}

void Gradient::zero() {
  std::fill(touched_.begin(), touched_.end(), std::uint8_t{0});
  for (auto& products : waiting_) products.clear();
}

Matrix Gradient::value(const Param& p) {
  of_->check_mine(p);
  settle(p);
  const Matrix g{values_.data() + p.offset, p.shape.rows, p.shape.cols};
  if (!touched_[p.number]) std::fill(g.begin(), g.end(), Real{0});
  touched_[p.number] = true;
  return g;
}

std::span<Real> Gradient::values() {
  for (const Parameters::Named& each : of_->list()) value(each.param);
  return values_;
}

template <class F>
bool Gradient::for_each_run(F f) const {
  const auto& list = of_->list();
  for (std::size_t i = 0; i < list.size();) {
    const std::size_t first = i;
    while (i < list.size() && !waits(std::uint32_t(i))) ++i;
    if (first < i && !f(std::size_t(list[first].param.offset), std::size_t(end_of(i - 1))))
      return false;
    while (i < list.size() && waits(std::uint32_t(i))) ++i;
  }
  return true;
}

void Gradient::check_fresh(const Product& p, const std::string& name) {
  check(*p.generation == p.then, "gradient: that of ", name,
        " waited to be computed, and its tape was reset or rewound", hint,
        "ask for it, or let the optimiser step, before that tape records anything else");
}

// Σ of `inner` products is no more than the largest of each; where that tells nothing, they are
// computed.
bool Gradient::finite() {
  const auto size = [](const Factor& f) {
    return double(largest({f.data, std::size_t(f.rows * f.cols)}));
  };
  for (const Parameters::Named& each : of_->list()) {
    const Param& p = each.param;
    if (touched_[p.number]) settle(p);
    double bound = 0;
    for (const Product& product : waiting_[p.number]) {
      check_fresh(product, each.name);
      bound += double(product.a.cols) * size(product.a) * size(product.b);
    }
    if (!(bound < double(std::numeric_limits<Real>::max()) / 2)) settle(p);
    if (!waits(p.number)) value(p);
  }
  return for_each_run([&](std::size_t first, std::size_t end) {
    return is_finite(largest(std::span(values_).subspan(first, end - first)));
  });
}

// ---- what waits ----

void Tape::collect(Parameters& of, Gradient& to, Products products) {
  check(to.of_ == &of && to.values_.size() == of.values_.size(), "collect: the gradient is of ",
        to.of_ == &of ? "fewer numbers" : "other parameters", hint, "Gradient(parameters)");
  of.in_use_.store(true, std::memory_order_relaxed);  // or an add() would leave the gradient short
  std::erase_if(collected_, [&](const Collected& c) {
    if (c.of == &of) c.to->settle();
    return c.of == &of;
  });
  collected_.push_back({&of, &to, products == Products::may_wait});
}

// Of the gradient that it had when it was recorded.
Gradient::Place Tape::place_of(const Entry& parameter) const {
  const std::uint32_t number = static_cast<const Param*>(parameter.state)->number;
  for (const Collected& c : collected_)
    if (c.may_wait && c.to->touched_.data() + number == parameter.shared_touched)
      return {c.to, number, this};
  return {};
}

bool Tape::is_of_parameters(const Real* x) const {
  return std::any_of(used_.begin(), used_.end(), [&](const Used& u) {
    const auto all = u.parameters->values();
    return std::less_equal<>{}(all.data(), x) && std::less<>{}(x, all.data() + all.size());
  });
}

bool Gradient::Place::waits(ConstMatrix product, Factor a, Factor b) const {
  const auto [rows, cols] = product.shape();
  const Index inner = a.cols;
  return gradient && a.transposed && !b.transposed && rows >= down && cols >= across &&
         inner <= most_inner && inner * (rows + cols) < rows * cols &&
         !tape->is_of_parameters(a.data) && !tape->is_of_parameters(b.data);  // they will move
}

void Gradient::Place::give(Factor a, Factor b, bool first) const {
  if (first) gradient->touched_[number] = false;  // nothing is written
  gradient->waiting_[number].push_back({a, b, tape->generation(), *tape->generation(), 0});
}

void Gradient::Place::settle() const { gradient->settle(gradient->of_->list()[number].param); }

void add_product(const Node& to, Factor a, Factor b) {
  if (to.later.waits(to.adj, a, b))
    to.later.give(a, b, to.fresh);
  else
    multiply(a, b, to.adj.data, !to.fresh);
}

Index Gradient::end_of(std::size_t number) const {
  const auto& list = of_->list();
  return number + 1 < list.size() ? list[number + 1].param.offset : of_->size();
}

void Gradient::arrange() {
  pieces_.clear();
  for (const Parameters::Named& each : of_->list()) {
    const Param& p = each.param;
    if (touched_[p.number]) settle(p);
    if (!waits(p.number)) value(p);
    for (const Product& product : waiting_[p.number]) check_fresh(product, each.name);
    const Index rows = std::max<Index>(1, usual / 2 / p.shape.cols / down) * down;
    for (Index row = 0; waits(p.number) && row < p.shape.rows; row += rows)
      pieces_.push_back({row, std::min(rows, p.shape.rows - row), &p});
    // The zeros behind it: of what is summed in memory they are looked at too.
    const Index end = p.offset + p.shape.size();
    if (waits(p.number) && end < end_of(p.number)) pieces_.push_back({end, end_of(p.number) - end});
  }
  for_each_run([&](std::size_t first, std::size_t end) {
    for (Index from = Index(first), to = Index(end); from < to; from += usual)
      pieces_.push_back({from, std::min(usual, to - from)});
    return true;
  });
}

// The sum over parts, as sum_in_tree has it: those of whole subtrees one behind another, the two last
// of which are added once they are of one size.
void Gradient::compute(const Param& param, Index row, Index col, Blocks& to) const {
  const auto& products = waiting_[param.number];
  int top = -1;
  const auto add_two = [&] {
    --top;
    for (Index i = 0; i < down * across; ++i) to.sum[top][i] += to.sum[top + 1][i];
  };
  for (auto p = products.begin(); p != products.end();) {
    const std::uint32_t part = p->part;
    ++top;
    for (bool more = false; p != products.end() && p->part == part; ++p, more = true)
      multiply_block(std::make_index_sequence<down>{}, p->a.data + row, p->a.rows, p->b.data + col,
                     p->b.cols, p->a.cols, to.sum[top], more);
    for (std::uint32_t sizes = part; sizes & 1; sizes >>= 1) add_two();
  }
  while (top > 0) add_two();
}

void Gradient::settle() {
  for (const Parameters::Named& each : of_->list()) settle(each.param);
}
void Gradient::settle(const Param& p) {
  auto& products = waiting_[p.number];
  if (products.empty()) return;
  for (const Product& product : products) check_fresh(product, of_->list()[p.number].name);
  const FlushDenormals flush;
  const auto f = [&, add = bool(touched_[p.number])](Index first, std::span<const Real> more) {
    Real* to = values_.data() + first;
    for (std::size_t i = 0; i < more.size(); ++i) to[i] = add ? to[i] + more[i] : more[i];
  };
  const Index bands = (p.shape.rows + down - 1) / down;
  parallel_for(bands, p.shape.size() > 2 * usual, [&](Index k) {
    compute({k * down, std::min(down, p.shape.rows - k * down), &p}, f, [](Index) {});
  });
  products.clear();
  touched_[p.number] = true;
}

// ---- sums ----

void Gradient::sum_in_tree(std::span<Gradient* const> gradients) {
  if (gradients.size() < 2) return;
  std::array<std::span<Real>, 64> arrays;  // once a step: without memory of its own
  check(gradients.size() <= arrays.size(), "sum_in_tree: ", gradients.size(), " gradients", hint,
        "at most ", arrays.size());
  Gradient& sum = *gradients[0];
  for (const Gradient* g : gradients)
    check(g->of_ == sum.of_ && g->values_.size() == sum.values_.size(),
          "sum_in_tree: gradients of ", sum.values_.size(), " and of ", g->values_.size(),
          " numbers, or of two blocks", hint, "Gradient(parameters), of one Parameters");
  for (const Parameters::Named& each : sum.of_->list()) {
    const std::uint32_t i = each.param.number;
    const bool waits = std::all_of(gradients.begin(), gradients.end(), [&](const Gradient* g) {
      return !g->touched_[i] && g->waits(i) && g->waiting_[i].back().part == 0;
    });
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (!waits) gradients[k]->value(each.param);
      if (!waits || k == 0) continue;
      for (Product& p : gradients[k]->waiting_[i]) {
        p.part = std::uint32_t(k);
        sum.waiting_[i].push_back(p);
      }
      gradients[k]->waiting_[i].clear();
    }
  }
  sum.for_each_run([&](std::size_t first, std::size_t end) {
    for (std::size_t k = 0; k < gradients.size(); ++k)
      arrays[k] = std::span(gradients[k]->values_).subspan(first, end - first);
    vaegrad::sum_in_tree(std::span<const std::span<Real>>(arrays).first(gradients.size()));
    return true;
  });
}

void sum_in_tree(std::span<const std::span<Real>> arrays) {
  if (arrays.size() < 2) return;
  const FlushDenormals flush;       // as the sums of what waits are
  constexpr Index block = 1 << 11;  // whole lanes
  const Index n = Index(arrays[0].size());
  for (const auto& a : arrays)
    check(Index(a.size()) == n, "sum_in_tree: arrays of ", n, " and of ", a.size(), " numbers");
  parallel_for((n + block - 1) / block, n > 2 * block, [&](Index b) {
    const Index first = b * block, end = std::min(n, first + block);
    // two levels of the tree at a time: what is between them stays in registers
    for (std::size_t step = 1; step < arrays.size(); step *= 4)
      for (std::size_t i = 0; i + step < arrays.size(); i += 4 * step) {
        const auto at = [&](std::size_t k) {
          return i + k * step < arrays.size() ? &arrays[i + k * step][0] : nullptr;
        };
        Real *const to = at(0), *const x = at(1), *const y = at(2), *const z = at(3);
        if (z)  // each its loop: in one, they are not vectorised
          for (Index k = first; k < end; ++k) to[k] = (to[k] + x[k]) + (y[k] + z[k]);
        else if (y)
          for (Index k = first; k < end; ++k) to[k] = (to[k] + x[k]) + y[k];
        else
          for (Index k = first; k < end; ++k) to[k] += x[k];
      }
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
