// Pictures are decoded again and compared with what was asked for.
#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

using namespace vaegrad;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("vaegrad plot's " + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
};

struct Path {  // PATH, as long as this lives
  std::string before = std::getenv("PATH");
  explicit Path(const std::string& now) { ::setenv("PATH", now.c_str(), 1); }
  ~Path() { ::setenv("PATH", before.c_str(), 1); }
};

struct Stderr {
  std::ostringstream text;
  std::streambuf* before = std::cerr.rdbuf(text.rdbuf());
  ~Stderr() { std::cerr.rdbuf(before); }
};

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// An 8-bit RGB or RGBA file as gnuplot writes it.
struct Png {
  std::size_t width = 0, height = 0, channels = 0;
  std::vector<int> bytes;

  explicit Png(const fs::path& path) {
    const std::string file = contents(path);
    REQUIRE(file.substr(1, 3) == "PNG");
    const auto number = [&](std::size_t at) {
      std::size_t n = 0;
      for (std::size_t i = 0; i < 4; ++i) n = n * 256 + static_cast<unsigned char>(file.at(at + i));
      return n;
    };
    width = number(16), height = number(20), channels = file.at(25) == 6 ? 4 : 3;
    std::string packed, raw;
    for (std::size_t at = 8; at + 12 <= file.size(); at += 12 + number(at))
      if (file.compare(at + 4, 4, "IDAT") == 0) packed += file.substr(at + 8, number(at));
    boost::iostreams::filtering_ostream inflate;
    inflate.push(boost::iostreams::zlib_decompressor());
    inflate.push(std::back_inserter(raw));
    inflate << packed;
    inflate.reset();

    const std::size_t row = width * channels;
    REQUIRE(raw.size() == height * (row + 1));
    for (std::size_t y = 0; y < height; ++y) {
      const auto filter = static_cast<unsigned char>(raw[y * (row + 1)]);
      REQUIRE(filter < 5);
      for (std::size_t x = 0; x < row; ++x) {
        const int a = x < channels ? 0 : bytes[y * row + x - channels];
        const int b = y == 0 ? 0 : bytes[(y - 1) * row + x];
        const int c = x < channels || y == 0 ? 0 : bytes[(y - 1) * row + x - channels];
        const int pa = std::abs(b - c), pb = std::abs(a - c), pc = std::abs(a + b - 2 * c);
        const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        const int predictions[] = {0, a, b, (a + b) / 2, paeth};
        const int value = static_cast<unsigned char>(raw[y * (row + 1) + 1 + x]);
        bytes.push_back((value + predictions[filter]) % 256);
      }
    }
  }

  int red(std::size_t x, std::size_t y) const { return bytes.at((y * width + x) * channels); }
};

Chart rising(std::size_t n) {
  Chart chart{"rising", "epoch", "nats", {{"training"}}};
  for (std::size_t i = 0; i < n; ++i) {
    chart.series[0].x.push_back(static_cast<double>(i));
    chart.series[0].y.push_back(std::log(1. + static_cast<double>(i)));
  }
  return chart;
}

std::size_t coloured(const Png& png) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < png.bytes.size(); i += png.channels)
    n += std::abs(png.bytes[i] - png.bytes[i + 2]) > 40;
  return n;
}

}  // namespace

// First, since the warning is given once per process.
TEST_CASE("without gnuplot there is one warning and no picture") {
  Folder folder;
  Path nowhere(folder.path);
  Stderr warnings;
  CHECK_FALSE(gnuplot_available());
  CHECK_FALSE(draw(rising(10), folder.path / "a.png"));
  CHECK_FALSE(draw(rising(10), folder.path / "b.png"));
  CHECK(folder.files() == 0);
  const std::string text = warnings.text.str();
  CHECK(text.find("plots: gnuplot is not in PATH: no pictures are drawn") == 0);
  CHECK(text.find("\n  hint: apt-get install gnuplot-nox\n") == text.rfind("\n  hint: "));
}

