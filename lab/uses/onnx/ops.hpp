// Ops of op.hpp in ONNX's operators: a line of a table for each. One that has no line, or a form that
// depends on more than shapes, is refused by its name.
#pragma once
#include <vaegrad/autodiff/visitor.hpp>
#include <vaegrad/lab/uses/onnx/graph.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: for tape_writer.cpp ----

// An op where it was recorded.
struct OnnxCall {
  OnnxGraph& g;
  const OpSeen& op;
  std::vector<OnnxGraph::Name> in;
  std::vector<Shape> shapes;  // of the inputs, as recorded
  std::vector<ConstMatrix>
      values;  // .. and what they are where no input of the graph is behind them
  Shape out;
  Index batch;  // how many examples were recorded; 0: there is no batch, all shapes are fixed

  bool per_example(Index rows) const { return batch && rows % batch == 0; }
  template <class Op>
  const Op& as() const {
    return *static_cast<const Op*>(op.members);
  }
  // Error: the op is refused, with a reason
  [[noreturn]] void refuse(const char* why) const;
};

struct OnnxOp {
  const void* type;
  OnnxGraph::Name (*write)(const OnnxCall&);
};
const OnnxOp* onnx_op(const void* type);  // null: there is none

}  // namespace vaegrad::inline VAEGRAD_ABI
