// Gradient: what backward() of one tape adds to, of one block of parameters.
//
// A weight's is a product, Xᵀ δ, of what its layer read and of the adjoint of what it made of that.
// Both are on the tape anyway; where they are smaller than their product, it may wait
// (Tape::collect). Then an optimiser computes it, over all parts of a batch, a piece at a time, where
// it moves these parameters, and it never goes to memory: 4 to 8 % of a training step of few rows.
// Whoever asks for the numbers themselves gets them computed then.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/kernels/denormals.hpp>
#include <vaegrad/autodiff/kernels/lanes.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Parameters;
class Tape;

// A place in the flat block. On a tape its value and adjoint are that memory.
struct Param {
  Parameters* owner = nullptr;
  Index offset = 0;  // into values() and gradient()
  Shape shape;
  std::uint32_t number = 0;  // in the order of addition
};

// Each block of parameters has one; a tape that runs backward beside others needs its own
// (Tape::collect). Error, wherever numbers are asked for: a product waited, and its tape was reset or
// rewound.
class Gradient {
 public:
  explicit Gradient(const Parameters& of);

  std::span<Real> values();      // the whole block, summed since the last zero()
  Matrix value(const Param& p);  // of one of them, a view of its place
  void zero();                   // before each step
  bool finite();                 // neither NaN nor infinite; a look at all of it, by the team

  // f(first, numbers): those from the first-th on; each of the block once, in pieces, by the team.
  // What waits is computed for this, and goes on waiting: a register of numbers at a time; before
  // that ahead(i) says that f will soon be called with what lies around the i-th, or behind the end.
  template <class F, class Ahead>
  void for_each_piece(F f, Ahead ahead) {
    arrange();
    const FlushDenormals flush;
    const bool worth_it =
        values_.size() > 2 * usual || (!pieces_.empty() && pieces_.front().waiting);
    parallel_for(Index(pieces_.size()), worth_it, [&](Index i) {
      const Piece& p = pieces_[std::size_t(i)];
      if (!p.waiting)
        f(p.first,
          std::span<const Real>(values_).subspan(std::size_t(p.first), std::size_t(p.size)));
      else
        compute(p, f, ahead);
    });
  }

  // The sum of some of one block, in a tree that their number alone fixes: ((g0 + g1) + (g2 + g3)) +
  // .., left in the first. What waits in all of them is summed when it is computed.
  static void sum_in_tree(std::span<Gradient* const> gradients);

  // ---- internal: for the tape ----

  // A place for a product: op(A) op(B), if it may wait.
  struct Place {
    Gradient* gradient = nullptr;  // null: it may not
    std::uint32_t number = 0;      // of the Param
    const Tape* tape = nullptr;

    // Whether a product of these factors does; `give` keeps one that does.
    bool waits(ConstMatrix product, Factor a, Factor b) const;
    void give(Factor a, Factor b, bool first) const;
    void settle() const;  // computes what has come
  };

 private:
  friend class Parameters;
  friend class Tape;
  struct Product {
    Factor a, b;
    const std::uint32_t* generation;  // of its tape's values: never freed
    std::uint32_t then, part;
  };
  struct Piece {
    Index first, size;  // numbers; or, of a Param that waits, rows
    const Param* waiting = nullptr;
  };
  static constexpr Index usual = 1 << 14;  // numbers of a piece
  // A block of a product: as much as accumulates in registers.
  static constexpr Index down = 12, across = Lanes::size;
  struct Blocks {
    static constexpr int most = 7;  // of a tree of 64 parts
    alignas(64) Real sum[most][down * across];
  };

  bool waits(std::uint32_t number) const { return !waiting_[number].empty(); }
  Index end_of(std::size_t number) const;  // where the next Param starts
  // f(first, end) of what is in memory, for runs of it, as long as f says so; whether it always did
  template <class F>
  bool for_each_run(F f) const;
  void arrange();  // what waits first
  void compute(const Param& p, Index row, Index col, Blocks& to) const;
  template <class F, class Ahead>
  void compute(const Piece& piece, F f, Ahead ahead) const;
  void settle();
  void settle(const Param& p);
  static void check_fresh(const Product& p, const std::string& name);

  const Parameters* of_;
  RealLines values_;
  // Zero-filling 2.6 MB and adding to them costs a tenth of a training step: zero() only marks, and
  // the first contribution writes.
  std::vector<std::uint8_t> touched_;          // one per Param
  std::vector<std::vector<Product>> waiting_;  // what is to be added to each, by parts
  std::vector<Piece> pieces_;
};

// What a last block has too little of, it shares with the one before.
template <class F, class Ahead>
void Gradient::compute(const Piece& piece, F f, Ahead ahead) const {
  const Param& p = *piece.waiting;
  const auto [rows, cols] = p.shape;
  Blocks blocks;
  for (Index i0 = piece.first; i0 < piece.first + piece.size; i0 += down)
    for (Index j0 = 0; j0 < cols; j0 += across) {
      const Index i = std::min(i0, rows - down), j = std::min(j0, cols - across);
      for (Index k = i; k < i + down; ++k) ahead(p.offset + k * cols + j + 2 * across - 1);
      compute(p, i, j, blocks);
      for (Index k = i0; k < i + down; ++k)
        f(p.offset + k * cols + j0, std::span<const Real>(&blocks.sum[0][(k - i) * across + j0 - j],
                                                          std::size_t(j + across - j0)));
    }
}

// The same tree of arrays of one length, into the first; elementwise, so a part of it may be summed by
// itself.
void sum_in_tree(std::span<const std::span<Real>> arrays);

}  // namespace vaegrad::inline VAEGRAD_ABI
