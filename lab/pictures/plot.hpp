// Pictures: curves, clouds of points and grids of images, as PNG (or SVG, by the path's extension).
//
// A chart says what to show, not how; the look is the same everywhere and is decided in plot.cpp.
// This is not a wrapper of gnuplot: what no chapter or program draws is not here. Text is shown as
// it stands (quotes, _, ^, % and @ mean nothing).
//
// A picture that cannot be drawn never costs the run: every `draw` then returns false after a
// warning on stderr (once per process when gnuplot is missing). A file appears complete or not at
// all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <vaegrad/autodiff/image_shape.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How a series is drawn.
enum class Mark {
  automatic,
  line,
  dashes,
  points,
  bars
};  // automatic: a line, with points when they are few

// Points of one kind in a chart.
struct Series {
  std::string title = {};              // "" keeps it out of the legend
  std::vector<double> x = {}, y = {};  // as long as each other; a value that is not finite is a gap
  Mark mark = Mark::automatic;
  int colour = -1;  // 0..7 of the palette, 8..15 again with another shape; -1: the series' place
  // Around y, as long as it, or empty: a band of a line, bars at points.
  std::vector<double> low = {}, high = {};
};
bool has_points(const Series& s);  // one at least whose numbers are finite

struct Reference {  // a horizontal line with its name on it
  double y = 0;
  std::string title = {};
};

// Series in one pair of axes.
struct Chart {
  std::string title = {}, x_label = {}, y_label = {};  // labels with their unit: "ELBO (nats)"
  std::vector<Series> series = {};
  std::vector<Reference> references = {};
  std::optional<std::pair<double, double>> x_range = {};  // default: what the values need
  std::optional<std::pair<double, double>> y_range = {};
  bool log_x = false, log_y = false;
  bool square = false;                    // one unit has the same length on both axes
  std::vector<std::string> x_names = {};  // what stands at x = 1, 2, .. instead of the numbers
};

// Images in rows of `columns`, grey or of three channels: red, green, blue. 0 is black and 255 is
// white, as the data sets store it (digits and clothes are light on black, faces come out right),
// on a white page with thin gaps.
struct ImageGrid {
  std::string title = {};
  int height = 0, width = 0, columns = 10;
  std::vector<std::uint8_t> pixels = {};        // n images, one after another, channels last
  std::vector<std::string> row_labels = {};     // as many as wanted
  std::vector<std::string> column_labels = {};  // likewise, short: one over each image
  int rows_per_group = 0;  // a wider gap after so many rows (2: pairs of image and reconstruction)
  int channels = 1;

  // Takes an image's sizes.
  void of(ImageShape s) {
    height = int(s.height), width = int(s.width), channels = int(s.channels);
  }
};

// The columns of metrics.csv, one value per epoch, nats; empty or not finite where there is none.
struct Curves {
  std::vector<double> epoch = {};
  std::vector<double> train_elbo = {}, train_log_likelihood = {}, train_kl = {};
  std::vector<double> valid_elbo = {}, valid_log_likelihood = {}, valid_kl = {};
  // Drawn where there is neither an ELBO nor a log-likelihood.
  std::vector<double> train_objective = {}, valid_objective = {};
  std::vector<double> kl_per_latent = {};  // after training, on the test examples
  // How many of those each layer of latents has, the one next to x first.
  std::vector<std::ptrdiff_t> layers = {};
};

bool gnuplot_available();  // an executable `gnuplot` is in PATH

// One chart is 800 x 500 pixels (560 x 560 when square); charts side by side are 560 x 460 each.
bool draw(const Chart& chart, const std::filesystem::path& path);
bool draw(const std::vector<Chart>& side_by_side, const std::filesystem::path& path);
// Columns side by side, each from top to bottom; sizes in pixels.
bool draw_columns(const std::vector<std::vector<Chart>>& columns, const std::filesystem::path& path,
                  double column_width, double height);

// The ELBO above the KL of each latent, largest first; beside them the ELBO's terms, the distortion
// -log p(x|z) above the rate KL(q(z|x) || p(z)). 960 x 600 pixels. An autoencoder has log p(x|z)
// alone: one chart.
bool draw(const Curves& curves, const std::filesystem::path& path);

// Every pixel of an image becomes a square of whole pixels; the picture is about 800 wide.
bool draw(const ImageGrid& grid, const std::filesystem::path& path);

// A graph in the language of Graphviz, e.g. that of a tape (autodiff/graph.hpp). It is kept beside
// the picture as .dot, so that it can be drawn elsewhere when there is no `dot` here.
bool draw_graph(const std::string& dot, const std::filesystem::path& path);

// 0..1 to 0..255, rounded; what is outside is clamped, NaN is 0.
std::vector<std::uint8_t> grey(std::span<const Real> values);
// Appends images of such values, one per row.
void add_images(ImageGrid& grid, ConstMatrix images);

}  // namespace vaegrad::inline VAEGRAD_ABI
