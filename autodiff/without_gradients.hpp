// Evaluation: values without gradients, in memory that is used again; and parameters that stay as
// they are while others learn.
//
//   std::vector<Real> nll(10'000);
//   evaluate_rows(tape, {nll.data(), 10'000, 1}, [&](Index first, Index count) {
//     const Var x = tape.constant(images.rows(first, count));  // (count, 784)
//     return -model(x);                                        // (count, 1)
//   });
#pragma once
#include <algorithm>

#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// While it lives, what is recorded of these parameters wants no gradient (of a critic, say, while
// the model learns from it); without parameters: nothing does, variables neither.
class Frozen {
 public:
  explicit Frozen(Tape& tape) : tape_(tape) { tape.freeze(nullptr); }
  Frozen(Tape& tape, const Parameters& parameters) : tape_(tape) { tape.freeze(&parameters); }
  ~Frozen() { tape_.thaw(); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  Tape& tape_;
};

// At its end everything that was recorded since its beginning is forgotten, and its memory used
// again; earlier Vars stay good. Copy the numbers out before.
class Temporary {
 public:
  explicit Temporary(Tape& tape) : tape_(tape), mark_(tape.mark()) {}
  ~Temporary() { tape_.rewind(mark_); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

 private:
  Tape& tape_;
  Tape::Mark mark_;
};

// f(first, count) gives rows first .. first + count of y, as a Var or expression of (count, D): the
// memory of `piece` rows serves all. Nothing wants a gradient.
template <class F>
void evaluate_rows(Tape& tape, Matrix y, F f, Index piece = 512) {
  check(piece >= 1, "evaluate_rows: a piece of ", piece, " rows");
  const Frozen values_only(tape);
  for (Index first = 0; first < y.rows; first += piece) {
    const Temporary these(tape);
    const Index count = std::min(piece, y.rows - first);
    const Var part = f(first, count);
    check(part.shape() == Shape{count, y.cols}, "evaluate_rows: the result is ", part.shape(),
          ", expected ", Shape{count, y.cols}, hint, "one row for each of the rows asked for");
    std::copy_n(part.val().data, count * y.cols, y.row(first));
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
