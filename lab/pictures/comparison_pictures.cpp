#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <vaegrad/lab/files/natural_order.hpp>
#include <vaegrad/lab/pictures/comparison_pictures.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/metrics.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Mean and band over the seeds, of the epochs that all of them have; without points where one of
// them has kept none.
Series curve_of(const SettingResult& result, int colour) {
  std::vector<std::vector<Metrics>> all;
  std::size_t epochs = SIZE_MAX;
  bool validated = true;
  for (const FinishedRun& run : result.runs) {
    std::error_code error;
    const bool kept = std::filesystem::exists(run.folder / "metrics.csv", error);
    all.push_back(kept ? read_metrics(run.folder) : std::vector<Metrics>{});
    epochs = std::min(epochs, all.back().size());
    validated = validated && !all.back().empty() && std::isfinite(all.back().back().valid_elbo);
  }
  Series s{.title = result.name, .mark = validated ? Mark::line : Mark::dashes, .colour = colour};
  for (std::size_t i = 0; i < epochs; ++i) {
    std::vector<double> values;
    for (const auto& rows : all)
      values.push_back(validated ? rows[i].valid_elbo : rows[i].train_elbo);
    const Spread at = spread(values);
    s.x.push_back(all[0][i].epoch);
    s.y.push_back(at.mean);
    if (at.count < 2) continue;
    s.low.push_back(at.mean - at.deviation), s.high.push_back(at.mean + at.deviation);
  }
  return s;
}

// The first epochs of a long run may leave the chart, as in the curves of a run.
std::optional<std::pair<double, double>> settled(const std::vector<Series>& series) {
  double low = INFINITY, high = -INFINITY;
  for (const Series& s : series)
    for (std::size_t i = s.y.size() > 100 ? s.y.size() / 50
                         : s.y.size() > 3 ? 1
                                          : 0;
         i < s.y.size(); ++i) {
      if (!std::isfinite(s.y[i])) continue;
      low = std::min(low, s.low.empty() ? s.y[i] : s.low[i]);
      high = std::max(high, s.high.empty() ? s.y[i] : s.high[i]);
    }
  if (!(low < high)) return {};
  return std::pair{low - 0.05 * (high - low), high + 0.05 * (high - low)};
}

std::optional<double> number_of(const std::string& text) {
  double x = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), x);
  return status == std::errc{} && end == text.data() + text.size() ? std::optional(x)
                                                                   : std::nullopt;
}

// Where the values stand on the axis: as numbers where all are some, else side by side.
std::vector<double> place_values(const std::vector<std::string>& values, Chart& chart) {
  std::vector<double> x;
  for (const std::string& value : values)
    if (const auto number = number_of(value)) x.push_back(*number);
  if (x.size() == values.size()) {
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    chart.log_x = *low > 0 && *high >= 20 * *low;
    return x;
  }
  x.clear();
  for (std::size_t i = 0; i < values.size(); ++i) x.push_back(double(i + 1));
  chart.x_names = values;
  return x;
}

Chart varied_chart(const Comparison& c, std::size_t which) {
  Chart chart{c.what, c.varied[which], fmt::format("{} (nats per test example)", c.quantity())};
  std::vector<std::string> values;
  for (const SettingResult& r : c.results)
    if (!r.values[which].empty() &&
        std::find(values.begin(), values.end(), r.values[which]) == values.end())
      values.push_back(r.values[which]);
  std::sort(values.begin(), values.end(), natural_less);
  const std::vector<double> x = place_values(values, chart);
  std::map<std::string, std::map<std::string, const SettingResult*>> lines;  // others, value
  for (const SettingResult& r : c.results) {
    if (r.values[which].empty()) continue;
    std::string others;
    for (std::size_t i = 0; i < c.varied.size(); ++i)
      if (i != which && !r.values[i].empty())
        others += fmt::format("{}{}={}", others.empty() ? "" : " ", c.varied[i], r.values[i]);
    lines[others][r.values[which]] = &r;
  }
  for (const auto& [others, line] : lines) {
    Series s{.title = others};
    if (!chart.x_names.empty()) s.mark = Mark::points;  // nothing lies between two names
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto found = line.find(values[i]);
      if (found == line.end()) continue;
      const Spread& at = c.of(*found->second);
      const double deviation = at.count > 1 ? at.deviation : 0;
      s.x.push_back(x[i]), s.y.push_back(at.mean);
      s.low.push_back(at.mean - deviation), s.high.push_back(at.mean + deviation);
    }
    chart.series.push_back(std::move(s));
  }
  return chart;
}

