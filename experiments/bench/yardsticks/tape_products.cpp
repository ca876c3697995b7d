#include "tape_products.hpp"

#include "operands.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

Real* TapeProducts::numbers(Index n) { return random_operand(memory_, n); }

TapeProducts::TapeProducts(const Tape& tape) {
  for (std::uint32_t i = 0; i < tape.size(); ++i) {
    const Entry& e = tape.entry(i);
    std::string text;
    e.kind->describe(e, text);
    if (!text.starts_with("matmul") && !text.starts_with("affine")) continue;
    std::vector<std::uint32_t> inputs;
    e.kind->inputs(e, inputs);
    const auto operand = [&](std::size_t k, const char* flipped) {
      const Entry& of = tape.entry(inputs[k]);
      const Factor f{numbers(of.rows * of.cols), of.rows, of.cols};
      return text.find(flipped) == text.npos ? f : transposed(f);
    };
    const auto adjoint = [&](std::size_t k) {
      const Entry& of = tape.entry(inputs[k]);
      return e.active && of.active ? numbers(of.rows * of.cols) : nullptr;
    };
    products_.push_back({operand(0, "a transposed"), operand(1, "b transposed"),
                         numbers(e.rows * e.cols), adjoint(0), adjoint(1)});
    const Product& p = products_.back();
    const double flops = 2.0 * double(p.a.rows) * double(p.a.cols) * double(p.b.cols);
    value_flops_ += flops;
    gradient_flops_ += flops * (1 + bool(p.a_adjoint) + bool(p.b_adjoint));
  }
}

void TapeProducts::operator()() {
  for (const auto& [a, b, y, a_adjoint, b_adjoint] : products_) {
    multiply(a, b, y, false);
    const Factor dy{y, a.rows, b.cols};
    // In memory as the operand is
    if (a_adjoint && !a.transposed) multiply(dy, transposed(b), a_adjoint, false);
    if (a_adjoint && a.transposed) multiply(b, transposed(dy), a_adjoint, false);
    if (b_adjoint && !b.transposed) multiply(transposed(a), dy, b_adjoint, false);
    if (b_adjoint && b.transposed) multiply(transposed(dy), a, b_adjoint, false);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
