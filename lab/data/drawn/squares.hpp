// Squares: three squares of one size, red, green and blue, each at a place of its own on a grid. Two
// images whose squares stand elsewhere differ by the same number of pixels however far apart the
// places are, so that a loss on pixels has no slope towards the right one.
//
// After XYSquares of Michlo, Klein and James, Overlooked implications of the reconstruction loss for
// VAE disentanglement, arXiv 2202.13341, whose images are 64 x 64.
#pragma once
#include <vaegrad/lab/data/drawn/drawn_sets.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A square is `side` pixels wide and stands at one of 8 x 8 places that do not overlap.
struct SquareGrid {
  std::size_t size = 32;  // an image is size x size pixels of three channels

  static constexpr std::size_t places = 8, factors = 6;  // x and y of red, green and blue
  std::size_t side() const { return size / places; }
  std::size_t count() const { return 262'144; }  // images, 8^6
};

// `squares`, `squares-64`, `squares-16`; nothing for another name. Error: another size.
std::optional<SquareGrid> square_grid(std::string_view name);

// These images; a function of the arguments alone. Labels are the x of the red square.
Images draw_squares(const SquareGrid& grid, std::span<const std::uint32_t> images);
DrawnImages draw_squares(const SquareGrid& grid);

}  // namespace vaegrad::inline VAEGRAD_ABI
