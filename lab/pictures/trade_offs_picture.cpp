#include <algorithm>
#include <cmath>

#include <vaegrad/lab/pictures/comparison_pictures.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Distortions that lie far apart, as where a code has collapsed, are shown by their logarithm.
bool far_apart(std::span<const ScoredSetting> settings) {
  double least = INFINITY, most = -INFINITY;
  for (const ScoredSetting& s : settings)
    if (std::isfinite(s.distortion.mean))
      least = std::min(least, s.distortion.mean), most = std::max(most, s.distortion.mean);
  return least > 0 && most > 3 * least;
}

Series front_of(std::span<const ScoredSetting> settings, std::size_t score) {
  std::vector<Outcome> outcomes;
  for (const ScoredSetting& s : settings)
    outcomes.push_back({s.distortion.mean, s.scores[score].mean});
  Series front{.mark = Mark::dashes, .colour = 7};
  for (const std::size_t i : pareto_front(outcomes)) {
    if (!front.x.empty())  // what the one before has is had up to here
      front.x.push_back(outcomes[i].cost), front.y.push_back(front.y.back());
    front.x.push_back(outcomes[i].cost), front.y.push_back(outcomes[i].worth);
  }
  return front;
}

Chart panel_of(std::span<const ScoredSetting> settings, std::span<const std::string> families,
               const std::string& name, std::size_t score) {
  Chart chart{.y_label = name, .series = {front_of(settings, score)}};
  chart.log_x = far_apart(settings);
  for (std::size_t f = 0; f < families.size(); ++f) {
    Series s{.title = families[f], .mark = Mark::points, .colour = int(f < 7 ? f : f + 1) % 16};
    for (const ScoredSetting& one : settings) {
      const Spread& of = one.scores[score];
      if (one.family != families[f] || !std::isfinite(of.mean)) continue;
      const double deviation = of.count > 1 ? of.deviation : 0;
      s.x.push_back(one.distortion.mean), s.y.push_back(of.mean);
      s.low.push_back(of.mean - deviation), s.high.push_back(of.mean + deviation);
    }
    chart.series.push_back(std::move(s));
  }
  return chart;
}

}  // namespace

bool draw_trade_offs(std::span<const ScoredSetting> settings,
                     std::span<const std::string> score_names, const std::filesystem::path& path) {
  std::vector<std::string> families;
  for (const ScoredSetting& s : settings)
    if (std::find(families.begin(), families.end(), s.family) == families.end())
      families.push_back(s.family);
  constexpr std::size_t down = 2;  // panels in a column, of an even number of scores
  std::vector<std::vector<Chart>> columns((score_names.size() + down - 1) / down);
  for (std::size_t k = 0; k < score_names.size(); ++k)
    columns[k / down].push_back(panel_of(settings, families, score_names[k], k));
  for (auto& column : columns) column.back().x_label = "distortion -log p(x|z) (nats)";
  return draw_columns(columns, path, 400, 330 * down);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
