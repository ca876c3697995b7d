// rANS: a stack of symbols in a row of 32-bit words (Duda, arXiv 1311.2540). push encodes a symbol
// that has `count` of 2^bits counts, pop gives the symbols back in reverse order, and each undoes
// the other exactly, whichever comes first: what is popped from random bits is a random symbol, and
// pushing it returns the bits. That is what bits-back coding lives from.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The hint of every error about a stream.
inline constexpr std::string_view damaged_stream_hint =
    "get what was compressed again, it is damaged or was cut short";

// 32 pseudo-random bits with this number: SplitMix64 (Steele, Lea and Flood 2014)
inline std::uint32_t random_bits(std::uint64_t number) {
  std::uint64_t x = (number + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return std::uint32_t((x ^ x >> 31) >> 32);
}

// Counts [start, start + count) of 2^bits: a symbol of probability count / 2^bits.
struct CodeInterval {
  std::uint32_t start, count;
};

// The stack: a state, and words below it.
class Rans {
 public:
  static constexpr std::uint64_t least = std::uint64_t{1} << 31;  // state: [2^31, 2^63)

  // An empty stack whose bottom gives as many words as are asked for: the same pseudo-random ones
  // each time, so that the decoder can tell that it has arrived there.
  Rans() = default;
  // What was written. Errors: a state out of range; popping more than there is.
  Rans(std::uint64_t state, std::vector<std::uint32_t> words)
      : state_(state), words_(std::move(words)), endless_(false) {
    check(state >= least && state < least << 32, "damaged stream: its state is ", state, hint,
          damaged_stream_hint);
  }

  // A message without a meaning: pseudo-random words, another row of them for each number.
  static Rans random(std::uint32_t number, std::uint32_t words) {
    std::vector<std::uint32_t> w(words);
    for (std::uint32_t i = 0; i < words; ++i) w[i] = random_bits(~std::uint64_t{number} << 32 | i);
    return {least, std::move(w)};
  }

  // bits <= 31, 0 < count <= 2^bits
  void push(CodeInterval s, int bits) {
    if (state_ >= ((least >> bits) << 32) * s.count) {
      words_.push_back(std::uint32_t(state_));
      state_ >>= 32;
    }
    state_ = ((state_ / s.count) << bits) + state_ % s.count + s.start;
  }

  // find(c) is the symbol whose interval holds c, and its interval.
  template <class Find>
  auto pop(int bits, Find find) {
    const auto c = std::uint32_t(state_ & ((std::uint64_t{1} << bits) - 1));
    const auto [symbol, s] = find(c);
    state_ = s.count * (state_ >> bits) + c - s.start;
    if (state_ < least) state_ = state_ << 32 | next_word();
    return symbol;
  }

  // A symbol of `bits` even bits.
  void push_bits(std::uint32_t symbol, int bits) { push({symbol, 1}, bits); }
  // .. and back.
  std::uint32_t pop_bits(int bits) {
    return pop(bits, [](std::uint32_t c) { return std::pair(c, CodeInterval{c, 1}); });
  }

  std::uint64_t state() const { return state_; }
  const std::vector<std::uint32_t>& words() const { return words_; }  // top last
  // What it holds: log2 of the number that all of it is
  double bits() const { return 32 * double(words_.size()) + std::log2(double(state_)); }
  // Given by the bottom: words, and the 31 bits that an empty stack's state has.
  std::size_t start_up_bits() const { return 31 + 32 * taken_; }

  bool operator==(const Rans&) const = default;

  // The decoder is where the encoder began: the words it took from the bottom are there again.
  bool at_bottom() const {
    if (state_ != least) return false;
    for (std::size_t i = 0; i < words_.size(); ++i)
      if (words_[words_.size() - 1 - i] != start_word(i)) return false;
    return true;
  }

 private:
  static std::uint32_t start_word(std::uint64_t i) { return random_bits(i); }
  std::uint32_t next_word() {
    if (words_.empty()) {
      check(endless_, "damaged stream: it ends too early", hint, damaged_stream_hint);
      return start_word(taken_++);
    }
    const std::uint32_t word = words_.back();
    words_.pop_back();
    return word;
  }

  std::uint64_t state_ = least;
  std::vector<std::uint32_t> words_;
  bool endless_ = true;
  std::size_t taken_ = 0;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
