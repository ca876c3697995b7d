#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/drawn/shapes.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Signed distances from (x, y) to the edge, negative inside, of shapes that fit the unit circle.
// The formulas are Inigo Quilez's (iquilezles.org/articles/distfunctions2d).

float square(float x, float y) {
  constexpr float half = std::numbers::sqrt2_v<float> / 2;
  const float dx = std::abs(x) - half, dy = std::abs(y) - half;
  const float ox = std::max(dx, 0.0f), oy = std::max(dy, 0.0f);
  return std::sqrt(ox * ox + oy * oy) + std::min(std::max(dx, dy), 0.0f);
}

// Half axes 1 and 1/2; to first order, exact at the edge:  d = k (k - 1) / |grad|
float ellipse(float x, float y) {
  const float k = std::sqrt(x * x + 4 * y * y), slope = std::sqrt(x * x + 16 * y * y);
  return slope > 0 ? k * (k - 1) / slope : -0.5f;
}

// A square on its tip with a half disc on each upper side: tip (0, 0), notch (0, 1), widest 1.2.
float heart(float x, float y) {
  constexpr float middle = 0.6306f, scale = middle;  // of the smallest circle around it
  x = std::abs(x) * scale;
  y = middle - y * scale;
  const auto length = [](float a, float b) { return std::sqrt(a * a + b * b); };
  float d;
  if (x + y > 1) {
    d = length(x - 0.25f, y - 0.75f) - std::numbers::sqrt2_v<float> / 4;
  } else {
    const float along = std::max(x + y, 0.0f) / 2;
    const float nearest = std::min(length(x, y - 1), length(x - along, y - along));
    d = x > y ? nearest : -nearest;
  }
  return d / scale;
}

template <class Distance>
void draw(Distance distance, float scale, float angle, float cx, float cy, std::size_t size,
          std::uint8_t* to) {
  // Only pixels within the circle's box; the rest is black.
  const float reach = scale + 1, c = std::cos(angle) / scale, s = std::sin(angle) / scale;
  const auto clamp = [&](float at) {
    return static_cast<std::size_t>(std::clamp(at, 0.0f, static_cast<float>(size)));
  };
  for (std::size_t i = clamp(cy - reach), last = clamp(cy + reach + 1); i < last; ++i)
    for (std::size_t j = clamp(cx - reach), end = clamp(cx + reach + 1); j < end; ++j) {
      const float x = static_cast<float>(j) + 0.5f - cx, y = static_cast<float>(i) + 0.5f - cy;
      const float d = scale * distance(c * x + s * y, c * y - s * x);
      to[i * size + j] = static_cast<std::uint8_t>(255 * std::clamp(0.5f - d, 0.0f, 1.0f) + 0.5f);
    }
}

std::optional<std::size_t> number(std::string_view& text) {
  std::size_t n = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (status != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}

}  // namespace

std::size_t ShapeGrid::count() const {
  std::size_t n = 1;
  for (const std::size_t v : values) n *= v;
  return n;
}

std::array<std::uint8_t, 5> ShapeGrid::factors(std::size_t image) const {
  std::array<std::uint8_t, 5> f{};
  for (std::size_t k = 5; k-- > 0; image /= values[k])
    f[k] = static_cast<std::uint8_t>(image % values[k]);
  return f;
}

std::size_t ShapeGrid::image(std::array<std::uint8_t, 5> f) const {
  std::size_t image = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    check(f[k] < values[k], "shapes: factor ", shape_factors[k], " has no value ", f[k],
          ": it has ", values[k]);
    image = image * values[k] + f[k];
  }
  return image;
}

