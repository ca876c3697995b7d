// Products on one thread, by blocks of C that stand in registers while k runs; nothing is rearranged but
// what is less than whole registers. Each number of C is summed in the order of k, whatever block it is
// in: the same bits however C is cut.
#pragma once
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <vaegrad/autodiff/kernels/lanes.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI::in_blocks {

// A matrix in memory: the distance from row to row, and where it starts.
struct From {
  const Real* data;
  Index below;
  From at(Index row, Index col) const { return {data + row * below + col, below}; }
};
struct To {
  Real* data;
  Index below;
};

// ---- blocks ----

// Not inlined: there the sums may not stay in registers.
template <int across, std::size_t... i, std::size_t... j>
[[gnu::noinline]] void multiply_block(std::index_sequence<i...>, std::index_sequence<j...>, From a,
                                      From b, Index inner, From start, To c) {
  constexpr Index n = Lanes::size, ahead = 16;  // rows of B, in a cache when they are multiplied
  std::array<Lanes, sizeof...(i)> sum;
  if (start.data)
    ((sum[i] = Lanes::load(start.at(Index(i / across), Index(i % across) * n).data)), ...);
  const Real *x = a.data, *y = b.data;
  for (Index k = 0; k < inner; ++k, ++x, y += b.below) {
    (__builtin_prefetch(y + ahead * b.below + Index(j) * n), ...);
    const std::array<Lanes, across> row{Lanes::load(y + Index(j) * n)...};
    ((sum[i] = fma(Lanes(x[Index(i / across) * a.below]), row[i % across], sum[i])), ...);
  }
  (sum[i].store(c.data + Index(i / across) * c.below + Index(i % across) * n), ...);
}

// As much as accumulates in registers, beside a row of B and a number of A.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int most_sums = 24, most_across = 4, most_down = 12;  // of 32
#else
inline constexpr int most_sums = 12, most_across = 3, most_down = 6;  // of 16
#endif

// C = start + A B, `down` rows by `across` registers of it; no start: 0
using Block = void (*)(From a, From b, Index inner, From start, To c);
template <int down, int across>
constexpr Block block = [](From a, From b, Index inner, From start, To c) {
  multiply_block<across>(std::make_index_sequence<std::size_t(down * across)>{},
                         std::make_index_sequence<std::size_t(across)>{}, a, b, inner, start, c);
};
inline constexpr auto blocks = []<int... i>(std::integer_sequence<int, i...>) {
  constexpr auto at = []<int down, int across>() -> Block {
    if constexpr (down * across <= most_sums) return block<down, across>;
    return nullptr;
  };
  return std::array<Block, sizeof...(i)>{
      at.template operator()<i / most_across + 1, i % most_across + 1>()...};
}
(std::make_integer_sequence<int, most_down * most_across>{});

// ---- of a part of C, on this thread ----

// Of a panel of B, which stays in L2; and rows of what is rearranged beside it.
inline constexpr Index most_inner = 960, most_beside = 256;
static_assert((most_inner + most_beside) * most_across * Lanes::size <= scratch_numbers);

// The first of the pieces of `left` units, as even as they can be, each of at most `most`.
inline Index even(Index left, Index most) {
  const Index pieces = (left + most - 1) / most;
  return (left + pieces - 1) / pieces;
}
inline Index registers(Index numbers) { return (numbers + Lanes::size - 1) / Lanes::size; }

// C = start + A B, as many columns as one to `most_across` registers hold
inline void multiply_panel(From a, From b, From start, Index rows, Index across, Index inner,
                           To c) {
  const Index most = std::min<Index>(most_down, most_sums / across);
  for (Index k = 0; k < inner; k += most_inner)
    for (Index i = 0, down; i < rows; i += down) {
      down = even(rows - i, most);
      const To to{c.data + i * c.below, c.below};
      const From from = k ? From{to.data, to.below} : start.data ? start.at(i, 0) : start;
      blocks[std::size_t((down - 1) * most_across + across - 1)](
          a.at(i, k), b.at(k, 0), std::min(most_inner, inner - k), from, to);
    }
}

inline void multiply(From a, From b, From start, Shape size, Index inner, To c) {
  const auto [rows, cols] = size;
  for (Index j = 0, width; j < cols; j += width) {
    const Index across = even(registers(cols - j), most_across), padded = across * Lanes::size;
    width = std::min(padded, cols - j);
    const To to{c.data + j, c.below};
    const From from = start.data ? start.at(0, j) : start;
    if (width == padded) {
      multiply_panel(a, b.at(0, j), from, rows, across, inner, to);
      continue;
    }
    // Less than whole registers: with columns that are there already, computed again;
    if (cols >= padded && start.data != c.data) {
      const Index again = cols - padded;
      multiply_panel(a, b.at(0, again), start.data ? start.at(0, again) : start, rows, across,
                     inner, {c.data + again, c.below});
      continue;
    }
    // or those columns of B and of C, with what is not there.
    Real* const panel = thread_scratch();
    const To part{panel + most_inner * padded, padded};
    for (Index i = 0; from.data && i < rows; ++i)
      std::copy_n(from.at(i, 0).data, width, part.data + i * padded);
    for (Index k0 = 0, depth; k0 < inner; k0 += depth) {
      depth = std::min(most_inner, inner - k0);
      for (Index k = 0; k < depth; ++k)
        std::copy_n(b.at(k0 + k, j).data, width, panel + k * padded);
      multiply_panel(a.at(0, k0), {panel, padded}, k0 || from.data ? From{part.data, padded} : from,
                     rows, across, depth, part);
    }
    for (Index i = 0; i < rows; ++i)
      std::copy_n(part.data + i * padded, width, to.data + i * to.below);
  }
}

// to ← fromᵀ; from is `rows` by `cols`
inline void transpose(From from, Index rows, Index cols, To to) {
  constexpr Index n = 8;
  using Row [[gnu::vector_size(n * sizeof(Real))]] = Real;
  const auto some = [&](Index i, Index j) {
    for (Index r = i; r < std::min(i + n, rows); ++r)
      for (Index c = j; c < std::min(j + n, cols); ++c)
        to.data[c * to.below + r] = from.data[r * from.below + c];
  };
  for (Index j = 0; j < cols; j += n)  // so that what is written stays in L1
    for (Index i = 0; i < rows; i += n) {
      if (rows - i < n || cols - j < n) {
        some(i, j);
        continue;
      }
      Row a[n], b[n];
      for (Index r = 0; r < n; ++r) std::memcpy(&a[r], from.at(i + r, j).data, sizeof(Row));
      for (Index r = 0; r < n; r += 2) {
        b[r] = __builtin_shufflevector(a[r], a[r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        b[r + 1] = __builtin_shufflevector(a[r], a[r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
      }
      for (Index r = 0; r < n; r += 4)
        for (Index s = 0; s < 2; ++s) {
          a[r + 2 * s] = __builtin_shufflevector(b[r + s], b[r + 2 + s], 0, 1, 8, 9, 4, 5, 12, 13);
          a[r + 2 * s + 1] =
              __builtin_shufflevector(b[r + s], b[r + 2 + s], 2, 3, 10, 11, 6, 7, 14, 15);
        }
      for (Index r = 0; r < 4; ++r) {
        b[r] = __builtin_shufflevector(a[r], a[r + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        b[r + 4] = __builtin_shufflevector(a[r], a[r + 4], 4, 5, 6, 7, 12, 13, 14, 15);
      }
      for (Index c = 0; c < n; ++c)
        std::memcpy(to.data + (j + c) * to.below + i, &b[c], sizeof(Row));
    }
}

// C = start + A Bᵀ, as Cᵀ = B Aᵀ: it is A that is rearranged, and C.
inline void multiply_with_transposed(From a, From b, From start, Shape size, Index inner, To c) {
  constexpr Index most = most_beside / 4;  // columns of C at a time: they stay near
  for (Index i = 0, width; i < size.rows; i += width) {
    const Index across = even(registers(size.rows - i), most_across), padded = across * Lanes::size;
    width = std::min(padded, size.rows - i);
    Real* const panel = thread_scratch();
    const To part{panel + most_inner * padded, padded}, turned{part.data + most * padded, most};
    for (Index k = 0, depth; k < inner; k += depth) {
      depth = std::min(most_inner, inner - k);
      transpose(a.at(i, k), width, depth, {panel, padded});
      const From before = k ? From{c.data, c.below} : start;
      for (Index j = 0, down; j < size.cols; j += down) {
        down = std::min(most, size.cols - j);
        multiply_panel(b.at(j, k), {panel, padded}, {}, down, across, depth, part);
        transpose({part.data, padded}, down, width, turned);
        for (Index r = 0; r < width; ++r) {
          Real* const to = c.data + (i + r) * c.below + j;
          const Real* const sum = turned.data + r * most;
          if (!before.data) {
            std::copy_n(sum, down, to);
            continue;
          }
          const Real* const from = before.at(i + r, j).data;
          for (Index s = 0; s < down; ++s) to[s] = from[s] + sum[s];
        }
      }
    }
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI::in_blocks
