// The look of charts. Positions are computed here in pixels, so that titles and legends never lie
// over the data, whatever the data are.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/pictures/plot_picture.hpp>
#include <vaegrad/lab/pictures/plot_range.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;
using Text = std::string;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Okabe and Ito's palette, which colour-blind readers can tell apart; its yellow, too light for a
// line on white, is grey here.
constexpr std::array colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                             "#E69F00", "#56B4E9", "#000000", "#8C8C8C"};
constexpr std::array shapes{7, 9, 5, 13};  // the next eight series: triangles, squares, diamonds
constexpr auto ink = plot_ink, faint = "#E4E4E4";
constexpr double line_height = 17;  // pixels, of a legend

struct Box {
  double left, bottom, right, top;
};  // of the plot itself, pixels from the lower left

struct Layout {
  double width, height;  // of the whole picture
  Text at(double x, double y) const { return fmt::format("screen {},{}", x / width, y / height); }
};

using Points = std::vector<std::pair<double, double>>;

// What can be shown: finite, and positive on a logarithmic axis. Everything else is a gap.
Points points_of(const Chart& chart, const Series& series) {
  check(series.x.size() == series.y.size(), "plot: series \"", series.title,
        "\": ", series.x.size(), " x for ", series.y.size(), " y");
  Points points;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const double x = series.x[i], y = series.y[i];
    const bool shown =
        std::isfinite(x) && std::isfinite(y) && (!chart.log_x || x > 0) && (!chart.log_y || y > 0);
    points.emplace_back(shown ? x : nan, shown ? y : nan);
  }
  return points;
}

// x, low and high, where a series has them and they can be shown.
std::vector<std::array<double, 3>> bands_of(const Chart& chart, const Series& series) {
  std::vector<std::array<double, 3>> to;
  check(series.low.size() == series.high.size() &&
            (series.low.empty() || series.low.size() == series.y.size()),
        "plot: series \"", series.title, "\": ", series.low.size(), " and ", series.high.size(),
        " bounds for ", series.y.size(), " y");
  for (std::size_t i = 0; i < series.low.size(); ++i) {
    const double x = series.x[i], low = series.low[i], high = series.high[i];
    if (std::isfinite(x) && std::isfinite(low) && std::isfinite(high) && (!chart.log_x || x > 0) &&
        (!chart.log_y || low > 0))
      to.push_back({x, low, high});
  }
  return to;
}

struct Style {
  Text colour;
  int shape;
  Mark mark;
  std::size_t points;
};

Style style_of(const Series& series, std::size_t place) {
  const auto index = series.colour < 0 ? place : static_cast<std::size_t>(series.colour);
  const auto mark =
      series.mark == Mark::automatic && series.x.size() > 30 ? Mark::line : series.mark;
  return {colours[index % colours.size()], shapes[index / colours.size() % shapes.size()], mark,
          series.x.size()};
}

Text with(const Style& style) {
  const double width = style.points > 500 ? 1.2 : 1.8;
  switch (style.mark) {
    case Mark::line:
      return fmt::format("with lines lw {} lc rgb '{}'", width, style.colour);
    case Mark::dashes:
      return fmt::format("with lines lw {} dt (8,5) lc rgb '{}'", width, style.colour);
    case Mark::bars:
      return fmt::format("with boxes lc rgb '{}'", style.colour);
    case Mark::points:
      return fmt::format("with points pt {} ps {} lc rgb '{}'", style.shape,
                         style.points > 100 ? 0.45 : 0.8, style.colour);
    default:
      return fmt::format("with linespoints lw {} pt {} ps 0.7 lc rgb '{}'", width, style.shape,
                         style.colour);
  }
}

// The titles above the plot, in as many rows as they need; then in columns.
struct Legend {
  struct Entry {
    std::size_t series;
    int row;
    double x, sample;
  };
  std::vector<Entry> entries;
  int rows = 0;

  Legend(const Chart& chart, const std::vector<Style>& styles, Box box) {
    double widest = 0, all = -16;
    const auto sample = [&](std::size_t i) {
      return styles[i].mark == Mark::points || styles[i].mark == Mark::bars ? 8. : 24.;
    };
    const auto room = [&](std::size_t i) {
      return sample(i) + 6 + text_width(chart.series[i].title) + 16;
    };
    for (std::size_t i = 0; i < styles.size(); ++i)
      if (!chart.series[i].title.empty()) widest = std::max(widest, room(i)), all += room(i);
    const bool in_columns = all > box.right - box.left;
    double x = box.left;
    for (std::size_t i = 0; i < styles.size(); ++i) {
      if (chart.series[i].title.empty()) continue;
      if (rows == 0 || x + room(i) - 16 > box.right) ++rows, x = box.left;
      entries.push_back({i, rows, x, sample(i)});
      x += in_columns ? widest : room(i);
    }
  }