std::optional<ShapeGrid> shape_grid(std::string_view name) {
  if (name != "shapes" && !name.starts_with("shapes-")) return {};
  std::string_view rest = name.substr(6);
  ShapeGrid grid;
  const auto next = [&]() -> std::optional<std::size_t> {
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));  // - or x
    return number(rest);
  };
  bool sized = false;
  while (!rest.empty()) {  // first a size, if any, then a grid, if any
    const auto n = next();
    if (!n) return {};
    if (!rest.starts_with('x')) {
      if (sized || (!rest.empty() && rest[0] != '-')) return {};
      grid.size = *n;
      sized = true;
      continue;
    }
    grid.values[0] = *n;
    for (std::size_t k = 1; k < 5; ++k) {
      const auto v = rest.starts_with('x') ? next() : std::nullopt;
      if (!v) return {};
      grid.values[k] = *v;
    }
    if (!rest.empty()) return {};
  }
  constexpr std::string_view advice = "shapes-64, shapes-64-3x6x40x32x32 or shapes-3x4x20x8x8";
  check<UsageError>(grid.size == 16 || grid.size == 32 || grid.size == 64, name,
                    ": there are no images of ", grid.size, " x ", grid.size,
                    ", only of 16, 32 and 64", hint, advice);
  std::size_t count = 1;
  for (std::size_t k = 0; k < 5; ++k) {
    const std::size_t most = k == 0 ? 3 : 255, n = grid.values[k];
    check<UsageError>(n >= 1 && n <= most, name, ": ", n, " values of the factor ",
                      shape_factors[k], ", from 1 to ", most, " are possible", hint, advice);
    count *= n;
  }
  check<UsageError>(count >= 10 && count <= 4'000'000, name, ": a grid of ", count,
                    " images, from 10 to 4000000 are possible", hint, advice);
  return grid;
}

void draw_shape(const ShapeGrid& grid, std::size_t image, std::span<std::uint8_t> to) {
  check(to.size() == grid.size * grid.size && image < grid.count(), "shapes: image ", image, " of ",
        grid.count(), " into ", to.size(), " pixels");
  const auto f = grid.factors(image);
  // A share 0..1 of the way, ends included; one value stands at the end.
  const auto share = [&](std::size_t k) {
    return grid.values[k] == 1 ? 1.0f
                               : static_cast<float>(f[k]) / static_cast<float>(grid.values[k] - 1);
  };
  const auto middle = [&](std::size_t k) { return grid.values[k] == 1 ? 0.5f : share(k); };
  // At scale 1 the circle around a shape is half as wide as the image, and never leaves it.
  const float size = static_cast<float>(grid.size);
  const float scale = size / 4 * (0.5f + 0.5f * share(1));
  const float angle =
      2 * std::numbers::pi_v<float> * static_cast<float>(f[2]) / static_cast<float>(grid.values[2]);
  const float cx = size * (0.25f + 0.5f * middle(3)), cy = size * (0.25f + 0.5f * middle(4));
  std::fill(to.begin(), to.end(), std::uint8_t{0});
  if (f[0] == 0)
    draw(square, scale, angle, cx, cy, grid.size, to.data());
  else if (f[0] == 1)
    draw(ellipse, scale, angle, cx, cy, grid.size, to.data());
  else
    draw(heart, scale, angle, cx, cy, grid.size, to.data());
}

Images draw_shapes(const ShapeGrid& grid, std::span<const std::uint32_t> images) {
  Images drawn;
  drawn.count = images.size();
  drawn.height = drawn.width = grid.size;
  const std::size_t pixels = grid.size * grid.size;
  drawn.bytes.resize(images.size() * pixels);
  drawn.labels.resize(images.size());
  drawn.factors.names.assign(shape_factors.begin(), shape_factors.end());
  drawn.factors.sizes.assign(grid.values.begin(), grid.values.end());
  drawn.factors.indices.resize(images.size() * 5);

  constexpr std::size_t block = 256;
  const std::size_t blocks = (images.size() + block - 1) / block;
  parallel_for(static_cast<Index>(blocks), blocks > 1, [&](Index b) {
    const std::size_t first = static_cast<std::size_t>(b) * block;
    for (std::size_t i = first; i < std::min(first + block, images.size()); ++i) {
      draw_shape(grid, images[i], std::span(drawn.bytes).subspan(i * pixels, pixels));
      const auto f = grid.factors(images[i]);
      std::copy(f.begin(), f.end(), drawn.factors.indices.begin() + static_cast<Index>(5 * i));
      drawn.labels[i] = f[0];
    }
  });
  return drawn;
}

DrawnImages draw_shapes(const ShapeGrid& grid) {
  return some_of(grid.count(), [&](auto images) { return draw_shapes(grid, images); });
}

}  // namespace vaegrad::inline VAEGRAD_ABI