TEST_CASE("a chart has the stated size and its curve") {
  Folder folder;
  for (std::size_t points : {1u, 2u, 10u, 3000u}) {
    CAPTURE(points);
    REQUIRE(draw(rising(points), folder.path / "chart.png"));
    const Png png(folder.path / "chart.png");
    CHECK(png.width == 800);
    CHECK(png.height == 500);
    CHECK(coloured(png) > (points == 1 ? 50u : 500u));
  }
  CHECK(folder.files() == 1);
  REQUIRE(draw(Chart{}, folder.path / "empty.png"));
  CHECK(coloured(Png(folder.path / "empty.png")) == 0);
}

TEST_CASE("charts side by side, and curves with missing columns and values") {
  Folder folder;
  REQUIRE(draw(std::vector<Chart>{rising(5), rising(50)}, folder.path / "two.png"));
  CHECK(Png(folder.path / "two.png").width == 1120);

  Curves curves{{1, 2, 3}, {-300, NAN, -250}, {-280, -240, -INFINITY}, {20, 1e30, 25}};
  REQUIRE(draw(curves, folder.path / "curves.png"));
  const Png without(folder.path / "curves.png");
  curves.valid_elbo = {-310, -270, -260};
  REQUIRE(draw(curves, folder.path / "curves.png"));
  const Png with(folder.path / "curves.png");
  CHECK(without.width == 960);
  CHECK(without.height == 600);
  CHECK(coloured(with) > coloured(without) + 500);
  curves.kl_per_latent = {0.1, 3, 2};
  REQUIRE(draw(curves, folder.path / "curves.png"));
  CHECK(coloured(Png(folder.path / "curves.png")) > coloured(with) + 5000);
  curves.train_elbo = {NAN, NAN, NAN};  // of an autoencoder
  REQUIRE(draw(curves, folder.path / "curves.png"));
  CHECK(Png(folder.path / "curves.png").width == 800);
}

TEST_CASE("a logarithmic axis leaves out what it cannot show") {
  Folder folder;
  Chart chart{"", "K", "bound", {{"b", {0, 1, 10, 100}, {-1, 0, 1, 10}}}};
  chart.log_x = chart.log_y = true;
  chart.references = {{-3, "not on this axis"}, {5, "exact"}};
  CHECK(draw(chart, folder.path / "log.png"));
}

TEST_CASE("a logarithmic axis of few decades names 1, 2 and 5, a longer one powers of ten") {
  Folder folder;
  Chart chart{"", "n", "", {{"", {0.3, 9}, {-1, -2}}}};
  chart.log_x = true;
  const auto named = [&](const std::string& number) {
    REQUIRE(draw(chart, folder.path / "log.svg"));
    return contents(folder.path / "log.svg").find(">" + number + "<") != std::string::npos;
  };
  for (const char* number : {"0.5", "1", "2", "5"}) CHECK(named(number));
  CHECK_FALSE(named("3"));
  chart.series[0].x = {1, 1000};
  CHECK(named("100"));
  CHECK_FALSE(named("5"));
}

TEST_CASE("text is literal") {
  Folder folder;
  const std::string title = R"(100 % of 'K_max' "q" ^2 @x {/Bold b} \n `ls` $0 #)";
  Chart chart = rising(3);
  chart.title = chart.x_label = chart.y_label = chart.series[0].title = title;
  chart.references = {{0.5, title}};
  REQUIRE(draw(chart, folder.path / "text's.svg"));
  std::string svg = contents(folder.path / "text's.svg");
  for (auto [from, to] :
       {std::pair{"&apos;", "'"}, {"&#39;", "'"}, {"&quot;", "\""}, {"&#34;", "\""}})
    for (std::size_t at; (at = svg.find(from)) != std::string::npos;)
      svg.replace(at, std::string(from).size(), to);
  int found = 0;
  for (std::size_t at = 0; (at = svg.find(title, at)) != std::string::npos; ++at) ++found;
  CHECK(found == 5);
}

