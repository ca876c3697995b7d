// Visitor: who walks over what a tape has recorded, entry by entry, to say it in another language
// (lab/uses/onnx/). The engine knows none of them: an op shows its name, its inputs and itself.
#pragma once
#include <span>

#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// An op of op.hpp as it was recorded: of which type it is, what it is called, its members, and the
// entries that are its inputs.
struct OpSeen {
  const void* type;  // op_type<Op>()
  const char* name;
  const void* members;  // an Op, of that type
  std::span<const std::uint32_t> in;
};
// Its address stands for the type of an op.
template <class Op>
inline constexpr char op_mark = 0;
template <class Op>
constexpr const void* op_type() {
  return &op_mark<Op>;
}

// What Tape::visit calls for an entry: one of the first four; or, of an expression, its operands in
// order, each function after its own, and reduced() at the end, as a machine with a stack does.
class Visitor {
 public:
  virtual ~Visitor() = default;

  virtual void constant() = 0;                          // a leaf without a gradient
  virtual void variable() = 0;                          // .. with one
  virtual void parameter(const std::string& name) = 0;  // .. of Parameters
  virtual void op(const OpSeen& seen) = 0;              // of op.hpp

  virtual void literal(Real c) = 0;  // a number in a formula
  // Row i of which is row i / repeat of the entry
  virtual void leaf(std::uint32_t entry, Index repeat) = 0;
  // A row of elementwise.hpp, of the last one or two
  virtual void function(const char* name, std::size_t operands) = 0;
  virtual void reduced(const char* name) = 0;  // by a row of fused.hpp; "": as it is
};

}  // namespace vaegrad::inline VAEGRAD_ABI
