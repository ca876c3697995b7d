// Batches: which examples come next, and their bytes as numbers. Nothing here allocates after
// construction.
#pragma once
#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The order in which examples are visited, cut into batches; the last one may be short. An epoch's
// order is a function of seed and epoch alone, so a resumed run meets the same batches.
class Batches {
 public:
  // In the file's order until shuffled. Errors: no examples, batch < 1.
  Batches(const Examples& examples, std::size_t batch, std::uint64_t seed = 0);

  void shuffle(std::uint32_t epoch);  // into the order of that epoch
  std::size_t count() const { return (order_.size() + batch_ - 1) / batch_; }
  std::span<const std::uint32_t> operator[](std::size_t i) const;  // rows in the examples' file

 private:
  std::vector<std::uint32_t> rows_, order_;
  std::size_t batch_;
  std::uint64_t seed_;
};

// How bytes 0..255 become numbers x. A binary file's 0 and 1 are taken as they are; real numbers too,
// or, when they are all from 0 to 1, like a byte / 255.
enum class Binarize {
  none,       // x = byte / 255
  threshold,  // x = 1 if byte >= 128, else 0
  sample,     // x ~ Bernoulli(byte / 255)
};

// The draw of `sample`: in training the number of the step, so that it is fresh each time;
// elsewhere one for each split, so that an evaluation can be repeated.
inline constexpr std::uint32_t fixed_draw(Split split) {
  return ~std::uint32_t{0} - static_cast<std::uint32_t>(split);
}

// x (rows.size(), dimensions): the file's images of these rows. Pixels of `sample` are drawn from
// Stream(seed, Purpose::binarize, draw) by row, so they do not depend on batches or threads.
// Errors: x of another shape; real numbers that shall be binarized.
void fill(Matrix x, const Images& file, std::span<const std::uint32_t> rows, Binarize how,
          std::uint64_t seed, std::uint32_t draw);

// Each number of x is, with probability `rate`, replaced by one of 0, unit, 2 unit, .. (levels − 1)
// unit, all as likely: what a background model is trained on (Ren et al., arXiv 1906.02845, section
// 4.1). Drawn from Stream(seed, Purpose::mutate, draw) by row.
void mutate(Matrix x, double rate, int levels, Real unit, std::span<const std::uint32_t> rows,
            std::uint64_t seed, std::uint32_t draw);

// Of each dimension of x over the examples, as Binarize::none gives them. (The mean is the one of
// Binarize::sample too.)
struct Moments {
  std::vector<double> mean, deviation;  // deviation: sqrt of the average squared distance from mean
};
Moments moments(const Examples& examples);

}  // namespace vaegrad::inline VAEGRAD_ABI
