// Rows of elementwise.hpp and fused.hpp in ONNX's operators: a line of a table for each. One that has
// no line is refused by its name.
#pragma once
#include <string_view>

#include <vaegrad/lab/uses/onnx/graph.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: for tape_writer.cpp ----

struct OnnxFunction {
  const char* name;
  // Of its one or two operands
  OnnxGraph::Name (*write)(OnnxGraph& g, const OnnxGraph::Name& a, const OnnxGraph::Name& b);
};
const OnnxFunction* onnx_function(std::string_view name);  // null: there is none

struct OnnxReduction {
  const char* name;
  OnnxGraph::Name (*write)(OnnxGraph& g, const OnnxGraph::Name& a, Index cols);  // a (B, cols)
};
const OnnxReduction* onnx_reduction(std::string_view name);

}  // namespace vaegrad::inline VAEGRAD_ABI
