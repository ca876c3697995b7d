// Ops of a program, in a namespace of its own that has none of ours.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>

#define VAEGRAD_CATALOGUE  // the engine's own are entered by catalogue.cpp
#include <vaegrad/autodiff/entries.hpp>

namespace somebody::else_ {

// clang-format off
VAEGRAD_UNARY(mish, -4, 4, x * tanh(softplus(x)), tanh(softplus(x)) + x * (1 - tanh(softplus(x)) * tanh(softplus(x))) * sigmoid(x))
VAEGRAD_BINARY(hypotenuse, 0.5, 2, 0.5, 2, sqrt(a * a + b * b), a / y, b / y)
// clang-format on

// y_ij = a_i b_j          ā_i += Σ_j ȳ_ij b_j          b̄_j += Σ_i ȳ_ij a_i
struct Outer {
  static constexpr auto name = "outer";
  static vaegrad::Shape shape(vaegrad::Shape a, vaegrad::Shape b) { return {a.rows, b.rows}; }
  static void value(vaegrad::Node y, vaegrad::Node a, vaegrad::Node b) {
    for (vaegrad::Index i = 0; i < y.val.rows; ++i)
      for (vaegrad::Index j = 0; j < y.val.cols; ++j) y.val(i, j) = a.val(i, 0) * b.val(j, 0);
  }
  static void pull(vaegrad::Wrt<0>, vaegrad::Node y, vaegrad::Node a, vaegrad::Node b) {
    for (vaegrad::Index i = 0; i < y.val.rows; ++i)
      for (vaegrad::Index j = 0; j < y.val.cols; ++j) a.adj(i, 0) += y.adj(i, j) * b.val(j, 0);
  }
  static void pull(vaegrad::Wrt<1>, vaegrad::Node y, vaegrad::Node a, vaegrad::Node b) {
    for (vaegrad::Index i = 0; i < y.val.rows; ++i)
      for (vaegrad::Index j = 0; j < y.val.cols; ++j) b.adj(j, 0) += y.adj(i, j) * a.val(i, 0);
  }
};
vaegrad::Var outer(vaegrad::Var a, vaegrad::Var b) { return vaegrad::record(Outer{}, a, b); }
VAEGRAD_CHECKED(Outer, outer, VAEGRAD_INPUTS({{3, 1}}, {{4, 1}}),
                [](vaegrad::Var a, vaegrad::Var b) { return outer(a, b); })

}  // namespace somebody::else_

TEST_CASE("rows and ops in a namespace of one's own") {
  using namespace vaegrad;
  Tape tape;
  const Var x = tape.variable({{0.5, -1}}), two = tape.constant({{2}, {3}});
  const Var y = somebody::else_::mish(x) * 2 + somebody::else_::hypotenuse(x, 1);  // one entry
  CHECK(tape.size() == 3);
  CHECK(y.val()(0, 0) ==
        doctest::Approx(2 * 0.5 * std::tanh(std::log1p(std::exp(0.5))) + std::sqrt(1.25)));
  CHECK(somebody::else_::outer(two, two).val()(0, 1) == 6);
  std::size_t own = 0;
  for (const Catalogued& entry : catalogue())
    own += entry.name == "mish" || entry.name == "hypotenuse" || entry.name == "outer";
  CHECK(own == 3);  // which check_catalogue() checks
}
