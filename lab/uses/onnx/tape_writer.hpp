// From a tape to an ONNX graph. What depends on no input of the graph is a number, weights by their
// own names; everything else is written by its kind, or refused by its name.
#pragma once
#include <vaegrad/autodiff/visitor.hpp>
#include <vaegrad/lab/uses/onnx/graph.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The tape was recorded with `batch` examples, a number that is no other size on it; the graph is one
// for any number of them. 0: there is no batch, and all shapes are fixed.
class TapeWriter : private Visitor {
 public:
  TapeWriter(const Tape& tape, OnnxGraph& graph, Index batch);

  // This entry is an input of the graph, or made of one
  void is(Var entry, OnnxGraph::Name name);
  // Constants that differ from row to row are noise, and inputs: eps, or eps_1, eps_2 ..
  void noise_is_an_input() { noise_ = true; }
  // Writes what is not written yet. Errors: an op or a function that ONNX has no form for, a constant
  // with a row for each example.
  OnnxGraph::Name operator()(Var v);
  // The noise of each example as the tape has it, in the order of the names
  struct Noise {
    OnnxGraph::Name name;
    ConstMatrix values;
  };
  const std::vector<Noise>& noise() const { return given_noise_; }

 private:
  void constant() override;
  void variable() override { constant(); }
  void parameter(const std::string& name) override;
  void op(const OpSeen& seen) override;
  void literal(Real c) override;
  void leaf(std::uint32_t entry, Index repeat) override;
  void function(const char* name, std::size_t operands) override;
  void reduced(const char* name) override;

  ConstMatrix value(std::uint32_t i) const;
  OnnxGraph::Name pop();
  OnnxGraph::Name for_every_row(std::uint32_t i);  // a constant, as an op needs it

  const Tape& tape_;
  OnnxGraph& g_;
  Index batch_;
  bool noise_ = false;
  std::vector<OnnxGraph::Name> names_;  // of entries that are written
  std::vector<bool> given_;             // an input of the graph is behind it
  std::vector<bool> one_row_;           // a constant whose rows are all the same is written as one
  OnnxGraph::Name any_input_;           // (B, ..)
  std::vector<Noise> given_noise_;
  std::vector<OnnxGraph::Name> stack_;
  Shape operand_;  // of the expression so far
  std::uint32_t at_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
