// How a batch is cut into parts for its gradient. Each part has a tape and gradients of its own, so
// that parts are computed beside each other, by threads and by ranks; and they are added in a tree
// that the batch alone fixes, so that neither changes a bit of the sum.
//
// Ranks: the parts are dealt out to as many as there are parts, in whole subtrees where it can be.
// Each of these ranks adds one slice of the gradient, from what all others send of it, and sends the
// sum to everybody: of G bytes and R ranks with a subtree each G (R − 1) / R, twice, from each.
#pragma once
#include <memory>
#include <vector>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/tape.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class BatchParts {
 public:
  static constexpr std::size_t most = 64;

  // A power of two up to 64. Two from 128 rows of z on (of `particles` each), and for twice as many
  // parts four times as many rows: what it costs to add gradients falls, beside what they cost.
  static std::size_t of_batch(std::size_t examples, std::size_t particles);

  // Of whoever learns from these parts: a block of parameters each.
  explicit BatchParts(std::vector<Parameters*> learnt);
  ~BatchParts();

  // Those of a batch that this rank computes: a range.
  struct Range {
    std::size_t first, end;
    bool holds(std::size_t part) const { return first <= part && part < end; }
  };
  static Range dealt_to(int rank, int ranks, std::size_t parts);

  // What `add` sends from a rank for a block of so many numbers.
  static std::uint64_t bytes_of_rank(std::size_t numbers, std::size_t parts, int ranks, int rank);

  // loss(part, tape, rows) for each part of this rank, and its gradient, on a tape that was reset.
  template <class Loss>
  void backward(std::span<const std::uint32_t> rows, std::size_t parts, Loss loss) {
    prepare(parts);
    const auto one = [&](Index i) {
      const std::size_t part = mine_.first + std::size_t(i);
      Tape& on = tape(part);
      on.reset();
      on.backward(loss(part, on, rows_of(rows, part, parts)));
    };
    // Whole parts to each thread where all have something to do: they need not wait for each other.
    const Index n = Index(mine_.end - mine_.first);
    parallel_for(n, Index(threads()) <= n, one);
  }
  // The sum over all parts and ranks, into the parameters' own gradients.
  void add();

  static std::span<const std::uint32_t> rows_of(std::span<const std::uint32_t> rows,
                                                std::size_t part, std::size_t parts) {
    const std::size_t first = part * rows.size() / parts;
    return rows.subspan(first, (part + 1) * rows.size() / parts - first);
  }
  Tape& tape(std::size_t part);  // of one that this rank has computed

 private:
  struct Part;
  void prepare(std::size_t parts);
  void add_over_ranks(std::size_t block);
  Gradient& gradient(std::size_t part, std::size_t block);

  std::vector<Parameters*> learnt_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::size_t count_ = 0;
  Range mine_{0, 0};
  std::vector<std::vector<Real>> received_;  // slices of the others' subtrees
};

}  // namespace vaegrad::inline VAEGRAD_ABI