TEST_CASE("a grid shows every pixel exactly, between white gaps") {
  Folder folder;
  struct Case {
    int height, width, columns, n, zoom;
  };
  for (const Case& c :
       {Case{28, 28, 10, 25, 2}, {28, 20, 10, 20, 3}, {8, 8, 4, 7, 14}, {64, 64, 3, 6, 1}}) {
    const int h = c.height, w = c.width, columns = c.columns, n = c.n, zoom = c.zoom;
    CAPTURE(h);
    CAPTURE(w);
    ImageGrid grid{"", h, w, columns};
    for (int i = 0; i < n * h * w; ++i)
      grid.pixels.push_back(static_cast<std::uint8_t>(i * 37 % 251));
    REQUIRE(draw(grid, folder.path / "grid.png"));
    const Png png(folder.path / "grid.png");
    const int rows = (n + columns - 1) / columns;
    REQUIRE(png.width == static_cast<std::size_t>(24 + columns * (w * zoom + 2) - 2));
    REQUIRE(png.height == static_cast<std::size_t>(24 + rows * (h * zoom + 2) - 2));
    int wrong = 0;
    for (int y = 0; y < static_cast<int>(png.height); ++y)
      for (int x = 0; x < static_cast<int>(png.width); ++x) {
        const int j = (x - 12) / (w * zoom + 2), u = (x - 12) % (w * zoom + 2) / zoom;
        const int i = (y - 12) / (h * zoom + 2), v = (y - 12) % (h * zoom + 2) / zoom;
        const bool inside =
            x >= 12 && y >= 12 && j < columns && u < w && v < h && i * columns + j < n;
        const int expected =
            inside ? grid.pixels[static_cast<std::size_t>(((i * columns + j) * h + v) * w + u)]
                   : 255;
        wrong += png.red(static_cast<std::size_t>(x), static_cast<std::size_t>(y)) != expected;
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("grey values: 0 is black, 1 is white, anything else is clamped") {
  const std::vector<Real> values{0, 1, Real(0.5), -3, 7, NAN, INFINITY};
  CHECK(grey(values) == std::vector<std::uint8_t>{0, 255, 128, 0, 255, 0, 255});
}

TEST_CASE("a gnuplot that fails leaves the picture that was there") {
  Folder folder;
  std::ofstream(folder.path / "gnuplot") << "#!/bin/sh\nexit 1\n";
  fs::permissions(folder.path / "gnuplot", fs::perms::owner_all);
  std::ofstream(folder.path / "old.png") << "old";
  Path broken(folder.path.string() + ":/bin:/usr/bin");
  Stderr warnings;
  CHECK_FALSE(draw(rising(100'000), folder.path / "old.png"));  // more than a pipe holds
  CHECK(contents(folder.path / "old.png") == "old");
  CHECK(folder.files() == 2);
  CHECK(warnings.text.str().find("old.png: was not drawn: gnuplot failed") != std::string::npos);
}

TEST_CASE("where nothing can be written there is a warning") {
  Stderr warnings;
  CHECK_FALSE(draw(rising(3), "/proc/no/such/folder/a.png"));
  CHECK(warnings.text.str() ==
        "/proc/no/such/folder/a.png: cannot be written: No such file or directory\n");
}

TEST_CASE("impossible pictures are errors, and leave nothing") {
  const Folder folder;
  Chart chart = rising(3);
  chart.series[0].y.pop_back();
  CHECK_THROWS_WITH_AS(draw(chart, folder.path / "a.png"), "plot: series \"training\": 3 x for 2 y",
                       Error);
  CHECK_THROWS_AS(draw(ImageGrid{"", 2, 2, 1, {1, 2, 3}}, folder.path / "a.png"), Error);
  CHECK_THROWS_AS(draw(ImageGrid{"", 0, 2, 1}, folder.path / "a.png"), Error);
  CHECK(folder.files() == 0);
}
