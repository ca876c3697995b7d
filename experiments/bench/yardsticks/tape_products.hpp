// The yardstick of a step that nobody wrote by hand: the products of matrices on its tape, with those
// of their adjoints, each with its operands ready, one after another and nothing else.
#pragma once
#include <vaegrad/autodiff/arena.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>
#include <vaegrad/autodiff/tape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class TapeProducts {
 public:
  explicit TapeProducts(const Tape& tape);  // as a step has left it
  void operator()();
  double value_flops() const { return value_flops_; }  // multiplications and additions
  double gradient_flops() const { return gradient_flops_; }

 private:
  struct Product {  // y = op(a) op(b), and the adjoints that are wanted
    Factor a, b;
    Real *y, *a_adjoint, *b_adjoint;  // null: nobody wants it
  };
  Real* numbers(Index n);

  Arena memory_;
  std::vector<Product> products_;
  double value_flops_ = 0, gradient_flops_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