// Means of both over the seeds, with the deviation of the distortion; nothing where a run lacks one.
std::optional<Series> rate_distortion_of(const SettingResult& result) {
  std::vector<double> rates, distortions;
  for (const FinishedRun& run : result.runs)
    rates.push_back(run.kl), distortions.push_back(-run.log_likelihood);
  const Spread rate = spread(rates), distortion = spread(distortions);
  if (!std::isfinite(rate.mean) || !std::isfinite(distortion.mean)) return {};
  Series s{.title = result.name, .x = {rate.mean}, .y = {distortion.mean}, .mark = Mark::points};
  if (distortion.count > 1)
    s.low = {distortion.mean - distortion.deviation},
    s.high = {distortion.mean + distortion.deviation};
  return s;
}

std::optional<Chart> plane_of(const Comparison& c) {
  Chart chart{c.what, "rate KL(q(z|x) || p(z)) (nats)", "distortion -log p(x|z) (nats)"};
  double least = 0, most = 0, best = INFINITY;
  for (const SettingResult& r : c.results)
    if (auto s = rate_distortion_of(r)) {
      s->colour = int(chart.series.size() % 32);
      least = chart.series.empty() ? s->x[0] : std::min(least, s->x[0]);
      most = std::max(most, s->x[0]), best = std::min(best, s->x[0] + s->y[0]);
      chart.series.push_back(std::move(*s));
    }
  if (chart.series.size() < 2) return {};
  chart.series.push_back({.title = "the best ELBO",
                          .x = {least, most},
                          .y = {best - least, best - most},
                          .mark = Mark::dashes,
                          .colour = 7});
  return chart;
}

// Those with points; nothing where none has, as of autoencoders, which have no ELBO.
std::optional<bool> draw_charts(std::vector<Chart> charts, const std::filesystem::path& path) {
  for (Chart& c : charts) std::erase_if(c.series, [](const Series& s) { return !has_points(s); });
  std::erase_if(charts, [](const Chart& c) { return c.series.empty(); });
  if (charts.empty()) return {};
  return charts.size() == 1 ? draw(charts[0], path) : draw(charts, path);
}

}  // namespace

std::optional<bool> draw_comparison_curves(std::span<const Comparison> comparisons,
                                           const std::filesystem::path& path) {
  std::vector<Chart> charts;
  for (const Comparison& c : comparisons) {
    Chart chart{c.what, "epoch", "validation ELBO (nats per example), ± sd over seeds"};
    for (const SettingResult& r : c.results)
      chart.series.push_back(curve_of(r, int(chart.series.size() % 16)));
    chart.y_range = settled(chart.series);
    charts.push_back(std::move(chart));
  }
  return draw_charts(std::move(charts), path);
}

std::optional<bool> draw_rate_distortion(std::span<const Comparison> comparisons,
                                         const std::filesystem::path& path) {
  std::vector<Chart> charts;
  for (const Comparison& c : comparisons)
    if (auto chart = plane_of(c)) charts.push_back(std::move(*chart));
  return draw_charts(std::move(charts), path);
}

std::optional<bool> draw_varied(std::span<const Comparison> comparisons, const std::string& name,
                                const std::filesystem::path& path) {
  std::vector<Chart> charts;
  for (const Comparison& c : comparisons) {
    const auto found = std::find(c.varied.begin(), c.varied.end(), name);
    if (found != c.varied.end())
      charts.push_back(varied_chart(c, std::size_t(found - c.varied.begin())));
  }
  return draw_charts(std::move(charts), path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
