// Pictures of the code: where examples lie in it, and what lies everywhere in a plane of it.
#include <fmt/format.h>

#include <array>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

bool draw_scatter(const Model& model, const Examples& examples, const Settings& settings,
                  const std::filesystem::path& path) {
  check<UsageError>(model.latent >= 2, "scatter: the code has ", model.latent, " dimension", hint,
                    "train with --latent 2 or more");
  const auto ranked = rank_latents(model, examples, settings);
  std::array axes{ranked[0], ranked[1]};
  if (model.latent == 2 && axes[0].latent > axes[1].latent) std::swap(axes[0], axes[1]);

  Tape tape;
  const auto rows = spread(examples, 2000);
  const Codes codes = codes_of(tape, model, examples, settings, rows);
  const auto& labels = examples.file->labels;
  Chart chart;
  chart.title = fmt::format("{} {} examples in the ", rows.size(), split_name(examples.split)) +
                (model.latent > 2 ? fmt::format("2 most active of {} latents", model.latent)
                                  : "plane of the code");
  const auto axis = [](const RankedLatent& l) {
    return std::isnan(l.kl) ? fmt::format("z{}", l.latent)
                            : fmt::format("z{}  (KL {:.2f} nats)", l.latent, l.kl);
  };
  chart.x_label = axis(axes[0]), chart.y_label = axis(axes[1]);
  chart.square = true;
  std::size_t classes = 1;
  for (const auto row : rows)
    if (!labels.empty()) classes = std::max(classes, labels[row] + std::size_t{1});
  chart.series.resize(classes);
  for (std::size_t c = 0; c < classes; ++c) {
    chart.series[c].mark = Mark::points;
    chart.series[c].colour = int(c % 16);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Series& s = chart.series[labels.empty() ? 0 : labels[rows[i]]];
    s.x.push_back(double(codes.z.val()(Index(i), axes[0].latent)));
    s.y.push_back(double(codes.z.val()(Index(i), axes[1].latent)));
  }
  constexpr std::size_t named = 32;  // more names than that hide the points
  for (std::size_t c = 0; c < classes && classes <= named; ++c)  // one without points stays out
    if (!labels.empty() && !chart.series[c].x.empty())
      chart.series[c].title = (c ? "" : "class ") + std::to_string(c);
  return draw(chart, path);
}

bool draw_manifold(const Model& model, std::optional<Index> of_class,
                   const std::filesystem::path& path) {
  check<UsageError>(model.latent == 2 && !is_table(model) && model.given_pixels.empty(),
                    "manifold: the code has ", model.latent, " dimensions and x is ", model.image,
                    hint, "train with --latent 2 on images");
  const Index n = model.image.width > 32 || model.image.height > 32 ? 12 : 20;
  const boost::math::normal prior;
  const auto quantile = [&](Index i) {
    return boost::math::quantile(prior, (double(i) + 0.5) / double(n));
  };
  Tape tape;
  const Var z = tape.constant(Shape{n * n, 2});
  ImageGrid grid;
  grid.title = "E[x|z] at quantiles of the prior: z0 to the right, z1 upwards";
  if (model.conditions) grid.title += fmt::format("; class {}", of_class.value_or(0));
  grid.of(model.image), grid.columns = int(n);
  for (Index i = 0; i < n; ++i) {
    const double up = quantile(n - 1 - i);
    grid.row_labels.push_back(fmt::format("{:.1f}", up));
    grid.column_labels.push_back(fmt::format("{:.1f}", quantile(i)));
    for (Index j = 0; j < n; ++j)
      z.val()(i * n + j, 0) = Real(quantile(j)), z.val()(i * n + j, 1) = Real(up);
  }
  const Var condition =
      one_hot(tape, model, std::vector<Index>(std::size_t(n * n), of_class.value_or(0)));
  const Var x = shown(model, model.decode(z, condition));
  grid.pixels = grey(std::span<const Real>(x.val().data, std::size_t(x.val().size())));
  return draw(grid, path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
