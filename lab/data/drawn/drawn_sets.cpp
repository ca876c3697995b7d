#include <algorithm>

#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/lab/data/drawn/shapes.hpp>
#include <vaegrad/lab/data/drawn/squares.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::optional<std::function<DrawnImages()>> drawn_set(std::string_view name) {
  if (const auto grid = shape_grid(name)) return [grid] { return draw_shapes(*grid); };
  if (const auto grid = square_grid(name)) return [grid] { return draw_squares(*grid); };
  return {};
}

DrawnImages some_of(std::size_t count,
                    const std::function<Images(std::span<const std::uint32_t>)>& draw) {
  const std::size_t test = std::min<std::size_t>(10'000, count / 7),
                    train = std::min<std::size_t>(60'000, count - test);
  const auto order = permutation(static_cast<std::uint32_t>(count), 1, Purpose::data);
  const auto some = std::span(order);
  return {draw(some.first(train)), draw(some.last(test))};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
