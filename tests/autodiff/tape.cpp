// The tape: order, accumulation, what is kept and what restarts, memory, its printed form. What it
// refuses is in errors.cpp.
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <sstream>
#include <thread>
#include <vaegrad/autodiff/autodiff.hpp>

#include "../support/sanitized.hpp"

using namespace vaegrad;

TEST_CASE("a value that is used twice gets both contributions") {
  Tape tape;
  const Var x = tape.variable(3);
  const Var y = x * x;          // y = x²
  const Var z = y * y + 5 * y;  // z = y² + 5 y,  z' = (2 y + 5) 2 x
  tape.backward(z);
  CHECK(z.item() == 126);
  CHECK(y.adj()(0, 0) == 23);
  CHECK(x.adj()(0, 0) == 138);
}

TEST_CASE("60 squarings at x = 1: d/dx x^(2^60) = 2^60") {
  Tape tape;
  const Var x = tape.variable(1);
  Var y = x;
  for (int i = 0; i < 60; ++i) y = y * y;
  tape.backward(y);
  CHECK(tape.size() == 61);
  CHECK(x.adj()(0, 0) == 0x1p60);
}

TEST_CASE("a chain of a million entries runs backward in under a second") {
  Tape tape;
  const Var x = tape.variable(1);
  Var y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y + 1;
  const auto start = std::chrono::steady_clock::now();
  tape.backward(y);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  MESSAGE("10^6 entries backward: ", seconds.count(), " s");
  CHECK(tape.size() == 1'000'001);
  CHECK(y.item() == 1'000'001);
  CHECK(x.adj()(0, 0) == 1);
  CHECK(seconds.count() < (sanitized ? 10 : 1));
}

TEST_CASE("backward twice: adjoints restart, parameters accumulate") {
  Parameters p;
  const Param w = p.add("w", {1, 2}, constant_fill(3));
  Tape tape;
  const Var x = tape.variable({{1, 2}});
  const Var y = tape(w) * x;
  const Var loss = sum(y);
  for (int time = 1; time <= 3; ++time) {
    tape.backward(loss);
    CHECK(x.adj()(0, 0) == 3);
    CHECK(y.adj()(0, 1) == 1);
    CHECK(p.gradient(w)(0, 0) == 1 * time);
    CHECK(p.gradient(w)(0, 1) == 2 * time);
  }
  p.zero_gradient();  // only marks
  tape.backward(loss);
  CHECK(p.gradient(w)(0, 1) == 2);
  p.zero_gradient();
  CHECK(p.gradient(w)(0, 1) == 0);
  CHECK(p.gradient()[0] == 0);
}

TEST_CASE("zero_gradient reaches parameters that the next step does not use") {
  Parameters p;
  const Param a = p.add("a", {1, 1}, constant_fill(2)), b = p.add("b", {1, 1}, constant_fill(5));
  Tape tape;
  tape.backward(tape(a) * tape(b));
  CHECK(p.gradient(b)(0, 0) == 2);
  p.zero_gradient();
  tape.reset();
  tape.backward(square(tape(a)));
  const auto g = p.gradient();
  CHECK(g[std::size_t(a.offset)] == 4);
  CHECK(g[std::size_t(b.offset)] == 0);
}

TEST_CASE("a parameter that is put on the tape twice is one parameter") {
  Parameters p;
  const Param w = p.add("w", {2, 2}, constant_fill(3));
  Tape tape;
  tape.backward(sum(tape(w) * tape(w)));
  for (const Real g : p.gradient(w)) CHECK(g == 6);

  // Also where one use is summed over rows as they come, the other once at the end of a block.
  Parameters q;
  const Param c = q.add("c", {1, 1}, constant_fill(3));
  tape.reset();
  const Var x = tape.constant(Shape{8, 5});
  std::fill(x.val().begin(), x.val().end(), Real{1});
  q.zero_gradient();
  tape.backward(sum(tape(c) * (repeat_rows(tape(c), 8) * x)));  // Σ_40 c²
  CHECK(q.gradient(c)(0, 0) == 240);
  q.zero_gradient();
  tape.backward(sum(repeat_rows(tape(c), 8) * x * tape(c)));
  CHECK(q.gradient(c)(0, 0) == 240);
}

