#include <algorithm>

#include <vaegrad/lab/uses/onnx/functions.hpp>
#include <vaegrad/lab/uses/onnx/ops.hpp>
#include <vaegrad/lab/uses/onnx/tape_writer.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

using Name = OnnxGraph::Name;

TapeWriter::TapeWriter(const Tape& tape, OnnxGraph& graph, Index batch)
    : tape_(tape),
      g_(graph),
      batch_(batch),
      names_(tape.size()),
      given_(tape.size()),
      one_row_(tape.size()) {}

void TapeWriter::is(Var entry, Name name) {
  const std::uint32_t i = tape_.index(entry, "onnx");
  if (any_input_.empty()) any_input_ = name;
  names_[i] = std::move(name);
  given_[i] = true;
}

ConstMatrix TapeWriter::value(std::uint32_t i) const {
  const Entry& e = tape_.entry(i);
  return {e.val, e.rows, e.cols};
}

Name TapeWriter::operator()(Var v) {
  const std::uint32_t last = tape_.index(v, "onnx");
  std::vector<bool> needed(tape_.size());
  needed[last] = true;
  std::vector<std::uint32_t> in;
  for (std::uint32_t i = last + 1; i-- > 0;) {
    if (!needed[i] || !names_[i].empty()) continue;
    in.clear();
    tape_.entry(i).kind->inputs(tape_.entry(i), in);
    for (const std::uint32_t k : in) needed[k] = true;
  }
  for (at_ = 0; at_ <= last; ++at_) {
    if (!needed[at_] || !names_[at_].empty()) continue;
    in.clear();
    tape_.entry(at_).kind->inputs(tape_.entry(at_), in);
    given_[at_] = std::any_of(in.begin(), in.end(), [&](auto k) { return given_[k]; });
    // What only weights are behind is a number: of those it is made of nothing is written.
    if (in.empty() || given_[at_]) tape_.visit(at_, *this);
  }
  at_ = last;
  return names_[last].empty() || one_row_[last] ? for_every_row(last) : names_[last];
}

void TapeWriter::constant() {
  const ConstMatrix m = value(at_);
  const bool each = batch_ && m.rows > 1 && m.rows % batch_ == 0;
  if (!each) return;  // written where it is used
  bool same = true;
  for (Index i = 1; i < m.rows; ++i)
    same = same && std::equal(m.row(i), m.row(i) + m.cols, m.row(0));
  if (same) {
    one_row_[at_] = true;
    names_[at_] = g_.numbers(ConstMatrix{m.data, 1, m.cols});
    return;
  }
  check(noise_, "onnx: a constant ", m.shape(), " has a row for each example, and is no input",
        hint, "it was computed beside the tape");
  const Name name = concat("eps_", given_noise_.size() + 1);
  const Index particles = m.rows / batch_;
  g_.input(name, m.cols, particles == 1 ? "batch" : concat("batch_times_", particles));
  given_noise_.push_back({name, m});
  names_[at_] = name;
  given_[at_] = true;
}
void TapeWriter::parameter(const std::string& name) { names_[at_] = g_.numbers(value(at_), name); }

// A constant as a number for each row; those that are the same for all examples are repeated.
Name TapeWriter::for_every_row(std::uint32_t i) {
  if (!one_row_[i]) {
    if (!names_[i].empty()) return names_[i];
    const ConstMatrix m = value(i);
    check(!batch_ || m.rows == 1 || m.rows % batch_ != 0, "onnx: a number ", m.shape(),
          " for each example is computed beside the tape", hint, "it depends on no input");
    return names_[i] = g_.numbers(m);
  }
  const Index times = value(i).rows / batch_;
  const Name zero = g_.mul(g_.columns(any_input_, 0, 1), 0);
  return g_.add(g_.repeat_rows(zero, 1, times), names_[i]);
}

void TapeWriter::op(const OpSeen& seen) {
  const OnnxOp* row = onnx_op(seen.type);
  check(row, "onnx: ", seen.name, " has no form in ONNX", hint,
        "a line of the table in lab/uses/onnx/ops.cpp gives it one");
  OnnxCall call{g_, seen, {}, {}, {}, tape_.entry(at_).shape(), batch_};
  for (const std::uint32_t i : seen.in) {
    call.in.push_back(given_[i] ? names_[i] : for_every_row(i));
    call.shapes.push_back(tape_.entry(i).shape());
    call.values.push_back(given_[i] ? ConstMatrix() : value(i));
  }
  names_[at_] = row->write(call);
}

// ---- expressions ----

Name TapeWriter::pop() {
  Name top = std::move(stack_.back());
  stack_.pop_back();
  return top;
}
void TapeWriter::literal(Real c) { stack_.push_back(g_.number(double(c))); }
void TapeWriter::leaf(std::uint32_t i, Index repeat) {
  const Shape s = tape_.entry(i).shape();
  operand_ = {std::max(operand_.rows, s.rows * repeat), std::max(operand_.cols, s.cols)};
  const Name name = one_row_[i] ? names_[i] : for_every_row(i);
  stack_.push_back(one_row_[i] ? name : g_.repeat_rows(name, s.cols, repeat));
}
void TapeWriter::function(const char* name, std::size_t operands) {
  const OnnxFunction* row = onnx_function(name);
  check(row, "onnx: ", name, " has no form in ONNX", hint,
        "a line of the table in lab/uses/onnx/functions.cpp gives it one");
  const Name b = operands == 2 ? pop() : Name();
  const Name a = pop();
  stack_.push_back(row->write(g_, a, b));
}
void TapeWriter::reduced(const char* name) {
  const OnnxReduction* row = onnx_reduction(name);
  check(row, "onnx: ", name, " has no form in ONNX", hint,
        "a line of the table in lab/uses/onnx/functions.cpp gives it one");
  names_[at_] = row->write(g_, pop(), operand_.cols);
  operand_ = {};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
