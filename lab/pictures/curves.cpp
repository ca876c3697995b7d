// The curves of a training.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/pictures/plot_range.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The smallest and largest value from the first epochs on; of a long run the first 2 % do not
// count: they may leave the panel, else everything after them would be a flat line.
std::optional<std::pair<double, double>> settled(const std::vector<double>& a,
                                                 const std::vector<double>& b) {
  Range range;
  for (const auto* values : {&a, &b}) {
    const std::size_t n = values->size();
    for (std::size_t i = n > 100 ? n / 50 : 0; i < n; ++i) range.include((*values)[i]);
  }
  if (range.low > range.high) return {};
  range = range.padded(0.05, false);
  return std::pair{range.low, range.high};
}

Series curve(const std::string& title, const std::vector<double>& epoch, std::vector<double> values,
             int colour) {
  const bool any =
      std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  if (!any) return {"", {}, {}, Mark::automatic, colour};
  return {title, epoch, std::move(values), Mark::automatic, colour};
}

// A bar for each latent, those of a layer side by side.
Chart kl_bars(const Curves& curves) {
  Chart chart{"KL of each latent, test examples", "latents, largest KL first", "nats"};
  const auto& kl = curves.kl_per_latent;
  const bool several = curves.layers.size() > 1;
  if (several) chart.title = "KL of each latent, by layer, test examples";
  std::size_t first = 0;
  for (std::size_t l = 0; l < (several ? curves.layers.size() : 1); ++l) {
    const std::size_t n = several ? std::size_t(curves.layers[l]) : kl.size();
    const auto from = kl.begin() + std::ptrdiff_t(first);
    Series bars{"", {}, {from, from + std::ptrdiff_t(n)}, Mark::bars, int(l)};
    if (several)
      bars.title = fmt::format("z{}: {:.1f} nats", l + 1,
                               std::accumulate(bars.y.begin(), bars.y.end(), 0.0));
    std::sort(bars.y.begin(), bars.y.end(), std::greater<>());
    for (std::size_t i = 0; i < n; ++i) bars.x.push_back(double(first + i + 1));
    first += n;
    chart.series.push_back(std::move(bars));
  }
  return chart;
}

}  // namespace

bool draw(const Curves& curves, const std::filesystem::path& path) {
  const auto negative = [](std::vector<double> values) {
    for (double& v : values) v = -v;
    return values;
  };
  const auto chart = [&](const std::string& title, bool named, const std::vector<double>& train,
                         const std::vector<double>& valid) {
    return Chart{title,
                 "epoch",
                 "nats",
                 {curve(named ? "training" : "", curves.epoch, train, 0),
                  curve(named ? "validation" : "", curves.epoch, valid, 1)},
                 {},
                 {},
                 settled(train, valid)};
  };
  const auto any = [](const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  };
  const Chart rate = chart("Rate  KL(q(z|x) ‖ p(z))", false, curves.train_kl, curves.valid_kl);
  if (!any(curves.train_elbo) && !any(curves.train_log_likelihood)) {
    const Chart objective =
        chart("Objective, per example", true, curves.train_objective, curves.valid_objective);
    return any(curves.train_kl) ? draw({objective, rate}, path) : draw(objective, path);
  }
  if (!any(curves.train_elbo))
    return draw(chart("Reconstruction log p(x|z), per example", true, curves.train_log_likelihood,
                      curves.valid_log_likelihood),
                path);
  const Chart elbo = chart("ELBO, per example", true, curves.train_elbo, curves.valid_elbo);
  const Chart distortion =
      chart("Distortion  −log p(x|z)", false, negative(curves.train_log_likelihood),
            negative(curves.valid_log_likelihood));
  if (curves.kl_per_latent.empty())
    return draw_columns({{elbo}, {distortion, rate}}, path, 480, 600);
  return draw_columns({{elbo, kl_bars(curves)}, {distortion, rate}}, path, 480, 600);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
