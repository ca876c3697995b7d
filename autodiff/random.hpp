// Stream: random numbers by counter (Philox4x32-10 of Random123), so that each has an address.
//
// A number is a function of (seed, purpose, step, example, particle, draw, column) and of nothing
// else: not of the batch, the row, the threads, or what was drawn before. Hence a resumed run
// continues exactly, and N workers draw what one would have drawn. Numbers of float and double
// builds come from the same bits: uniforms are equal, normals agree to float precision.
//
//   Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What the numbers are for. Two purposes of one seed never share a number. The values are part of
// every recorded result: add at the end.
enum class Purpose : std::uint32_t {
  weights = 1,
  shuffle,
  split,
  binarize,
  latent,    // z ~ q(z|x) in training
  prior,     // z ~ p(z)
  evaluate,  // z ~ q(z|x) in estimators
  generate,  // x ~ p(x|z)
  mutate,    // noise on the data
  data,      // synthetic data
  other,
  test,
};

class Stream {
 public:
  // Row r holds example first + r / particles, particle r % particles.
  Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step = 0, std::uint32_t first = 0,
         std::uint32_t particles = 1);
  // Row r holds example examples[r / particles]. The caller keeps the array.
  Stream(std::uint64_t seed, Purpose purpose, std::uint32_t step,
         std::span<const std::uint32_t> examples, std::uint32_t particles = 1);

  // For the same examples, one row each: other numbers.
  Stream beside(std::uint64_t seed, Purpose purpose, std::uint32_t step) const;

  // Each call draws anew, never what an earlier call drew. Error: more rows than examples x
  // particles.
  void normal(Matrix to);   // N(0, 1); at most 6.8 in size
  void uniform(Matrix to);  // the open interval (0, 1); spacing 2^-23, below 2^-9 2^-32
  std::uint64_t bits();     // 64 random bits for this step, no example's
  std::uint64_t below(std::uint64_t n);  // 0 .. n-1, unbiased. Error: n = 0

 private:
  template <class Convert>
  void fill(Matrix to, Convert convert);
  std::uint32_t example(Index row) const;

  std::uint64_t key_;
  std::uint32_t step_, first_, particles_;
  bool listed_;
  std::span<const std::uint32_t> examples_;
};

// 0 .. n-1 in random order (Fisher and Yates)
std::vector<std::uint32_t> permutation(std::uint32_t n, std::uint64_t seed, Purpose purpose,
                                       std::uint32_t step = 0);

}  // namespace vaegrad::inline VAEGRAD_ABI
