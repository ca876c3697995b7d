// Symbols 0, 1, .. of any distribution as counts of 2^16, for the coder.
#pragma once
#include <algorithm>

#include <vaegrad/models/coding/rans.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class SymbolTable {
 public:
  static constexpr int bits = 16;

  // Counts of `size` symbols in proportion to weight(0), weight(1), .. Errors: no symbols; a weight
  // below 0; one whose share is so small that it would get no count.
  template <class F>
  SymbolTable(std::uint32_t size, F weight) : start_{0} {
    double total = 0, sum = 0;
    for (std::uint32_t s = 0; s < size; ++s) total += weight(s);
    check(size > 0, "symbol table: no symbols");
    for (std::uint32_t s = 0; s < size; ++s) {
      const double w = weight(s);
      start_.push_back(std::uint32_t((sum += w) / total * (1 << bits) + 0.5));
      check(w > 0 && start_[s + 1] > start_[s], "symbol table: weight ", w, " of ", total,
            " is less than a count of 2^16", hint, "leave such symbols out");
    }
    start_.back() = 1 << bits;
  }

  std::uint32_t size() const { return std::uint32_t(start_.size()) - 1; }
  // Its counts of 2^bits.
  CodeInterval interval(std::uint32_t symbol) const {
    return {start_[symbol], start_[symbol + 1] - start_[symbol]};
  }
  // What the counts say, which is not quite what the weights said
  double probability(std::uint32_t symbol) const {
    return double(interval(symbol).count) / (1 << bits);
  }

  // Onto a stack, and off it.
  void push(Rans& to, std::uint32_t symbol) const { to.push(interval(symbol), bits); }
  // The symbol on top.
  std::uint32_t pop(Rans& from) const {
    return from.pop(bits, [&](std::uint32_t c) {
      const auto after = std::upper_bound(start_.begin(), start_.end(), c);
      const auto symbol = std::uint32_t(after - start_.begin()) - 1;
      return std::pair(symbol, interval(symbol));
    });
  }

 private:
  std::vector<std::uint32_t> start_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
