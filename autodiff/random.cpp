#include <vaegrad/autodiff/kernels/lane_math.hpp>  // first: it silences GCC about the AVX-512 header that follows

#include <Random123/philox.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/random.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Counters are encrypted 32 at a time, word by word, in vectors of 64-bit lanes.
constexpr int group = 32;
#if defined(__AVX512F__)
constexpr int wide = 8;
#elif defined(__AVX2__)
constexpr int wide = 4;
#else
constexpr int wide = 2;
#endif
using Narrow [[gnu::vector_size(4 * wide)]] = std::uint32_t;
using Wide [[gnu::vector_size(8 * wide)]] = std::uint64_t;
struct Words {
  Narrow word[4][group / wide];
  std::uint32_t* operator[](int w) { return reinterpret_cast<std::uint32_t*>(word[w]); }
  const std::uint32_t* operator[](int w) const {
    return reinterpret_cast<const std::uint32_t*>(word[w]);
  }
};
struct Numbers {
  alignas(64) Real word[4][group];
};

// The products of the lower halves. GCC does not find the instruction by itself and is 2 x slower.
Wide multiply_low(Wide a, Wide b) {
#if defined(__AVX512F__)
  return Wide(_mm512_mul_epu32(__m512i(a), __m512i(b)));
#elif defined(__AVX2__)
  return Wide(_mm256_mul_epu32(__m256i(a), __m256i(b)));
#elif defined(__SSE2__)
  return Wide(_mm_mul_epu32(__m128i(a), __m128i(b)));
#else
  return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

// philox4x32 in 10 rounds, as Random123's, which takes one counter at a time (a test compares
// them). The upper halves of lanes hold what is left of products: nothing reads them.
void philox(Words& x, std::uint64_t key) {
  Wide y[4][group / wide];
  for (int w = 0; w < 4; ++w)
    for (int v = 0; v < group / wide; ++v) y[w][v] = __builtin_convertvector(x.word[w][v], Wide);
  std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
  const Wide m0 = Wide{} + PHILOX_M4x32_0, m1 = Wide{} + PHILOX_M4x32_1;
  for (int round = 0; round < 10; ++round, k0 += PHILOX_W32_0, k1 += PHILOX_W32_1)
    for (int v = 0; v < group / wide; ++v) {
      const Wide p = multiply_low(y[0][v], m0), q = multiply_low(y[2][v], m1);
      y[0][v] = (q >> 32) ^ y[1][v] ^ k0;
      y[1][v] = q;
      y[2][v] = (p >> 32) ^ y[3][v] ^ k1;
      y[3][v] = p;
    }
  for (int w = 0; w < 4; ++w)
    for (int v = 0; v < group / wide; ++v) x.word[w][v] = __builtin_convertvector(y[w][v], Narrow);
}

// u = (n + 1/2) 2^-32 for n < 2^23, else of its leading 23 bits, u = ((n >> 9) + 1/2) 2^-23.
// Both are floats, so that float and double builds see the same u, down to a fine-grained tail of
// log u.
void to_uniform(const Words& from, Numbers& to) {
  for (int w = 0; w < 4; ++w) {
    alignas(64) Real low[group];
    for (int c = 0; c < group; ++c) to.word[w][c] = Real(std::int32_t(from[w][c] >> 9));
    for (int c = 0; c < group; ++c) low[c] = Real(std::int32_t(from[w][c] & 0x7fffff));
    for (int c = 0; c < group; c += Lanes::size) {
      const Lanes high = Lanes::load(to.word[w] + c), half = Real(0.5);
      select(high < Lanes(0x1p14), (Lanes::load(low + c) + half) * Lanes(0x1p-32),
             (high + half) * Lanes(0x1p-23))
          .store(to.word[w] + c);
    }
  }
}

// Box and Muller:  z₀ = √(−2 log u₀) cos 2πu₁,  z₁ = √(−2 log u₀) sin 2πu₁
void to_normal(const Words& from, Numbers& to) {
  to_uniform(from, to);
  for (int w = 0; w < 4; w += 2)
    for (int c = 0; c < group; c += Lanes::size) {
      const Lanes r = sqrt(Lanes(-2) * log(Lanes::load(to.word[w] + c)));
      const Lanes half_turns = Lanes(2) * Lanes::load(to.word[w + 1] + c) - Lanes(1);
      const auto [sine, cosine] = sincospi(half_turns);
      (r * cosine).store(to.word[w] + c);
      (r * sine).store(to.word[w + 1] + c);
    }
}
static_assert(group % Lanes::size == 0);

// Steele, Lea, Flood: Fast splittable pseudorandom number generators. OOPSLA 2014. A bijection.
std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr Index worth_threads = 1 << 15;  // numbers

}  // namespace

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step, std::uint32_t first,
               std::uint32_t particles)
    : key_(splitmix64(splitmix64(seed) + std::uint64_t(purpose))),
      step_(step),
      first_(first),
      particles_(particles),
      listed_(false) {
  check(particles > 0, "stream: the number of particles must be at least 1: 0");
}

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step,
               std::span<const std::uint32_t> examples, std::uint32_t particles)
    : Stream(seed, purpose, step, 0, particles) {
  listed_ = true;
  examples_ = examples;
}

