// An ONNX graph in the making: nodes with the names of their inputs, numbers, what goes in and out.
// Operators are those of opset 17 (onnx.ai/onnx/operators), which onnxruntime has had since 1.12.
#pragma once
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/uses/onnx/protobuf.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- internal: for what writes one ----

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
};

class OnnxGraph {
 public:
  using Name = std::string;  // of a tensor

  explicit OnnxGraph(std::string name) : name_(std::move(name)) {}

  // (batch, cols), of any batch
  void input(const Name& name, Index cols, const std::string& batch = "batch");
  void output(const Name& name, const Name& value, Index cols, const std::string& batch = "batch");
  // Numbers by a name of their own, or without one; of the same numbers there is one tensor.
  Name numbers(ConstMatrix values, Name name = "");
  Name numbers(std::span<const float> values, const std::vector<std::int64_t>& dims,
               Name name = "");
  Name number(double x);  // a scalar, (1, 1)
  Name integers(const std::vector<std::int64_t>& values);
  Name node(const char* op, const std::vector<Name>& inputs,
            const std::vector<OnnxAttribute>& attributes = {});

  // Short for what every op is made of.
  Name add(const Name& a, const Name& b) { return node("Add", {a, b}); }
  Name sub(const Name& a, const Name& b) { return node("Sub", {a, b}); }
  Name mul(const Name& a, const Name& b) { return node("Mul", {a, b}); }
  Name div(const Name& a, const Name& b) { return node("Div", {a, b}); }
  Name add(const Name& a, double b) { return add(a, number(b)); }
  Name mul(const Name& a, double b) { return mul(a, number(b)); }
  Name reshape(const Name& a, const std::vector<std::int64_t>& to);  // a -1 is what is left
  Name row_sums(const Name& a);                                      // (B, 1)
  Name columns(const Name& a, Index first, Index count);
  Name repeat_rows(const Name& a, Index cols, Index times);  // each row, `times` below each other

  // The file. Metadata: what else belongs to it, in words.
  std::string file(const std::map<std::string, std::string>& metadata) const;

 private:
  Name fresh(const char* op);
  std::string name_;
  Message graph_nodes_, tensors_, ends_;
  std::map<std::string, Name> known_;  // numbers without a name of their own
  std::size_t made_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
