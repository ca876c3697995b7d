// What the engine refuses, and the words in which it says so.
#include <doctest/doctest.h>

#include <memory>
#include <new>
#include <optional>
#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/message.hpp"

using namespace vaegrad;

TEST_CASE("a Var of an earlier step, of a dead tape, of no tape") {
  const std::string reset =
      ": stale Var: its tape was reset since it was recorded\n"
      "  hint: copy the numbers out before reset(), or keep them in Parameters";
  const std::string dead =
      ": stale Var: its tape no longer exists\n"
      "  hint: copy the numbers out before reset(), or keep them in Parameters";
  const std::string empty =
      ": the Var is empty: nothing was stored in it\n"
      "  hint: give it a value first, e.g. Var y = exp(x)";

  Tape tape;
  const Var x = tape.variable(2);
  const auto kept = exp(x) + 1;
  tape.reset();
  const Var now = tape.variable(3);  // takes the place of x
  CHECK(message_of([&] { x.val(); }) == "val" + reset);
  CHECK(message_of([&] { x.shape(); }) == "shape" + reset);
  CHECK(message_of([&] { x.adj(); }) == "adj" + reset);
  CHECK(message_of([&] { x.item(); }) == "val" + reset);
  CHECK(message_of([&] { tape.backward(x); }) == "backward" + reset);
  CHECK(message_of([&] { reshape(x, 1, 1); }) == "reshape" + reset);
  CHECK(message_of([&] { stored(kept); }) == "expression" + reset);
  CHECK(message_of([&] { sum(kept); }) == "expression" + reset);
  CHECK(message_of([&] { stored(now * x); }) == "expression" + reset);
  CHECK(tape.size() == 1);  // none of that was recorded

  std::optional<Tape> second(std::in_place);
  const Var y = second->variable(2);
  second.reset();
  CHECK(message_of([&] { y.val(); }) == "val" + dead);
  second.emplace();  // a new tape at the same address
  const Var z = second->variable(5);
  CHECK(message_of([&] { y.val(); }).find("val: stale Var: its tape") == 0);
  CHECK(message_of([&] { stored(y + z); }).find("expression: stale Var: its tape") == 0);
  CHECK(z.item() == 5);

  const Var nothing;
  CHECK(message_of([&] { nothing.val(); }) == "val" + empty);
  CHECK(message_of([&] { stored(now + nothing); }) == "expression" + empty);
  CHECK(message_of([&] { tape.backward(nothing); }) == "backward" + empty);
}

TEST_CASE("operands on two tapes") {
  const std::string mixed =
      ": operands are on two different tapes\n"
      "  hint: record both on one tape; tape.constant(v.val()) copies a value over";
  Tape one, two;
  const Var x = one.variable(1), y = two.variable(2);
  CHECK(message_of([&] { stored(x * y); }) == "expression" + mixed);
  CHECK(message_of([&] { matmul(x, y); }) == "matmul" + mixed);
  CHECK(message_of([&] { one.backward(y); }) == "backward" + mixed);
  CHECK(message_of([&] { stored(x * one.constant(y.val())); }) == "(nothing was thrown)");
}

TEST_CASE("what cannot be differentiated") {
  Parameters p;
  const Param w = p.add("w", {2, 3});
  Tape tape;
  CHECK(message_of([&] { tape.backward(exp(tape(w))); }) ==
        "backward: the loss has shape (2, 3), expected (1, 1)\n"
        "  hint: reduce it first, e.g. backward(average(loss))");
  const Var c = tape.constant(2);
  CHECK(message_of([&] { tape.backward(exp(c)); }) ==
        "backward: the loss depends on no parameter and no variable\n"
        "  hint: put parameters on the tape with tape(param)");
  CHECK(message_of([&] { tape.backward(sum(stop_gradient(tape(w)))); }) ==
        "backward: the loss depends on no parameter and no variable\n"
        "  hint: put parameters on the tape with tape(param)");
  CHECK(message_of([&] { c.adj(); }) ==
        "adj: the value %2 wants no gradient\n"
        "  hint: make it a variable or a parameter; a constant has no adjoint");
  CHECK(message_of([&] { tape(w).item(); }) ==
        "item: the shape is (2, 3), expected (1, 1)\n"
        "  hint: val()(i, j) reads one entry of a matrix");
}

TEST_CASE("parameters that change under a recorded step") {
  Parameters p;
  const Param w = p.add("w", {1, 1}, constant_fill(2));
  Sgd optimiser(p);
  Tape tape;
  const Var loss = square(tape(w));
  tape.backward(loss);
  optimiser.step();
  CHECK(message_of([&] { tape.backward(loss); }) ==
        "backward: parameters changed since they were recorded\n"
        "  hint: run backward() before the optimiser's step, or record the loss again");
  CHECK(message_of([&] { tape(w); }) ==
        "tape: the parameters changed while this step was being recorded\n"
        "  hint: reset() the tape and record the step again after an update");
  CHECK(message_of([&] {
          p.add("late", {1, 1});
        }) ==
        "parameters: late is added after a tape has used this block\n"
        "  hint: add every parameter first, or keep late ones in a second Parameters");
  tape.reset();
  CHECK(message_of([&] { tape.backward(square(tape(w))); }) == "(nothing was thrown)");
}

