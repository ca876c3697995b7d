#include <algorithm>
#include <array>
#include <bit>

#include <vaegrad/lab/run/training/batch_parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The largest subtrees of a range, by their first parts: those are what another rank needs of it.
template <class F>
void for_each_subtree(BatchParts::Range r, F f) {
  for (std::size_t at = r.first; at < r.end;) {
    std::size_t size = at ? std::size_t{1} << std::countr_zero(at) : BatchParts::most;
    while (at + size > r.end) size /= 2;
    f(at, size);
    at += size;
  }
}

// Numbers [first, end) of a block: the slice that rank r of n adds, of whole cache lines.
struct Slice {
  std::size_t first, end;
};
Slice slice(std::size_t numbers, std::size_t r, std::size_t n) {
  constexpr std::size_t line = 64 / sizeof(Real);
  const std::size_t lines = numbers / line;
  return {r * lines / n * line, (r + 1) * lines / n * line};
}

std::span<const std::byte> bytes_of(std::span<const Real> x) { return std::as_bytes(x); }

}  // namespace

struct BatchParts::Part {
  Tape tape;
  std::vector<Gradient> gradients;  // one of each of those who learn; of the first their own
};

std::size_t BatchParts::of_batch(std::size_t examples, std::size_t particles) {
  const std::size_t rows = examples * particles;
  std::size_t parts = 1;
  while (parts < most && 32 * (2 * parts) * (2 * parts) <= rows && 8 * (2 * parts) <= examples)
    parts *= 2;
  return parts;
}

BatchParts::BatchParts(std::vector<Parameters*> learnt) : learnt_(std::move(learnt)) {}
BatchParts::~BatchParts() = default;

Tape& BatchParts::tape(std::size_t part) { return parts_[part - mine_.first]->tape; }
Gradient& BatchParts::gradient(std::size_t part, std::size_t block) {
  const std::size_t i = part - mine_.first;
  return i ? parts_[i]->gradients[block] : learnt_[block]->own_gradient();
}

BatchParts::Range BatchParts::dealt_to(int rank, int ranks, std::size_t parts) {
  const std::size_t n = std::min(std::size_t(ranks), parts), r = std::size_t(rank);
  return r < n ? Range{r * parts / n, (r + 1) * parts / n} : Range{parts, parts};
}

std::uint64_t BatchParts::bytes_of_rank(std::size_t numbers, std::size_t parts, int ranks,
                                        int rank) {
  const std::size_t n = std::min(std::size_t(ranks), parts), me = std::size_t(rank);
  if (ranks < 2 || me >= n) return 0;
  std::size_t subtrees = 0;
  for_each_subtree(dealt_to(rank, ranks, parts), [&](std::size_t, std::size_t) { ++subtrees; });
  const Slice own = slice(numbers, me, n);
  const std::size_t mine = own.end - own.first;
  return sizeof(Real) * (subtrees * (numbers - mine) + (std::size_t(ranks) - 1) * mine);
}

void BatchParts::prepare(std::size_t parts) {
  count_ = parts;
  mine_ = dealt_to(ranks().rank(), ranks().size(), parts);
  while (parts_.size() < mine_.end - mine_.first) {
    const bool own = parts_.empty();
    Part& part = *parts_.emplace_back(std::make_unique<Part>());
    part.gradients.reserve(learnt_.size());  // the tape holds on to them
    for (Parameters* p : learnt_)
      part.tape.collect(*p, own ? p->own_gradient() : part.gradients.emplace_back(*p),
                        Tape::Products::may_wait);
  }
  for (std::size_t k = 0; k < learnt_.size(); ++k) {
    learnt_[k]->zero_gradient();
    for (std::size_t i = 1; i < mine_.end - mine_.first; ++i) parts_[i]->gradients[k].zero();
  }
}

void BatchParts::add() {
  for (std::size_t k = 0; k < learnt_.size(); ++k) {
    for_each_subtree(mine_, [&](std::size_t first, std::size_t size) {
      std::array<Gradient*, most> of{};
      for (std::size_t i = 0; i < size; ++i) of[i] = &gradient(first + i, k);
      Gradient::sum_in_tree(std::span<Gradient* const>(of).first(size));
    });
    if (ranks().size() > 1) add_over_ranks(k);
  }
}

void BatchParts::add_over_ranks(std::size_t block) {
  Ranks& all = ranks();
  const std::size_t n = std::min(std::size_t(all.size()), count_), me = std::size_t(all.rank());
  const std::span<Real> own = learnt_[block]->gradient();
  const auto part_of = [&](std::span<Real> x, std::size_t r) {
    const Slice s = slice(own.size(), r, n);
    return x.subspan(s.first, s.end - s.first);
  };
  std::vector<Ranks::Outgoing> out;
  std::vector<Ranks::Incoming> in;
  if (me < n) {
    std::array<std::span<Real>, most> sums{};  // of subtrees, by their first parts
    std::size_t used = 0;
    for (std::size_t r = 0; r < n; ++r)
      for_each_subtree(dealt_to(int(r), int(n), count_), [&](std::size_t first, std::size_t) {
        if (r == me) {
          const std::span<Real> whole = gradient(first, block).values();
          sums[first] = part_of(whole, me);
          for (std::size_t to = 0; to < n; ++to)
            if (to != me) out.push_back({int(to), bytes_of(part_of(whole, to))});
        } else {
          if (received_.size() == used) received_.emplace_back();
          std::vector<Real>& to = received_[used++];
          to.resize(part_of(own, me).size());
          sums[first] = to;
          in.push_back({int(r), std::as_writable_bytes(std::span(to))});
        }
      });
    all.exchange(out, in);
    // The rest of the tree: what is empty was added before.
    for (std::size_t step = 1; step < count_; step *= 2)
      for (std::size_t i = 0; i + step < count_; i += 2 * step)
        if (!sums[i + step].empty()) {
          const std::span<Real> two[]{sums[i], sums[i + step]};
          sum_in_tree(two);
        }
    if (sums[0].data() != part_of(own, me).data())
      std::copy(sums[0].begin(), sums[0].end(), part_of(own, me).begin());
    out.clear();
    in.clear();
    for (std::size_t to = 0; to < std::size_t(all.size()); ++to)
      if (to != me) out.push_back({int(to), bytes_of(part_of(own, me))});
  }
  for (std::size_t r = 0; r < n; ++r)
    if (r != me) in.push_back({int(r), std::as_writable_bytes(part_of(own, r))});
  all.exchange(out, in);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