  double height() const { return rows > 0 ? line_height * rows + 4 : 0; }

  void draw(std::ostream& gnuplot, const Layout& layout, const Chart& chart,
            const std::vector<Style>& styles, double bottom) const {
    for (const auto& [i, row, x, sample] : entries) {
      const double y = bottom + 12 + line_height * (rows - row);
      const auto& style = styles[i];
      if (style.mark != Mark::points && style.mark != Mark::bars)
        gnuplot << fmt::format("set arrow from {} to {} nohead lw 2 lc rgb '{}'{}\n",
                               layout.at(x, y), layout.at(x + sample, y), style.colour,
                               style.mark == Mark::dashes ? " dt (8,5)" : "");
      if (style.mark != Mark::line && style.mark != Mark::dashes)
        gnuplot << fmt::format("set label '' at {} point pt {} ps 0.8 lc rgb '{}'\n",
                               layout.at(x + sample / 2, y),
                               style.mark == Mark::bars ? 5 : style.shape, style.colour);
      gnuplot << fmt::format("set label {} at {} left tc rgb '{}'\n",
                             literal(chart.series[i].title), layout.at(x + sample + 6, y), ink);
    }
  }
};

// The smaller range grows until one unit has the same length on both axes.
void make_square(Range& x, Range& y, Box box) {
  const double unit = std::max((x.high - x.low) / (box.right - box.left),
                               (y.high - y.low) / (box.top - box.bottom));
  const auto grow = [](Range& range, double to) {
    const double more = (to - (range.high - range.low)) / 2;
    range = {range.low - more, range.high + more};
  };
  grow(x, unit * (box.right - box.left)), grow(y, unit * (box.top - box.bottom));
}

