// Shapes: images are what their factors say, measured on the pixels.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/data/drawn/shapes.hpp>

#include "../../support/threads.hpp"

using namespace vaegrad;

namespace {

struct Picture {
  std::size_t size;
  std::vector<std::uint8_t> bytes;
  Picture(const ShapeGrid& grid, std::array<std::uint8_t, 5> factors)
      : size(grid.size), bytes(size * size, 7) {
    draw_shape(grid, grid.image(factors), bytes);
  }
  double area() const {  // pixels
    double sum = 0;
    for (const auto b : bytes) sum += b / 255.0;
    return sum;
  }
  std::array<double, 2> middle() const {  // pixels from the upper left corner, x and y
    double x = 0, y = 0;
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) {
        x += bytes[i * size + j] / 255.0 * (double(j) + 0.5);
        y += bytes[i * size + j] / 255.0 * (double(i) + 0.5);
      }
    return {x / area(), y / area()};
  }
};

}  // namespace

TEST_CASE("an image's number and its factors are each other's inverse, y changes fastest") {
  const ShapeGrid grid;
  CHECK(grid.count() == 737'280);  // dSprites
  CHECK(grid.factors(0) == std::array<std::uint8_t, 5>{0, 0, 0, 0, 0});
  CHECK(grid.factors(1) == std::array<std::uint8_t, 5>{0, 0, 0, 0, 1});
  CHECK(grid.factors(737'279) == std::array<std::uint8_t, 5>{2, 5, 39, 31, 31});
  for (std::size_t image = 0; image < grid.count(); image += 977)
    CHECK(grid.image(grid.factors(image)) == image);
  CHECK_THROWS_WITH_AS(grid.image({0, 6, 0, 0, 0}),
                       doctest::Contains("factor scale has no value 6"), Error);
}

// Areas for a circumscribed circle of radius r: square 2 r^2, ellipse pi r^2 / 2, heart (the square
// of side 1/sqrt 2 and two half discs on it) (1/2 + pi/8) r^2 / 0.6306^2.
TEST_CASE("the area is the shape's at every scale and angle, and its middle where it should be") {
  const double of_heart = (0.5 + std::numbers::pi / 8) / (0.6306 * 0.6306);
  const double unit_area[] = {2, std::numbers::pi / 2, of_heart};
  for (const std::size_t size : {32u, 64u}) {
    ShapeGrid grid;
    grid.size = size;
    for (std::uint8_t shape = 0; shape < 3; ++shape)
      for (std::uint8_t scale = 0; scale < 6; ++scale)
        for (std::uint8_t turn = 0; turn < 40; turn = std::uint8_t(turn + 3)) {
          const Picture p(grid, {shape, scale, turn, 11, 20});
          const double radius = double(size) / 4 * (0.5 + scale / 10.0);
          // coverage by distance rounds corners off: less at larger sizes
          CHECK(p.area() == doctest::Approx(unit_area[shape] * radius * radius).epsilon(0.03));
          if (shape == 2) continue;  // a heart's middle is not its circle's
          CHECK(p.middle()[0] == doctest::Approx(double(size) * (0.25 + 11 / 62.0)).epsilon(0.005));
          CHECK(p.middle()[1] == doctest::Approx(double(size) * (0.25 + 20 / 62.0)).epsilon(0.005));
        }
  }
}

TEST_CASE("edges are grey, nothing is cut off, every value of a factor is to be seen") {
  const ShapeGrid grid;
  int grey = 0;
  for (std::uint8_t shape = 0; shape < 3; ++shape)
    for (const std::uint8_t x : {std::uint8_t{0}, std::uint8_t{31}})
      for (const std::uint8_t y : {std::uint8_t{0}, std::uint8_t{31}})
        for (std::uint8_t turn = 0; turn < 40; ++turn) {
          const Picture p(grid, {shape, 5, turn, x, y}), inside(grid, {shape, 5, turn, 16, 16});
          CHECK(p.area() == doctest::Approx(inside.area()).epsilon(0.02));
          grey += int(std::count_if(p.bytes.begin(), p.bytes.end(),
                                    [](auto b) { return b > 0 && b < 255; }));
        }
  CHECK(grey > 480 * 10);
  for (std::size_t k = 0; k < 5; ++k) {
    std::set<std::string> seen;  // of bytes: GCC 12 warns falsely about sets of vectors of them
    std::array<std::uint8_t, 5> f{2, 3, 7, 10, 12};
    for (std::size_t v = 0; v < grid.values[k]; ++v) {
      f[k] = static_cast<std::uint8_t>(v);
      const auto bytes = Picture(grid, f).bytes;
      seen.emplace(bytes.begin(), bytes.end());
    }
    CHECK(seen.size() == grid.values[k]);
  }
  // x moves to the right and y down
  CHECK(Picture(grid, {0, 0, 0, 31, 16}).middle()[0] > 23);
  CHECK(Picture(grid, {0, 0, 0, 16, 31}).middle()[1] > 23);
}

TEST_CASE("names of grids") {
  CHECK(shape_grid("shapes")->size == 32);
  CHECK(shape_grid("shapes")->count() == 737'280);
  CHECK(shape_grid("shapes-64")->size == 64);
  CHECK(shape_grid("shapes-3x4x20x8x9")->values == std::array<std::size_t, 5>{3, 4, 20, 8, 9});
  CHECK(shape_grid("shapes-3x4x20x8x9")->size == 32);
  CHECK(shape_grid("shapes-16-1x1x1x32x32")->size == 16);
  CHECK(shape_grid("shapes-16-1x1x1x32x32")->count() == 1024);
  for (const char* name :
       {"shape", "shapesque", "shapes-", "shapes.npy", "shapes-32.npy", "shapes-64-", "shapes-3x4",
        "shapes-3x4x20x8x8x8", "shapes-32-64", "shapes-3x6x40x32x32-64", "mnist", ""})
    CHECK_FALSE(shape_grid(name));
  for (const char* name : {"shapes-33", "shapes-0", "shapes-4x1x1x32x32", "shapes-3x0x40x32x32",
                           "shapes-3x256x1x1x1", "shapes-1x1x1x1x1", "shapes-3x255x255x255x255"})
    CHECK_THROWS_AS(shape_grid(name), UsageError);
}

TEST_CASE(
    "the data set: different images, factors beside them, the same for any seed and threads") {
  const auto set = load_data_set("shapes-16-3x4x20x16x16");
  CHECK(set.test.count() == 8777);  // 61,440 / 7
  CHECK(set.train.count() + set.validation.count() == 61'440 - 8777);
  CHECK(set.classes == 3);
  CHECK(set.train.file->grey());
  const ShapeGrid grid = *shape_grid("shapes-16-3x4x20x16x16");
  std::set<std::size_t> seen;
  for (const auto* file : {set.train.file.get(), set.test.file.get()}) {
    REQUIRE(file->factors.indices.size() == 5 * file->count);
    CHECK(file->factors.names == std::vector<std::string>{"shape", "scale", "rotation", "x", "y"});
    CHECK(file->factors.sizes == std::vector<std::size_t>{3, 4, 20, 16, 16});
    for (std::size_t i = 0; i < file->count; ++i) {
      std::array<std::uint8_t, 5> f{};
      std::copy_n(file->factors.indices.begin() + std::ptrdiff_t(5 * i), 5, f.begin());
      seen.insert(grid.image(f));
      REQUIRE(file->labels[i] == f[0]);
      if (i % 1000) continue;
      const auto image = file->image(i);
      CHECK(std::equal(image.begin(), image.end(), Picture(grid, f).bytes.begin()));
    }
  }
  CHECK(seen.size() == 61'440);

  DataOptions other;
  other.seed = 2;
  for (const int n : {1, 3}) {
    const Threads use(n);
    const auto again = load_data_set("shapes-16-3x4x20x16x16", other);
    CHECK((again.train.file->bytes == set.train.file->bytes));
    CHECK(again.checksums[0].sha256 == set.checksums[0].sha256);
    CHECK((again.validation.rows != set.validation.rows));
  }
  other.labels = "labels";
  CHECK_THROWS_WITH_AS(load_data_set("shapes", other),
                       doctest::Contains("its labels are its first factor"), UsageError);
}