TEST_CASE("parameters") {
  Parameters p;
  p.add("w", {2, 3});
  CHECK(message_of([&] {
          p.add("w", {4, 4});
        }) ==
        "parameters: the name w is taken, with shape (2, 3)\n"
        "  hint: give each layer a name of its own");
  CHECK(message_of([&] {
          p.add("v", {0, 3});
        }) ==
        "parameters: v has shape (0, 3)\n"
        "  hint: both sizes must be at least 1");
  Adam early(p);
  p.add("b", {1, 3});
  CHECK(message_of([&] { early.step(); }).find("optimiser: it was made for ") == 0);
  Tape tape;
  CHECK(message_of([&] { tape(Param{}); }) ==
        "tape: the Param is empty\n"
        "  hint: Parameters::add makes one");
}

TEST_CASE("shapes") {
  Tape tape;
  const Var a = tape.variable(Shape{3, 4}), b = tape.variable(Shape{2, 4}),
            c = tape.variable(Shape{3, 2});
  const auto broadcast = [](const std::string& name, const char* of_a, const char* of_b) {
    return name + ": shapes do not broadcast: a is " + of_a + ", b is " + of_b +
           "\n  hint: rows and columns must be equal, or 1";
  };
  CHECK(message_of([&] { stored(a + b); }) == broadcast("+", "(3, 4)", "(2, 4)"));
  CHECK(message_of([&] { stored(exp(a) * c); }) == broadcast("*", "(3, 4)", "(3, 2)"));
  CHECK(message_of([&] { row_sums(max(a, b)); }) == broadcast("max", "(3, 4)", "(2, 4)"));
  CHECK(message_of([&] { stored(repeat_rows(a, 2) - a); }) == broadcast("-", "(6, 4)", "(3, 4)"));
  CHECK(message_of([&] { stored(transpose(a) / a); }) == broadcast("/", "(4, 3)", "(3, 4)"));
  CHECK(message_of([&] { repeat_rows(a, 0); }) ==
        "repeat_rows: times is 0\n  hint: each row is repeated at least once");
  CHECK(message_of([&] { matmul(a, b); }) ==
        "matmul: inner dimensions differ: a is (3, 4), b is (2, 4)\n"
        "  hint: matmul(a, transpose(b)) would fit");
  CHECK(message_of([&] { matmul(a, c); }) ==
        "matmul: inner dimensions differ: a is (3, 4), b is (3, 2)\n"
        "  hint: matmul(transpose(a), b) would fit");
  CHECK(message_of([&] { matmul(transpose(b), c); }) ==
        "matmul: inner dimensions differ: a is (4, 2), b is (3, 2)\n"
        "  hint: matmul(a, transpose(b)) would fit");
  CHECK(message_of([&] { reshape(a, 5, 2); }) ==
        "reshape: (3, 4) has 12 entries, (5, 2) has 10\n"
        "  hint: both shapes must have the same number of entries");
  CHECK(message_of([&] { rows(a, 2, 2); }) ==
        "rows: 2 rows from 2 on do not lie in (3, 4)\n"
        "  hint: rows(x, first, count) counts from 0");
  CHECK(message_of([&] { columns(a, -1, 2); }) ==
        "columns: 2 columns from -1 on do not lie in (3, 4)\n"
        "  hint: columns(x, first, count) counts from 0");
  CHECK(message_of([&] { concatenate_rows(a, c); }) ==
        "concatenate_rows: columns differ: (3, 4) and (3, 2)\n"
        "  hint: parts that stand one below the other have the same columns");
  CHECK(message_of([&] { concatenate_columns(a, c, b); }) ==
        "concatenate_columns: rows differ: (3, 4) and (2, 4)\n"
        "  hint: parts that stand side by side have the same rows");
  const std::uint32_t row[]{0, 3};
  CHECK(message_of([&] { gather_rows(a, row); }) ==
        "gather_rows: index 3 at 1 is beyond the last row of (3, 4)\n"
        "  hint: indices count from 0");
  CHECK(message_of([&] { straight_through(a, b); }) ==
        "straight_through: shapes differ: hard is (3, 4), soft is (2, 4)\n"
        "  hint: soft stands in for hard entry by entry");
  CHECK(message_of([&] {
          tape.constant(Shape{0, 4});
        }) == "tape: a value of shape (0, 4)\n  hint: both sizes must be at least 1");
  CHECK(message_of([&] {
          tape.constant({{1, 2}, {3}});
        }) ==
        "tape: rows of 2 and of 1 numbers in one matrix\n"
        "  hint: give every row the same length");
}

TEST_CASE("a failed record leaves a tape that works") {
  Tape tape;
  const Var x = tape.variable({{1, 2}}), y = tape.variable({{1, 2, 3}});
  CHECK_THROWS_AS((Var(x + y)), Error);
  CHECK_THROWS_AS(matmul(x, y), Error);
  CHECK(tape.size() == 2);
  tape.backward(sum(x * x));
  CHECK(x.adj()(0, 1) == 4);
}

TEST_CASE("check_finite names the first op that goes wrong") {
  Tape tape;
  tape.check_finite(true);
  const Var x = tape.variable({{1, 0, 4}});
  CHECK(message_of([&] { stored(log(x) + 1); }) ==
        "check_finite: the value of %1 = log(%0) + 1 is -inf at (0, 1)\n"
        "  hint: lower the learning rate, bound the log-variance, or clip the gradient");
  tape.reset();
  const Var z = tape.variable({{1, 0, 4}});
  const Var root = sqrt(z);  // 0, but its slope is not finite
  const Var loss = sum(2 * root);
  CHECK(message_of([&] { tape.backward(loss); }) ==
        "check_finite: the pullback of %1 = sqrt(%0) gives an adjoint of %0 that is not finite\n"
        "  hint: look for a division by zero, or log or sqrt at 0, in that expression");
  tape.check_finite(false);
  CHECK(message_of([&] { tape.backward(loss); }) == "(nothing was thrown)");
}