Stream Stream::beside(std::uint64_t seed, Purpose purpose, std::uint32_t step) const {
  return listed_ ? Stream(seed, purpose, step, examples_, particles_)
                 : Stream(seed, purpose, step, first_, particles_);
}

std::uint32_t Stream::example(Index row) const {
  const Index i = row / particles_;
  return listed_ ? examples_[std::size_t(i)] : first_ + std::uint32_t(i);
}

// Counter (column / 4, particle, example, step), key + draw. Counters run on over the ends of rows,
// so that narrow matrices fill the sixteen as well.
template <class Convert>
void Stream::fill(Matrix to, Convert convert) {
  check(!listed_ || to.rows <= Index(examples_.size()) * particles_, "stream: ", to.rows,
        " rows, but ", examples_.size(), " examples with ", particles_, " particles each");
  const std::uint64_t key = key_++;
  if (to.size() == 0) return;
  const Index per_row = (to.cols + 3) / 4, blocks = std::min<Index>(to.rows, 16);
  parallel_for(blocks, to.size() >= worth_threads, [&](Index block) {
    const Index last = to.rows * (block + 1) / blocks;
    Index row = to.rows * block / blocks, quad = 0;
    Words words;
    Numbers numbers;
    while (row < last) {
      const Index first_row = row, first_quad = quad;
      const bool one_row = quad + group <= per_row;
      int used = 0;
      do {  // the counters of one row
        const std::uint32_t of = example(row), particle = std::uint32_t(row % particles_);
        const int n = int(std::min<Index>(group - used, per_row - quad));
        for (int c = used; c < used + n; ++c) {
          words[0][c] = std::uint32_t(quad + c - used);
          words[1][c] = particle;
          words[2][c] = of;
          words[3][c] = step_;
        }
        used += n;
        quad += n;
        if (quad == per_row) quad = 0, ++row;
      } while (used < group && row < last);
      for (int w = 0; w < 4; ++w) std::fill(words[w] + used, words[w] + group, 0u);
      philox(words, key);
      convert(words, numbers);

      if (one_row && (first_quad + group) * 4 <= to.cols) {
        Real* x = to.row(first_row) + first_quad * 4;
        for (int c = 0; c < group; ++c)
          for (int w = 0; w < 4; ++w) x[4 * c + w] = numbers.word[w][c];
        continue;
      }
      Index i = first_row, q = first_quad;
      for (int c = 0; c < used; ++c) {
        Real* x = to.row(i) + q * 4;
        for (int w = 0; w < std::min<Index>(4, to.cols - q * 4); ++w) x[w] = numbers.word[w][c];
        if (++q == per_row) q = 0, ++i;
      }
    }
  });
}

void Stream::normal(Matrix to) { fill(to, to_normal); }
void Stream::uniform(Matrix to) { fill(to, to_uniform); }

std::uint64_t Stream::bits() {
  const std::uint64_t key = key_++;
  const r123::Philox4x32::ctr_type counter{{0, 0, 0, step_}};
  const r123::Philox4x32::key_type k{{std::uint32_t(key), std::uint32_t(key >> 32)}};
  const auto x = r123::Philox4x32()(counter, k);
  return std::uint64_t(x[1]) << 32 | x[0];
}

std::uint64_t Stream::below(std::uint64_t n) {
  check(n > 0, "stream: below(0) has no number to give");
  const std::uint64_t surplus = -n % n;  // 2^64 mod n: draws under it would favour small numbers
  for (;;)
    if (const std::uint64_t x = bits(); x >= surplus) return x % n;
}

std::vector<std::uint32_t> permutation(std::uint32_t n, std::uint64_t seed, Purpose purpose,
                                       std::uint32_t step) {
  std::vector<std::uint32_t> p(n);
  std::iota(p.begin(), p.end(), 0u);
  Stream stream(seed, purpose, step);
  for (std::size_t i = n; i > 1; --i) std::swap(p[i - 1], p[stream.below(i)]);
  return p;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
