// The coder against arithmetic by hand, against itself in both directions, and against entropy.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <vaegrad/models/coding/rans.hpp>

using namespace vaegrad;

namespace {

// Ten symbols with counts of 2^bits, each at least one.
std::vector<CodeInterval> alphabet(std::mt19937_64& random, int bits, std::size_t symbols) {
  std::vector<CodeInterval> all;
  std::uint32_t start = 0, left = (1u << bits) - std::uint32_t(symbols);
  for (std::size_t s = 0; s < symbols; ++s) {
    const auto more = s + 1 == symbols ? left : std::uint32_t(random() % (left / 2 + 1));
    all.push_back({start, 1 + more});
    start += 1 + more;
    left -= more;
  }
  return all;
}
std::pair<std::size_t, CodeInterval> find(const std::vector<CodeInterval>& all, std::uint32_t c) {
  std::size_t s = 0;
  while (c - all[s].start >= all[s].count) ++s;
  return {s, all[s]};
}

}  // namespace

TEST_CASE("by hand") {
  Rans r;
  CHECK(r.state() == 2147483648);  // 2^31
  r.push({5, 3}, 4);               // [2^31 / 3] 16 + 2^31 mod 3 + 5,  2^31 = 3 · 715827882 + 2
  CHECK(r.state() == 715827882ull * 16 + 2 + 5);
  r.push_bits(9, 20);  // 11453246119 < 2^43, so no word is written
  CHECK(r.state() == 11453246119ull * 1048576 + 9);
  r.push_bits(1, 24);  // 2^53.4 >= 2^39: the lower 32 bits are written
  const std::uint64_t before = 11453246119ull * 1048576 + 9;
  REQUIRE(r.words().size() == 1);
  CHECK(r.words()[0] == std::uint32_t(before));
  CHECK(r.state() == (before >> 32) * 16777216 + 1);
  CHECK(r.pop_bits(24) == 1);
  CHECK(r.pop_bits(20) == 9);
  CHECK(r.pop(4, [](std::uint32_t c) { return std::pair(c, CodeInterval{5, 3}); }) == 5 + 2);
  CHECK(r.at_bottom());
}

TEST_CASE("push undoes pop, and pop undoes push, bit for bit") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const int n = 1 + int(random() % 31);
    const auto all = alphabet(random, n, std::size_t(std::min(10.0, std::exp2(n))));
    Rans r;
    std::vector<std::size_t> symbols;
    for (int i = 0; i < 50; ++i) {
      symbols.push_back(random() % all.size());
      r.push(all[symbols.back()], n);
    }
    const auto state = r.state();
    const auto words = r.words();
    // deeper than what was pushed: from the bottom's words
    std::vector<std::size_t> popped;
    for (int i = 0; i < 200; ++i)
      popped.push_back(r.pop(n, [&](std::uint32_t c) { return find(all, c); }));
    for (std::size_t i = 0; i < 50; ++i) REQUIRE(popped[i] == symbols[49 - i]);
    for (std::size_t i = popped.size(); i-- > 0;) r.push(all[popped[i]], n);
    CHECK(r.state() == state);
    REQUIRE(r.words().size() >= words.size());  // the words from the bottom are below now
    CHECK(std::equal(words.rbegin(), words.rend(), r.words().rbegin()));
    for (std::size_t i = 0; i < 50; ++i) r.pop(n, [&](std::uint32_t c) { return find(all, c); });
    CHECK(r.at_bottom());
  }
}

TEST_CASE("the length is the entropy") {
  std::mt19937_64 random(2);
  for (const int n : {12, 18, 24, 31}) {
    const auto all = alphabet(random, n, 10);
    Rans r;
    double entropy = 0;
    const double start = r.bits();
    for (int i = 0; i < 100000; ++i) {
      const auto [s, interval] = find(all, std::uint32_t(random() & ((1u << n) - 1)));
      entropy += n - std::log2(double(interval.count));
      r.push(interval, n);
    }
    INFO(n, " bits: ", r.bits() - start, " for ", entropy);
    CHECK(r.bits() - start == doctest::Approx(entropy).epsilon(n < 31 ? 1e-5 : 2e-3));
  }
}

TEST_CASE("a stack from a file ends; a bottom that was not borrowed from is noticed") {
  CHECK_THROWS_WITH_AS(Rans(1, {}), doctest::Contains("damaged stream: its state is 1"), Error);
  CHECK_THROWS_AS(Rans(~0ull, {}), Error);
  Rans r(Rans::least, {7});
  r.pop_bits(20);
  CHECK_THROWS_WITH_AS(r.pop_bits(25), doctest::Contains("ends too early"), Error);
  CHECK(!Rans(Rans::least, {7}).at_bottom());
  CHECK(!Rans(Rans::least + 1, {}).at_bottom());
  Rans endless;
  CHECK(endless.start_up_bits() == 31);
  endless.pop_bits(20);
  CHECK(endless.start_up_bits() == 31 + 32);
}