void panel(std::ostream& gnuplot, const Layout& layout, const Chart& chart, Box box) {
  std::vector<Points> data;
  std::vector<std::vector<std::array<double, 3>>> bands;
  std::vector<Style> styles;
  Range x_values, y_values;
  bool counts = !chart.log_x, air = false;  // x are whole numbers; points want air at the sides
  for (const auto& series : chart.series) {
    styles.push_back(style_of(series, styles.size()));
    air = air || styles.back().mark == Mark::points || styles.back().mark == Mark::automatic;
    data.push_back(points_of(chart, series));
    bands.push_back(bands_of(chart, series));
    for (const auto& [x, low, high] : bands.back()) y_values.include(low), y_values.include(high);
    for (auto [x, y] : data.back()) {
      x_values.include(x), y_values.include(y);
      if (styles.back().mark == Mark::bars)  // they stand on 0 and are one unit wide
        y_values.include(0), x_values.include(x - 0.5), x_values.include(x + 0.5);
      counts = counts && (std::isnan(x) || x == std::floor(x));
    }
  }
  for (const auto& line : chart.references)
    if (!chart.log_y || line.y > 0) y_values.include(line.y);

  const Legend legend(chart, styles, box);
  const double title_y = box.top - 10;
  box.top -= legend.height() + (chart.title.empty() ? 0 : 24);

  Range x = x_values.padded(air ? 0.03 : 0, chart.log_x), y = y_values.padded(0.05, chart.log_y);
  if (chart.square) make_square(x, y, box);
  if (chart.x_range) x = {chart.x_range->first, chart.x_range->second};
  if (chart.y_range) y = {chart.y_range->first, chart.y_range->second};

  gnuplot << "unset key\nunset label\nunset arrow\nunset logscale\nset border 3 lw 0.8 lc rgb "
             "'#808080'\n"
             "set tics out nomirror scale 0.6\nset format '%h'\nset minussign\n"
          << fmt::format("set grid lw 0.6 lt 1 lc rgb '{}'\nset tics tc rgb '{}'\n", faint, ink)
          << fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n",
                         box.left / layout.width, box.right / layout.width)
          << fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n",
                         box.bottom / layout.height, box.top / layout.height)
          << fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", x.low, x.high, y.low, y.high)
          << fmt::format("set xtics {}\nset ytics {}\n",
                         axis_ticks(x, chart.log_x, counts, chart.x_names),
                         axis_ticks(y, chart.log_y, false))
          << "set boxwidth 0.8 absolute\nset style fill solid 0.85 noborder\n";
  if (chart.log_x) gnuplot << "set logscale x\n";
  if (chart.log_y) gnuplot << "set logscale y\n";

  const auto text = [&](const Text& words, double x_pixels, double y_pixels, std::string_view how) {
    if (!words.empty())
      gnuplot << fmt::format("set label {} at {} {} tc rgb '{}'\n", literal(words),
                             layout.at(x_pixels, y_pixels), how, ink);
  };
  text(chart.title, box.left, title_y, "left font 'DejaVu Sans:Bold,11'");
  text(chart.x_label, (box.left + box.right) / 2, box.bottom - 42, "center");
  text(chart.y_label, box.left - 78, (box.bottom + box.top) / 2, "center rotate by 90");
  legend.draw(gnuplot, layout, chart, styles, box.top);
  for (const auto& line : chart.references)
    gnuplot << fmt::format(
        "set arrow from graph 0, first {0} to graph 1, first {0} nohead lw 1.2 dt (3,4) lc rgb "
        "'{1}'\n"
        "set label {2} at graph 1, first {0} right offset -0.4,0.55 font ',9' tc rgb '{1}' front\n",
        line.y, "#606060", literal(line.title));

  // Numbers by name, before they are drawn: gnuplot 6 warns of each that stands in line within a multiplot.
  std::string plot = "plot NaN notitle";
  for (std::size_t i = 0; i < bands.size(); ++i) {
    if (bands[i].empty()) continue;
    const bool line = styles[i].mark == Mark::line || styles[i].mark == Mark::dashes;
    gnuplot << fmt::format("$band{} << END\n", i);
    for (const auto& [bx, low, high] : bands[i])
      gnuplot << (line ? fmt::format("{} {} {}\n", bx, low, high)
                       : fmt::format("{} {} {} {}\n", bx, (low + high) / 2, low, high));
    gnuplot << "END\n";
    plot += fmt::format(", $band{} {} lc rgb '{}'", i,
                        line ? "using 1:2:3 notitle with filledcurves fs transparent solid 0.18 "
                               "noborder"
                             : "using 1:2:3:4 notitle with yerrorbars pt 0 ps 0 lw 1.2",
                        styles[i].colour);
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i].empty()) continue;
    gnuplot << fmt::format("$points{} << END\n", i);
    for (auto [px, py] : data[i]) gnuplot << fmt::format("{} {}\n", px, py);
    gnuplot << "END\n";
    plot += fmt::format(", $points{} notitle {}", i, with(styles[i]));
  }
  gnuplot << plot << '\n';
}

}  // namespace

bool draw_columns(const std::vector<std::vector<Chart>>& columns, const fs::path& path,
                  double column_width, double height) {
  const Layout layout{column_width * static_cast<double>(columns.size()), height};
  return picture(path, layout.width, layout.height, [&](std::ostream& gnuplot) {
    gnuplot << "set multiplot\n";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double left = column_width * static_cast<double>(i);
      const double each = height / static_cast<double>(columns[i].size());
      for (std::size_t j = 0; j < columns[i].size(); ++j) {
        const double bottom = height - each * static_cast<double>(j + 1);
        const double below = columns[i][j].x_label.empty() ? 34 : 54;
        panel(gnuplot, layout, columns[i][j],
              {left + 90, bottom + below, left + column_width - 24, bottom + each - 16});
      }
    }
    gnuplot << "unset multiplot\n";
  });
}

bool has_points(const Series& s) {
  for (std::size_t i = 0; i < s.y.size(); ++i)
    if (std::isfinite(s.x[i]) && std::isfinite(s.y[i])) return true;
  return false;
}

bool draw(const Chart& chart, const fs::path& path) {
  return draw_columns({{chart}}, path, chart.square ? 560 : 800, chart.square ? 560 : 500);
}

bool draw(const std::vector<Chart>& side_by_side, const fs::path& path) {
  check(!side_by_side.empty(), "plot: no chart to draw in ", path.string());
  std::vector<std::vector<Chart>> columns;
  for (const auto& chart : side_by_side) columns.push_back({chart});
  return draw_columns(columns, path, 560, 460);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
