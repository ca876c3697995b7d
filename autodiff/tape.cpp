#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <mutex>

#include <vaegrad/autodiff/kernels/denormals.hpp>
#include <vaegrad/autodiff/visitor.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// One counter for the whole process: a handle of a dead tape cannot be mistaken for one of a new
// tape at the same place.
std::uint32_t next_generation() {
  static std::atomic<std::uint32_t> counter{0};
  return ++counter;
}

struct Slots {
  std::mutex mutex;
  std::deque<TapeSlot> all;  // never shrinks, never moves
  std::vector<TapeSlot*> free;
};
Slots& slots() {
  static auto* s = new Slots;  // outlives every static tape
  return *s;
}

bool all_finite(const Real* x, Index n) {
  return std::all_of(x, x + n, [](Real v) { return std::isfinite(v); });
}

void no_inputs(const Entry&, std::vector<std::uint32_t>&) {}
const std::string& name_of(const Entry& parameter) {
  const auto* p = static_cast<const Param*>(parameter.state);
  return p->owner->list()[p->number].name;
}
const Kind constant_kind{nullptr, [](const Entry&, std::string& to) { to += "constant"; },
                         no_inputs, [](const Entry&, Visitor& v) { v.constant(); }};
const Kind variable_kind{nullptr, [](const Entry&, std::string& to) { to += "variable"; },
                         no_inputs, [](const Entry&, Visitor& v) { v.variable(); }};
const Kind parameter_kind{nullptr,
                          [](const Entry& e, std::string& to) { to += "parameter " + name_of(e); },
                          no_inputs, [](const Entry& e, Visitor& v) { v.parameter(name_of(e)); }};

}  // namespace

Tape::Tape() {
  const std::lock_guard lock(slots().mutex);
  if (slots().free.empty()) {
    slot_ = &slots().all.emplace_back();
  } else {
    slot_ = slots().free.back();
    slots().free.pop_back();
  }
  *slot_ = {this, next_generation()};
}

Tape::~Tape() {
  const std::lock_guard lock(slots().mutex);
  *slot_ = {nullptr, next_generation()};
  slots().free.push_back(slot_);
}

void Tape::reset() {
  entries_.clear();
  values_.reset();
  adjoints_.reset();
  scratch_.reset();
  used_.clear();
  ++resets_;
  slot_->generation = next_generation();
}

void Tape::rewind(const Mark& to) {
  if (resets_ != to.resets) return reset();
  entries_.erase(entries_.begin() + std::ptrdiff_t(to.entries), entries_.end());
  values_.rewind(to.values);
  used_.erase(used_.begin() + std::ptrdiff_t(to.used), used_.end());
  // What an earlier value got for its adjoint meanwhile, it keeps.
  const auto kept = [&](const Entry& e) { return adjoints_.since(to.adjoints, e.adj); };
  if (adjoints_.mark() != to.adjoints && std::none_of(entries_.begin(), entries_.end(), kept))
    adjoints_.rewind(to.adjoints);
  slot_->generation = next_generation();  // entries that stay keep theirs, and so do their Vars
}

bool Tape::is_frozen(const Parameters* which) const {
  return std::any_of(frozen_.begin(), frozen_.end(),
                     [&](const Parameters* f) { return !f || f == which; });
}

Tape& Tape::of(Var v, const char* where) {
  check(v.slot_, where, ": the Var is empty: nothing was stored in it", hint,
        "give it a value first, e.g. Var y = exp(x)");
  const Tape* tape = v.slot_->tape;
  check(tape && v.index_ < tape->entries_.size() && tape->entries_[v.index_].born == v.generation_,
        where,
        tape ? ": stale Var: its tape was reset since it was recorded"
             : ": stale Var: its tape no longer exists",
        hint, "copy the numbers out before reset(), or keep them in Parameters");
  return *v.slot_->tape;
}

std::uint32_t Tape::index(Var v, const char* where) const {
  check(&of(v, where) == this, where, ": operands are on two different tapes", hint,
        "record both on one tape; tape.constant(v.val()) copies a value over");
  return v.index_;
}

