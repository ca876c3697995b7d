// Work in numbered pieces, spread over ranks.
#pragma once
#include <algorithm>

#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// make(i, numbers) adds the numbers of piece i, on one rank; take(i, numbers) gets them on every
// rank, in the order of the pieces. So what take adds up is the same on all ranks, and what one
// process alone would have.
template <class Make, class Take>
void spread_over_ranks(std::size_t pieces, Make make, Take take) {
  Ranks& all = ranks();
  std::vector<double> numbers;
  if (all.size() == 1) {
    for (std::size_t i = 0; i < pieces; ++i) {
      numbers.clear();
      make(i, numbers);
      take(i, std::span<const double>(numbers));
    }
    return;
  }
  constexpr std::size_t at_once = 4;  // pieces of each rank between two gatherings
  const std::size_t n = std::size_t(all.size()), me = std::size_t(all.rank());
  for (std::size_t first = 0; first < pieces; first += n * at_once) {
    // Neighbouring pieces to different ranks: the last round is fair too.
    std::string text;
    for (std::size_t i = first + me; i < std::min(pieces, first + n * at_once); i += n) {
      numbers.clear();
      make(i, numbers);
      const std::uint64_t count = numbers.size();
      text.append(reinterpret_cast<const char*>(&count), sizeof count);
      text.append(reinterpret_cast<const char*>(numbers.data()), count * sizeof(double));
    }
    const std::vector<std::string> of_all = all.gather(text);
    std::vector<std::size_t> at(n);
    for (std::size_t i = first; i < std::min(pieces, first + n * at_once); ++i) {
      const std::size_t who = (i - first) % n;
      const char* from = of_all[who].data() + at[who];
      std::uint64_t count;
      std::copy_n(from, sizeof count, reinterpret_cast<char*>(&count));
      numbers.resize(count);
      std::copy_n(from + sizeof count, count * sizeof(double),
                  reinterpret_cast<char*>(numbers.data()));
      at[who] += sizeof count + count * sizeof(double);
      take(i, std::span<const double>(numbers));
    }
  }
}

// The rows of a matrix, so many at once: numbers(first, n) gives those of n rows, on one rank, and
// they come to all.
template <class Numbers>
void spread_rows_over_ranks(Matrix to, std::size_t at_once, Numbers numbers) {
  const std::size_t rows = std::size_t(to.rows);
  const auto first = [&](std::size_t i) { return i * at_once; };
  if (ranks().size() == 1) {
    for (std::size_t i = 0; first(i) < rows; ++i) {
      const ConstMatrix some = numbers(first(i), std::min(at_once, rows - first(i)));
      std::copy(some.begin(), some.end(), to.row(Index(first(i))));
    }
    return;
  }
  spread_over_ranks((rows + at_once - 1) / at_once,
                    [&](std::size_t i, std::vector<double>& of) {
                      const ConstMatrix some =
                          numbers(first(i), std::min(at_once, rows - first(i)));
                      of.assign(some.begin(), some.end());
                    },
                    [&](std::size_t i, std::span<const double> of) {
                      std::transform(of.begin(), of.end(), to.row(Index(first(i))),
                                     [](double x) { return Real(x); });
                    });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
