// A tape as a graph: every entry is a box, every input an arrow, and quotes do not break it.
#include <doctest/doctest.h>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/autodiff/graph.hpp>

using namespace vaegrad;

TEST_CASE("graph: boxes with formula, value and adjoint; an arrow for each input, once") {
  Parameters parameters;
  const Param weight = parameters.add("a \"quoted\" name", {2, 2}, constant_fill(0.5));
  Tape tape;
  const Var x = tape.constant({{1, 2}}), y = matmul(x, tape(weight));
  const Var loss = sum(y * y);
  tape.backward(loss);
  const std::string g = graph(tape);
  for (const char* part :
       {"digraph {", "e0 [label=\"%0   constant\\n(1, 2)\" style=dashed]",
        "e1 [label=\"%1   parameter a \\\"quoted\\\" name\\n(2, 2)\"]", "e0 -> e2\n", "e1 -> e2\n",
        "%3   sum(%2 * %2)\\n4.5   adjoint 1\"]", "e2 -> e3\n"}) {
    INFO(g);
    CHECK_MESSAGE(g.find(part) != std::string::npos, part);
  }
  CHECK(g.find("e2 -> e3") == g.rfind("e2 -> e3"));
}