Tape& Var::tape() const { return Tape::of(*this, "tape"); }
Shape Var::shape() const { return Tape::of(*this, "shape").at(*this).shape(); }
Matrix Var::val() const { return Tape::of(*this, "val").node(index_).val; }
Matrix Var::adj() const {
  Tape& tape = Tape::of(*this, "adj");
  check(tape.at(*this).active, "adj: the value %", index_, " wants no gradient", hint,
        "make it a variable or a parameter; a constant has no adjoint");
  const Node x = tape.zeroed_target(index_);
  if (x.later.gradient) x.later.settle();
  return x.adj;
}
Real Var::item() const {
  const Matrix v = val();
  check(v.shape() == Shape{1, 1}, "item: the shape is ", v.shape(), ", expected (1, 1)", hint,
        "val()(i, j) reads one entry of a matrix");
  return v.data[0];
}

Var Tape::push(Real* val, Shape shape, bool active, const Kind* kind, void* state) {
  check(entries_.size() < UINT32_MAX, "tape: more than 2^32 entries", hint,
        "call reset() at the start of each step");
  entries_.push_back({val, nullptr, shape.rows, shape.cols, kind, state, nullptr, active, false,
                      slot_->generation});
  return {slot_, std::uint32_t(entries_.size() - 1)};
}

void Tape::recorded(Var y) {
  if (check_finite_) check_values(at(y));
}

Var Tape::leaf(Shape shape, bool active) {
  check(shape.rows >= 1 && shape.cols >= 1, "tape: a value of shape ", shape, hint,
        "both sizes must be at least 1");
  active = active && !is_frozen(nullptr);
  return push(values_.allocate<Real>(shape.size()), shape, active,
              active ? &variable_kind : &constant_kind, nullptr);
}

namespace {
template <class Make>
Var filled(Make make, ConstMatrix from) {
  Var v = make(from.shape());
  std::copy(from.begin(), from.end(), v.val().data);
  return v;
}
template <class Make>
Var listed(Make make, std::initializer_list<std::initializer_list<Real>> rows) {
  Var v = make({Index(rows.size()), rows.size() ? Index(rows.begin()->size()) : 0});
  Real* to = v.val().data;
  for (const auto& row : rows) {
    check(Index(row.size()) == v.shape().cols, "tape: rows of ", v.shape().cols, " and of ",
          row.size(), " numbers in one matrix", hint, "give every row the same length");
    to = std::copy(row.begin(), row.end(), to);
  }
  return v;
}
}  // namespace

Var Tape::constant(ConstMatrix m) {
  return filled([&](Shape s) { return leaf(s, false); }, m);
}
Var Tape::variable(ConstMatrix m) {
  return filled([&](Shape s) { return leaf(s, true); }, m);
}
Var Tape::constant(Real x) { return constant(ConstMatrix{&x, 1, 1}); }
Var Tape::variable(Real x) { return variable(ConstMatrix{&x, 1, 1}); }
Var Tape::constant(std::initializer_list<std::initializer_list<Real>> rows) {
  return listed([&](Shape s) { return leaf(s, false); }, rows);
}
Var Tape::variable(std::initializer_list<std::initializer_list<Real>> rows) {
  return listed([&](Shape s) { return leaf(s, true); }, rows);
}

Var Tape::operator()(const Param& param) {
  check(param.owner, "tape: the Param is empty", hint, "Parameters::add makes one");
  Parameters& p = *param.owner;
  check(!p.only_counts(), "tape: a Param of Parameters that only count", hint,
        "build the model with Parameters that hold numbers");
  p.in_use_.store(true, std::memory_order_relaxed);  // by several threads at once, perhaps
  const auto known =
      std::find_if(used_.begin(), used_.end(), [&](const Used& u) { return u.parameters == &p; });
  if (known == used_.end()) {
    used_.push_back({&p, p.version_});
  } else {
    check(known->version == p.version_,
          "tape: the parameters changed while this step was being recorded", hint,
          "reset() the tape and record the step again after an update");
  }
  auto* state = values_.allocate<Param>(1);
  *state = param;
  const bool active = !is_frozen(&p);
  const Var v = push(p.values_.data() + param.offset, param.shape, active, &parameter_kind, state);
  if (!active) return v;
  Gradient* to = &p.gradient_;
  for (const Collected& c : collected_)
    if (c.of == &p) to = c.to;
  entries_.back().adj = to->values_.data() + param.offset;
  entries_.back().shared_touched = &to->touched_[param.number];
  return v;
}