TEST_CASE("what the loss does not depend on has the adjoint zero") {
  Tape tape;
  const Var x = tape.variable({{1, 2, 3}}), unused = tape.variable({{1, 2, 3}});
  const Var loss = sum(x), aside = exp(unused);
  tape.backward(sum(unused));  // leaves something behind
  tape.backward(loss);
  for (const Var v : {unused, aside})
    for (const Real a : v.adj()) CHECK(a == 0);
  for (const Real a : x.adj()) CHECK(a == 1);
}

TEST_CASE("recording an expression twice makes two entries, and it may be used in both") {
  Tape tape;
  const Var x = tape.variable({{1, 2}});
  const auto e = exp(x) * 2;
  const Var a = e, b = e;
  CHECK(tape.size() == 3);
  tape.backward(sum(a + b));
  CHECK(x.adj()(0, 1) == doctest::Approx(4 * std::exp(2.)).epsilon(1e-14));
}

TEST_CASE("a parameter's value and adjoint are the parameters' own memory") {
  Parameters p;
  const Param w = p.add("w", {2, 3});
  Tape tape;
  const Var v = tape(w);
  CHECK(v.val().data == p.value(w).data);
  CHECK(v.adj().data == p.gradient(w).data);
}

TEST_CASE("two tapes in two threads are independent") {
  const auto work = [](Real start, Real& result) {
    Tape tape;
    for (int step = 0; step < 500; ++step) {
      tape.reset();
      const Var x = tape.variable(Shape{20, 30});
      std::fill(x.val().begin(), x.val().end(), start + Real(step));
      tape.backward(sum(square(x)));
      result = x.adj()(19, 29);
    }
  };
  Real a = 0, b = 0;
  std::thread other(work, Real(1000), std::ref(b));
  work(1, a);
  other.join();
  CHECK(a == 2 * (1 + 499));
  CHECK(b == 2 * (1000 + 499));
}

TEST_CASE("a tape prints itself") {
  Parameters p;
  const Param w = p.add("decoder.weight", {3, 2}, constant_fill(1));
  Tape tape;
  const Var x = tape.constant(Shape{4, 3});
  std::fill(x.val().begin(), x.val().end(), Real{1});
  const Var s = tape.variable(2);
  const Var h = tanh(matmul(x, tape(w)) * s - 0.5);
  const Var y = average(square(repeat_rows(rows(h, 0, 2), 2)) + max(h, 0));
  static_cast<void>(log_sum_exp(-y));
  static_cast<void>(stop_gradient(matmul(h, transpose(h))));
  std::ostringstream text;
  text << tape;
  CHECK(text.str() ==
        "%0    (4, 3)       * constant\n"
        "%1    (1, 1)         variable\n"
        "%2    (3, 2)         parameter decoder.weight\n"
        "%3    (4, 2)         matmul(%0, %2)\n"
        "%4    (4, 2)         tanh((%3 * %1) - 0.5)\n"
        "%5    (2, 2)         rows(%4, 0, 2)\n"
        "%6    (1, 1)         average(square(repeat_rows(%5, 2)) + max(%4, 0))\n"
        "%7    (1, 1)         log_sum_exp(negative(%6))\n"
        "%8    (4, 4)         matmul(%4, %4, b transposed)\n"
        "%9    (4, 4)       * stop_gradient(%8)\n");
}

TEST_CASE("memory is kept and does not grow") {
  Parameters p;
  const Param w = p.add("w", {40, 30}, constant_fill(Real(0.01)));
  Tape tape;
  const auto step = [&](Index batch, int backwards) {
    tape.reset();
    const Var x = tape.constant(Shape{batch, 40});
    std::fill(x.val().begin(), x.val().end(), Real{1});
    const Var h = tanh(matmul(x, tape(w)));
    const Var loss = sum(column_sums(square(h)) + max(h));
    for (int i = 0; i < backwards; ++i) tape.backward(loss);
  };
  step(300, 1);
  step(300, 1);
  step(300, 1);
  const std::size_t settled = tape.memory();
  for (int i = 0; i < 1000; ++i) step(i % 10 == 9 ? 77 : 300, 1);
  CHECK(tape.memory() == settled);
  step(300, 1000);
  CHECK(tape.memory() == settled);
  // At most 4 x what is needed: values and adjoints of h, the loss, and blocks to grow in.
  CHECK(settled < 4 * 2 * 300 * (40 + 30 + 30) * sizeof(Real) + (std::size_t{1} << 18));
}
