// Squares: three squares on a grid, whose images are all different and equally far apart.
#include <doctest/doctest.h>

#include <numeric>
#include <set>

#include <vaegrad/lab/data/drawn/squares.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

TEST_CASE("squares stand where their factors say, each in its channel") {
  const SquareGrid grid{16};
  const std::uint32_t number = ((((1 * 8 + 2) * 8 + 3) * 8 + 4) * 8 + 5) * 8 + 6;
  const std::uint32_t which[] = {number};
  const Images one = draw_squares(grid, which);
  CHECK(one.factors.indices == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6});
  CHECK(one.labels == std::vector<Label>{1});
  std::size_t lit = 0;
  for (std::size_t y = 0; y < 16; ++y)
    for (std::size_t x = 0; x < 16; ++x)
      for (std::size_t c = 0; c < 3; ++c) {
        const bool inside = x / 2 == 1 + 2 * c && y / 2 == 2 + 2 * c;
        CHECK(one.bytes[(y * 16 + x) * 3 + c] == (inside ? 255 : 0));
        lit += inside;
      }
  CHECK(lit == 12);
  const std::uint32_t beyond[] = {262'144};
  CHECK(message_of([&] { draw_squares(grid, beyond); }).find("262144 of 262144") !=
        std::string::npos);
}

TEST_CASE("the data set of squares") {
  const DataSet set = load_data_set("squares-16");
  CHECK(set.train.file->shape() == ImageShape{16, 16, 3});
  CHECK(set.classes == 8);
  CHECK(set.test.count() == 10'000);
  std::set<std::vector<std::uint8_t>> seen;
  for (const auto* file : {set.train.file.get(), set.test.file.get()})
    for (std::size_t i = 0; i < file->count; ++i) {
      const auto* f = file->factors.indices.data() + 6 * i;
      seen.insert({f, f + 6});
    }
  CHECK(seen.size() == 70'000);
  CHECK(message_of([] { load_data_set("squares-20"); }).find("squares-64") != std::string::npos);
}
