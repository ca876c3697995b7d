// Tape: the list of everything computed in this step, in the order of computation. That order is a
// topological one, so backward() is a loop from the loss down to the first entry: no graph search,
// no recursion, no sort. What an entry computes is not the tape's business; see expression.hpp
// (elementwise mathematics, fused) and op.hpp (everything else).
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include <vaegrad/autodiff/arena.hpp>
#include <vaegrad/autodiff/parameters.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Tape;
class Visitor;

// A formula, computed once it is stored in a Var or reduced (expression.hpp).
template <class T>
concept Expression = std::remove_cvref_t<T>::is_expression;

// ---- internal ----

// Where a Var looks to find out whether its tape is still there. Never freed, reused by later
// tapes.
struct TapeSlot {
  Tape* tape = nullptr;
  std::uint32_t generation = 0;
};

// ---- values ----

// A copyable name for one value on one tape, good until that tape's reset(). Used later, or after
// the tape's death, it is an error, never a wrong number.
class Var {
 public:
  static constexpr bool is_expression = false;
  Var() = default;
  template <Expression E>
  Var(const E& expression);  // storing an expression records it as one entry (expression.hpp)

  Shape shape() const;
  Matrix val() const;  // (rows, cols)
  Matrix adj()
      const;  // d loss / d this, after backward(); zero where the loss does not depend on it
  Real item() const;  // of a (1, 1)
  Tape& tape() const;
  explicit operator bool() const { return slot_ != nullptr; }  // whether it names anything

 private:
  friend class Tape;
  Var(TapeSlot* slot, std::uint32_t index)
      : slot_(slot), index_(index), generation_(slot->generation) {}
  TapeSlot* slot_ = nullptr;
  std::uint32_t index_ = 0, generation_ = 0;
};
static_assert(sizeof(Var) == 16);

// What an op sees of one value: x and x̄. adj is empty when nobody wants a gradient.
struct Node {
  Matrix val, adj;
  bool fresh = false;       // adj holds nothing yet: write instead of adding
  Gradient::Place later{};  // where a product for adj may wait
};
// x̄ += op(A) op(B) of factors that last as long as their tape does, or x̄ = .. where it is fresh; at
// once, or when somebody wants to know.
void add_product(const Node& x, Factor a, Factor b);

// ---- internal: what is recorded ----

struct Entry;

// What the tape can ask of an entry. One constant object per kind of entry.
struct Kind {
  void (*pull)(Tape&, const Entry&);  // from this entry's adjoint to those of its inputs
  void (*describe)(const Entry&, std::string& to);
  void (*inputs)(const Entry&, std::vector<std::uint32_t>& to);
  void (*visit)(const Entry&, Visitor&);
};

struct Entry {
  Real *val, *adj;
  Index rows, cols;
  const Kind* kind;
  void* state;                   // the op with its inputs, in the tape's memory
  std::uint8_t* shared_touched;  // a parameter's own flag
  bool active, touched;
  std::uint32_t born;  // the tape's generation when it was recorded

  Shape shape() const { return {rows, cols}; }
};

// ---- the tape ----

class Tape {
 public:
  Tape();
  ~Tape();
  Tape(const Tape&) = delete;  // a tape does not move: its Vars know where it is
  Tape& operator=(const Tape&) = delete;

  // A value that no gradient flows to: a copy of these numbers, or of that shape, to be filled
  // through val().
  template <std::same_as<Shape> S>
  Var constant(S shape) {
    return leaf(shape, false);
  }
  Var constant(ConstMatrix copy_of);
  Var constant(Real x);
  Var constant(std::initializer_list<std::initializer_list<Real>> rows);

  // One that collects a gradient.
  template <std::same_as<Shape> S>
  Var variable(S shape) {
    return leaf(shape, true);
  }
  Var variable(ConstMatrix copy_of);
  Var variable(Real x);
  Var variable(std::initializer_list<std::initializer_list<Real>> rows);

  // {2, 3} could be a shape or numbers: write Shape{2, 3}, or a row of numbers as {{2, 3}}.
  template <class T>
  requires std::is_arithmetic_v<T> Var constant(std::initializer_list<T>)
  = delete;
  template <class T>
  requires std::is_arithmetic_v<T> Var variable(std::initializer_list<T>)
  = delete;

