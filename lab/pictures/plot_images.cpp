// Grids of images. The grid is composed here, pixel by pixel, and shown one to one: gnuplot would
// smooth it, and the gaps would come out uneven.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/pictures/plot_picture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::vector<std::uint8_t> grey(std::span<const Real> values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size());
  for (Real v : values)
    bytes.push_back(v > 0 ? static_cast<std::uint8_t>(std::lround(255 * std::min(v, Real(1)))) : 0);
  return bytes;
}

void add_images(ImageGrid& grid, ConstMatrix images) {
  const auto bytes = grey({images.data, static_cast<std::size_t>(images.size())});
  grid.pixels.insert(grid.pixels.end(), bytes.begin(), bytes.end());
}

bool draw(const ImageGrid& grid, const std::filesystem::path& path) {
  check(grid.height > 0 && grid.width > 0 && grid.columns > 0, "plot: images of ", grid.height,
        " x ", grid.width, " in ", grid.columns, " columns");
  check(grid.channels == 1 || grid.channels == 3, "plot: images of ", grid.channels,
        " channels: only grey ones and those of three can be drawn");
  const int channels = grid.channels, image = grid.height * grid.width * channels,
            n = static_cast<int>(grid.pixels.size()) / image;
  check(
      n > 0 && grid.pixels.size() == static_cast<std::size_t>(n) * static_cast<std::size_t>(image),
      "plot: ", grid.pixels.size(), " pixels are no whole number of images of ", grid.height, " x ",
      grid.width);

  const int columns = std::min(n, grid.columns), rows = (n + columns - 1) / columns;
  constexpr int thin = 2, wide = 10;  // gaps, pixels
  constexpr int rim = 2;  // gnuplot blends the outermost pixels of an image with the page
  const int zoom = std::clamp(800 / (columns * (grid.width + 1)), 1,
                              std::max(1, 112 / std::max(grid.width, grid.height)));
  const int tile_width = zoom * grid.width, tile_height = zoom * grid.height;
  const auto left_of = [&](int column) { return rim + column * (tile_width + thin); };
  const auto top_of = [&](int row) {
    const int groups = grid.rows_per_group > 0 ? row / grid.rows_per_group : 0;
    return rim + row * (tile_height + thin) + groups * (wide - thin);
  };
  const int width = left_of(columns) - thin + rim, height = top_of(rows - 1) + tile_height + rim;

  std::string page(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, '\xFF');
  for (int i = 0; i < n; ++i)
    for (int y = 0; y < tile_height; ++y)
      for (int x = 0; x < tile_width; ++x) {
        const int from = i * image + (y / zoom * grid.width + x / zoom) * channels;
        const int to = 3 * ((top_of(i / columns) + y) * width + left_of(i % columns) + x);
        for (int c = 0; c < 3; ++c)
          page[static_cast<std::size_t>(to + c)] =
              static_cast<char>(grid.pixels[static_cast<std::size_t>(from + c % channels)]);
      }

  double row_label = 0;
  for (const auto& label : grid.row_labels) row_label = std::max(row_label, text_width(label));
  const double margin = 10, left = margin + (row_label > 0 ? std::ceil(1.15 * row_label) + 8 : 0);
  const double above =
      margin + (grid.title.empty() ? 0 : 24) + (grid.column_labels.empty() ? 0 : 20);
  const double canvas_width =
      std::max(left + width, std::ceil(margin + 1.15 * text_width(grid.title))) + margin;
  const double canvas_height = above + height + margin;

  return picture(path, canvas_width, canvas_height, [&](std::ostream& gnuplot) {
    const auto text = [&](std::string_view words, double x, double y,
                          std::string_view how) {  // y from above
      gnuplot << fmt::format("set label {} at screen {},{} {} tc rgb '{}'\n", literal(words),
                             x / canvas_width, 1 - y / canvas_height, how, plot_ink);
    };
    if (!grid.title.empty())
      text(grid.title, margin, margin + 7, "left font 'DejaVu Sans:Bold,11'");
    for (int j = 0; j < std::min<int>(columns, static_cast<int>(grid.column_labels.size())); ++j)
      text(grid.column_labels[static_cast<std::size_t>(j)], left + left_of(j) + tile_width / 2.,
           above - 10, "center");
    for (int i = 0; i < std::min<int>(rows, static_cast<int>(grid.row_labels.size())); ++i)
      text(grid.row_labels[static_cast<std::size_t>(i)], left - 8,
           above + top_of(i) + tile_height / 2., "right");
    gnuplot << fmt::format(
        "unset key\nunset border\nunset tics\nset lmargin at screen {}\nset rmargin at screen {}\n"
        "set bmargin at screen {}\nset tmargin at screen {}\nset xrange [-0.5:{}]\nset yrange "
        "[{}:-0.5]\n"
        "plot '-' binary array=({},{}) format='%uchar%uchar%uchar' using 1:2:3 with rgbimage\n",
        left / canvas_width, (left + width) / canvas_width, margin / canvas_height,
        1 - above / canvas_height, width - 0.5, height - 0.5, width, height);
    gnuplot << page << '\n';
  });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
