// Counts against the weights they are made of, and what is pushed against what is popped.
#include <doctest/doctest.h>

#include <cmath>

#include <vaegrad/models/coding/symbol_table.hpp>

using namespace vaegrad;

namespace {
SymbolTable table(const std::vector<double>& weights) {
  return {std::uint32_t(weights.size()), [&](std::uint32_t s) { return weights[s]; }};
}
}  // namespace

TEST_CASE("counts are in proportion to weights and fill 2^16") {
  const SymbolTable t = table({1, 2, 5, 1e-4});
  REQUIRE(t.size() == 4);
  std::uint32_t next = 0;
  for (std::uint32_t s = 0; s < 4; ++s) {
    const CodeInterval i = t.interval(s);
    CHECK(i.start == next);
    next += i.count;
  }
  CHECK(next == 1 << 16);
  CHECK(std::abs(t.probability(1) / t.probability(0) - 2) < 1e-3);
  CHECK(t.interval(3).count == 1);
}

TEST_CASE("pop gives back what push put on, and the length is the information") {
  const SymbolTable t = table({3, 1, 0.5});
  Rans r;
  const Rans empty;
  double information = 0;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    t.push(r, i % 3);
    information -= std::log2(t.probability(i % 3));
  }
  CHECK(std::abs(r.bits() - empty.bits() - information) < 3000 * 1.4427 / (1 << 15));
  for (std::uint32_t i = 3000; i-- > 0;) CHECK(t.pop(r) == i % 3);
  CHECK(r == empty);
}

TEST_CASE("a share without a count is refused") {
  CHECK_THROWS_WITH_AS(table({1, 1e-6}),
                       "symbol table: weight 1e-06 of 1.000001 is less than a count of 2^16\n"
                       "  hint: leave such symbols out",
                       Error);
  CHECK_THROWS_AS(table({1, -1, 1}), Error);
  CHECK_THROWS_AS(table({}), Error);
}