Node Tape::node(std::uint32_t i) const {
  const Entry& e = entries_[i];
  return {{e.val, e.rows, e.cols}, {e.adj, e.rows, e.cols}};
}

Node Tape::target(std::uint32_t i) {
  Entry& e = entries_[i];
  Node n = node(i);
  if (!e.active) return n.adj.data = nullptr, n;
  if (!e.adj) e.adj = adjoints_.allocate<Real>(e.rows * e.cols);
  n.adj.data = e.adj;
  if (e.shared_touched) {
    n.fresh = !*e.shared_touched;
    *e.shared_touched = true;
    n.later = place_of(e);
  } else {
    n.fresh = !e.touched;
    e.touched = true;
  }
  return n;
}

Node Tape::zeroed_target(std::uint32_t i) {
  Node n = target(i);
  if (n.fresh) std::fill(n.adj.begin(), n.adj.end(), Real{0});
  n.fresh = false;
  return n;
}

void Tape::backward(Var loss) {
  const std::uint32_t top = index(loss, "backward");
  check(loss.shape() == Shape{1, 1}, "backward: the loss has shape ", loss.shape(),
        ", expected (1, 1)", hint, "reduce it first, e.g. backward(average(loss))");
  check(entries_[top].active, "backward: the loss depends on no parameter and no variable", hint,
        "put parameters on the tape with tape(param)");
  for (const Used& u : used_)
    check(u.version == u.parameters->version(),
          "backward: parameters changed since they were recorded", hint,
          "run backward() before the optimiser's step, or record the loss again");

  for (const Collected& c : collected_)
    c.to->settle();  // the adjoints that it waits for begin anew
  const FlushDenormals flush;
  for (Entry& e : entries_) e.touched = false;
  Node seed = zeroed_target(top);
  seed.adj.data[0] += 1;
  for (std::size_t i = std::size_t{top} + 1; i-- > 0;) {
    const Entry& e = entries_[i];
    if (!e.touched || !e.kind->pull) continue;
    e.kind->pull(*this, e);
    scratch_.reset();
    if (check_finite_) check_adjoints(entries_[i]);
  }
}

void Tape::check_values(const Entry& e) const {
  if (all_finite(e.val, e.rows * e.cols)) return;
  std::string what;
  e.kind->describe(e, what);
  const Real* bad =
      std::find_if(e.val, e.val + e.rows * e.cols, [](Real v) { return !std::isfinite(v); });
  fail("check_finite: the value of %", &e - entries_.data(), " = ", what, " is ", double(*bad),
       " at (", (bad - e.val) / e.cols, ", ", (bad - e.val) % e.cols, ")", hint,
       "lower the learning rate, bound the log-variance, or clip the gradient");
}

void Tape::check_adjoints(const Entry& e) const {
  std::vector<std::uint32_t> inputs;
  e.kind->inputs(e, inputs);
  for (std::uint32_t i : inputs) {
    const Entry& in = entries_[i];
    const bool nothing_there = in.shared_touched && !*in.shared_touched;
    if (!in.active || !in.adj || nothing_there || all_finite(in.adj, in.rows * in.cols)) continue;
    std::string what;
    e.kind->describe(e, what);
    fail("check_finite: the pullback of %", &e - entries_.data(), " = ", what,
         " gives an adjoint of %", i, " that is not finite", hint,
         "look for a division by zero, or log or sqrt at 0, in that expression");
  }
}

std::size_t Tape::memory() const {
  return values_.capacity() + adjoints_.capacity() + scratch_.capacity() +
         entries_.capacity() * sizeof(Entry);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