  // A parameter: value and adjoint are its places in the block.
  Var operator()(const Param& param);

  // d loss / d everything. Adjoints of this tape's values restart at every call; gradients of
  // parameters accumulate until Parameters::zero_gradient(). Refused when the loss is not (1, 1),
  // depends on nothing that wants a gradient, or when a parameter changed since it was recorded.
  void backward(Var loss);

  // Forgets every entry and keeps the memory. Call it at the start of each step.
  void reset();

  // Gradients of these parameters go there, from now on, on this tape: to their own block's, or to
  // another. Nobody else may add to it meanwhile. Products may wait until somebody wants their
  // numbers, who must ask before this tape is reset or rewound (without_gradients.hpp); then what
  // backward() leaves in adj() of a value, not of a parameter, may have served on the way, and
  // check_finite() does not see them. Error: it is of other parameters, or of fewer.
  enum class Products { at_once, may_wait };
  void collect(Parameters& of, Gradient& to, Products products = Products::at_once);

  // Every value and adjoint is looked at as soon as it is computed, and the first that is not
  // finite is an Error that names its op.
  void check_finite(bool on) { check_finite_ = on; }

  std::size_t size() const { return entries_.size(); }   // entries
  std::string describe() const;                          // one line per entry
  std::size_t memory() const;                            // bytes held
  void visit(std::uint32_t i, Visitor& visitor) const {  // what entry i is (visitor.hpp)
    entries_[i].kind->visit(entries_[i], visitor);
  }

  // ---- internal: for without_gradients.hpp ----
  void freeze(const Parameters* which) { frozen_.push_back(which); }  // null: everything
  void thaw() { frozen_.pop_back(); }
  struct Mark {
    std::size_t entries, used;
    Arena::Mark values, adjoints;
    std::uint64_t resets;
  };
  Mark mark() const {
    return {entries_.size(), used_.size(), values_.mark(), adjoints_.mark(), resets_};
  }
  void rewind(const Mark& to);  // forgets what was recorded since

  // ---- for ops ----

  // n objects that live as long as the entry does, uninitialised.
  template <class T>
  T* memory_for(Index n) {
    return values_.allocate<T>(n);
  }

  // ---- internal: for expression.hpp and op.hpp ----
  std::uint32_t index(Var v, const char* where) const;  // checks that v is of this tape and step
  static Tape& of(Var v, const char* where);            // the tape of a Var that is still good
  const Entry& entry(std::uint32_t i) const { return entries_[i]; }
  Node node(std::uint32_t i) const;
  Var push(Real* val, Shape shape, bool active, const Kind* kind, void* state);
  void recorded(Var y);  // to be called once y's value is computed
  // The adjoint of entry i as a target of a contribution; the caller must write all of it when
  // fresh.
  Node target(std::uint32_t i);
  Node zeroed_target(std::uint32_t i);   // .. and may add to parts of it
  Arena& scratch() { return scratch_; }  // rewound after each pullback
  // .. and for gradients
  const std::uint32_t* generation() const { return &slot_->generation; }  // another after reset()
  bool is_of_parameters(const Real* x) const;  // in the memory of some that it uses

 private:
  friend class Var;
  Var leaf(Shape shape, bool active);
  Gradient::Place place_of(const Entry& parameter) const;
  bool is_frozen(const Parameters* which) const;  // null: a variable
  const Entry& at(Var v) const { return entries_[v.index_]; }
  void check_values(const Entry& e) const;
  void check_adjoints(const Entry& e) const;

  TapeSlot* slot_;
  std::vector<Entry> entries_;
  Arena values_, adjoints_, scratch_;
  struct Used {
    const Parameters* parameters;
    std::uint64_t version;
  };
  std::vector<Used> used_;
  std::vector<const Parameters*> frozen_;
  struct Collected {
    const Parameters* of;
    Gradient* to;
    bool may_wait;
  };
  std::vector<Collected> collected_;
  std::uint64_t resets_ = 0;
  bool check_finite_ = false;
};

// One line per entry, as describe() has them.
std::ostream& operator<<(std::ostream& to, const Tape& tape);

}  // namespace vaegrad::inline VAEGRAD_ABI
