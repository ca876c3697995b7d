#include <algorithm>

#include <vaegrad/lab/data/drawn/squares.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::optional<SquareGrid> square_grid(std::string_view name) {
  if (name != "squares" && !name.starts_with("squares-")) return {};
  for (const std::size_t size : {32u, 16u, 64u})
    if (name == concat("squares-", size) || (name == "squares" && size == 32))
      return SquareGrid{size};
  fail<UsageError>(name, ": there are squares of three sizes", hint,
                   "squares (32 x 32), squares-16 or squares-64");
}

Images draw_squares(const SquareGrid& grid, std::span<const std::uint32_t> images) {
  constexpr std::size_t places = SquareGrid::places, factors = SquareGrid::factors, channels = 3;
  Images to;
  to.count = images.size();
  to.height = to.width = grid.size, to.channels = channels;
  to.bytes.resize(to.count * to.dimensions());
  to.factors.names = {"red x", "red y", "green x", "green y", "blue x", "blue y"};
  to.factors.sizes.assign(factors, places);
  for (std::size_t i = 0; i < images.size(); ++i) {
    check(images[i] < grid.count(), "squares: image ", images[i], " of ", grid.count());
    std::size_t place[factors];  // the last changes fastest
    for (std::size_t k = factors, rest = images[i]; k-- > 0; rest /= places)
      place[k] = rest % places;
    for (std::size_t k = 0; k < factors; ++k) to.factors.indices.push_back(std::uint8_t(place[k]));
    to.labels.push_back(Label(place[0]));
    std::uint8_t* image = to.bytes.data() + i * to.dimensions();
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t left = place[2 * c] * grid.side(), top = place[2 * c + 1] * grid.side();
      for (std::size_t y = top; y < top + grid.side(); ++y)
        for (std::size_t x = left; x < left + grid.side(); ++x)
          image[(y * grid.size + x) * channels + c] = 255;
    }
  }
  return to;
}

DrawnImages draw_squares(const SquareGrid& grid) {
  return some_of(grid.count(), [&](auto images) { return draw_squares(grid, images); });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
