// Shapes: images drawn from known factors, so that what a code has found out can be compared with
// what there was to find. A square, an ellipse or a heart, of some scale, turned, somewhere.
//
// The factors and their numbers of values are those of dSprites (Matthey et al. 2017,
// github.com/deepmind/dsprites-dataset), and other grids can be asked for. The images are not
// dSprites' own: edges are antialiased, so bytes are grey 0..255, and angles do not include both 0
// and 2 pi. As there, a square turned by a quarter and an ellipse by a half look as before.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include <vaegrad/lab/data/drawn/drawn_sets.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Their names.
inline constexpr std::array<std::string_view, 5> shape_factors{"shape", "scale", "rotation", "x",
                                                               "y"};

// How many values each factor has, and how large an image is.
struct ShapeGrid {
  std::size_t size = 32;                                // an image is size x size pixels
  std::array<std::size_t, 5> values{3, 6, 40, 32, 32};  // how many each factor has

  std::size_t count() const;  // images
  // Image number <-> index of each factor's value; as in dSprites, y changes fastest.
  std::array<std::uint8_t, 5> factors(std::size_t image) const;
  std::size_t image(std::array<std::uint8_t, 5> factors) const;  // and back
};

// `shapes`, `shapes-64`, `shapes-3x4x20x8x8`, `shapes-64-3x4x20x8x8`; nothing for another name.
// Errors: sizes but 16, 32, 64; more than 3 shapes, 255 values or 4,000,000 images.
std::optional<ShapeGrid> shape_grid(std::string_view name);

// One image (size, size). Reference grey is coverage: clamp(1/2 - d) for a pixel whose centre is at
// signed distance d from the edge, in pixels.
void draw_shape(const ShapeGrid& grid, std::size_t image, std::span<std::uint8_t> to);

// These images, drawn in parallel; a function of the arguments alone. Labels are the shapes.
Images draw_shapes(const ShapeGrid& grid, std::span<const std::uint32_t> images);

DrawnImages draw_shapes(const ShapeGrid& grid);  // the data set

}  // namespace vaegrad::inline VAEGRAD_ABI
