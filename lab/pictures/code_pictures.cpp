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
  const auto axis = [&](const RankedLatent& l) {
    const std::string name = name_of(model, l.latent);
    return std::isnan(l.kl) ? name : fmt::format("{}  (KL {:.2f} nats)", name, l.kl);
  };
  chart.x_label = axis(axes[0]), chart.y_label = axis(axes[1]);
  chart.square = !model.hierarchical();  // layers have scales of their own
  const std::vector<std::string>& names = examples.file->label_names;
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
      chart.series[c].title = (c || !names.empty() ? "" : "class ") + class_name(names, Index(c));
  return draw(chart, path);
}

bool draw_traversal(const Model& model, const Examples* examples, const Settings& settings,
                    const std::filesystem::path& path, std::span<const double> kl, Index of_class) {
  check_images(model);
  constexpr Index columns = 11;
  const Index shown = std::min<Index>(model.latent, 12);
  Tape tape;
  Codes code;
  std::vector<RankedLatent> ranked;
  if (examples) {
    code = codes_of(tape, model, *examples, settings, spread(*examples, 1));
    ranked = rank_latents(model, *examples, settings);
  } else {
    code = {tape.constant(Shape{1, model.latent}), one_hot(tape, model, {of_class})};
    std::fill(code.z.val().begin(), code.z.val().end(), Real(model.posterior->sphere));
    if (model.hierarchical())
      code.z = model.inference->descend(code.z, model.inference->layers().size() - 1);
    ranked = rank_latents(model, kl);
  }

  // On the unit sphere the others make way
  const bool sphere = model.posterior->sphere;
  const double reach = sphere ? 1 : 3;
  const auto value = [&](Index k) { return reach * (2 * double(k) / double(columns - 1) - 1); };
  ImageGrid grid = grid_for(
      model, fmt::format("Traversals: E[x|z] as one latent goes from −{0} to {0}{1}", reach,
                         sphere                 ? " on the unit sphere"
                         : model.hierarchical() ? ", of lower layers around their mean"
                                                : ""));
  grid.columns = int(columns);
  for (Index k = 0; k < columns; ++k) grid.column_labels.push_back(fmt::format("{:.1f}", value(k)));
  const Var z = tape.constant(Shape{shown * columns, model.latent});
  for (Index i = 0; i < shown; ++i) {
    const Index latent = ranked[std::size_t(i)].latent;
    const double kl = ranked[std::size_t(i)].kl;
    grid.row_labels.push_back(name_of(model, latent) +
                              (std::isnan(kl) ? "" : fmt::format(", {:.2f} nats", kl)));
    const std::size_t layer = place_of(model, latent).layer;
    const bool top = !model.hierarchical() || layer + 1 == model.inference->layers().size();
    const double around = top ? 0 : double(code.z.val()(0, latent));
    for (Index k = 0; k < columns; ++k) {
      std::copy_n(code.z.val().data, model.latent, z.val().row(i * columns + k));
      Real* row = z.val().row(i * columns + k);
      row[latent] = Real(around + value(k));
      if (sphere) make_way({row, std::size_t(model.latent)}, latent);
    }
    if (layer) {  // the layers below follow
      const Index size = columns * model.latent;
      Real* rows = z.val().row(i * columns);
      const Var of_latent = tape.constant(ConstMatrix{rows, columns, model.latent});
      const Var moved = model.inference->descend(of_latent, layer);
      std::copy_n(moved.val().data, size, rows);
    }
  }
  append_images(grid, shown_mean(model, model.decode(z, code.condition), code.condition).val());
  return draw(grid, path);
}

bool draw_manifold(const Model& model, std::optional<Index> of_class,
                   const std::filesystem::path& path) {
  check<UsageError>(model.latent == 2 && !is_table(model) && model.given_pixels.empty(),
                    "manifold: the code has ", model.latent, " dimensions and x is ", model.image,
                    hint, "train with --latent 2 on images");
  check<UsageError>(!model.hierarchical(), "manifold: a code of two layers is no plane", hint,
                    "train with --latent 2");
  const Index n = model.image.width > 32 || model.image.height > 32 ? 12 : 20;
  const boost::math::normal prior;
  const auto quantile = [&](Index i) {
    return boost::math::quantile(prior, (double(i) + 0.5) / double(n));
  };
  Tape tape;
  const Var z = tape.constant(Shape{n * n, 2});
  ImageGrid grid;
  grid.title = "E[x|z] at quantiles of the prior: z0 to the right, z1 upwards";
  if (of_class) model.check_class(*of_class);
  const Index y = of_class ? *of_class : model.classes() ? model.class_in_turn(0) : 0;
  if (model.conditions) grid.title += fmt::format("; class {}", y);
  grid.of(model.image), grid.columns = int(n);
  for (Index i = 0; i < n; ++i) {
    const double up = quantile(n - 1 - i);
    grid.row_labels.push_back(fmt::format("{:.1f}", up));
    grid.column_labels.push_back(fmt::format("{:.1f}", quantile(i)));
    for (Index j = 0; j < n; ++j)
      z.val()(i * n + j, 0) = Real(quantile(j)), z.val()(i * n + j, 1) = Real(up);
  }
  const Var condition = one_hot(tape, model, std::vector<Index>(std::size_t(n * n), y));
  const Var x = shown(model, model.decode(z, condition));
  grid.pixels = grey(std::span<const Real>(x.val().data, std::size_t(x.val().size())));
  return draw(grid, path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
