#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Rows: an image, the part that is given, the baseline's completion, and completions E[x|z, y] with
// z ~ p(z|y).
bool draw_completions(const Model& model, const Settings& settings, const Sampling& s,
                      const std::filesystem::path& path) {
  check<UsageError>(s.completed, "the model completes images: it needs some", hint,
                    "vaegrad sample draws completions of test images");
  constexpr Index columns = 10, drawn = columns - 3;
  const Index n = std::min<Index>(10, Index(s.completed->count()));
  const auto rows = spread(*s.completed, std::size_t(n));
  Tape tape;
  const std::uint32_t number = fixed_draw(s.completed->split);
  const Batch batch = make_batch(tape, model, *s.completed, rows, settings, number);
  Stream noise(s.seed, Purpose::prior, 0, rows, std::uint32_t(drawn));
  const Var z = model.sample_prior(tape, batch.condition, n, noise, drawn);
  const Var samples =
      shown_mean(model, model.decode(s.temperature * z, batch.condition), batch.condition);
  const Index given = Index(model.given_pixels.size());
  const Var nothing = tape.constant(Shape{n, model.dimensions()});
  std::fill(nothing.val().begin(), nothing.val().end(), Real(0.5));
  const Var guess = vaegrad::columns(batch.condition, given, model.dimensions());
  unstandardise(model, guess.val(), model.modelled);
  const Var left[] = {whole(model, shown(model, batch.x), batch.condition),
                      whole(model, nothing, batch.condition), whole(model, guess, batch.condition)};
  ImageGrid grid = grid_for(model, "Completions E[x|z, y] of the part y that is given");
  grid.columns = int(columns);
  grid.column_labels = {"image", "given", "baseline"};
  for (Index k = 1; k <= drawn; ++k) grid.column_labels.push_back(concat("z ", k));
  for (Index i = 0; i < n; ++i) {
    for (const Var& each : left) append_images(grid, {each.val().row(i), 1, each.shape().cols});
    append_images(grid, {samples.val().row(i * drawn), drawn, samples.shape().cols});
  }
  return draw(grid, path);
}

}  // namespace

bool draw_samples(const Model& model, const Settings& settings, const Sampling& s,
                  const std::filesystem::path& path) {
  if (model.baseline) return draw_completions(model, settings, s, path);
  if (s.of_class) model.check_class(*s.of_class);
  check<UsageError>(!s.aggregate || !s.of_class, "--class: the aggregate posterior brings its own",
                    hint, "leave --class out");
  Tape tape;
  Stream noise(s.seed, Purpose::prior);
  ImageGrid grid = grid_for(model, concat("Samples: E[x|z] with z from ", s.prior));
  std::size_t count = s.count;
  const bool each_class = model.conditions && !s.of_class && !s.aggregate;
  if (each_class) {
    grid.title = "Samples: E[x|z, y], one class y a row";
    count = 10 * model.trained_classes.size();
  }
  std::vector<Index> labels(count, s.of_class.value_or(0));
  if (each_class)
    for (std::size_t i = 0; i < count; ++i) {
      labels[i] = model.class_in_turn(i / 10);
      if (i % 10 == 0) grid.row_labels.push_back(class_name(s.class_names, labels[i]));
    }
  Var condition = one_hot(tape, model, labels), z;
  if (s.aggregate) {
    grid.title = "Samples: E[x|z] with z from the aggregate posterior";
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < count; ++i)
      rows.push_back(s.aggregate->rows[noise.below(s.aggregate->count())]);
    const Batch batch = make_batch(tape, model, *s.aggregate, rows, settings, 0);
    condition = batch.condition;
    z = model.draw(batch, noise).z;
  } else {
    z = model.sample_prior(tape, condition, Index(count), noise);
  }
  append_images(grid, shown(model, model.decode(s.temperature * z, condition)).val());
  return draw(grid, path);
}

namespace {

struct Way {  // from the first half of rows to the second
  std::vector<std::uint32_t> rows;
  OwnedMatrix images;  // (pairs x steps, pixels)
};
Way way_between(const Model& model, const Examples& examples, const Settings& settings,
                bool spherical, Index columns, Index pairs, bool in_turn) {
  check(pairs >= 1, "interpolate: it needs two images, but there are ", examples.count(), hint,
        "give more, or --split train");
  Tape tape;
  Way way;
  way.rows = spread(examples, std::size_t(2 * pairs));
  if (in_turn)  // 0, 1, 2, 3: from 0 to 1 and from 2 to 3
    for (Index p = 0; p < pairs; ++p)
      way.rows[std::size_t(p)] = examples.rows[std::size_t(2 * p)],
      way.rows[std::size_t(p + pairs)] = examples.rows[std::size_t(2 * p + 1)];
  const Codes code = codes_of(tape, model, examples, settings, way.rows);
  const Var z = tape.constant(Shape{pairs * columns, model.latent});
  Var condition;
  if (model.conditions) condition = tape.constant(Shape{pairs * columns, model.conditions});
  for (Index p = 0; p < pairs; ++p) {
    const Real *a = code.z.val().row(p), *b = code.z.val().row(p + pairs);
    double aa = 0, bb = 0, ab = 0;
    for (Index j = 0; j < model.latent; ++j)
      aa += double(a[j] * a[j]), bb += double(b[j] * b[j]), ab += double(a[j] * b[j]);
    const double angle = std::acos(std::clamp(ab / std::sqrt(aa * bb + 1e-30), -1.0, 1.0));
    for (Index k = 0; k < columns; ++k) {
      const double t = double(k) / double(columns - 1);
      const bool curved = spherical && angle > 1e-6;
      const double u = curved ? std::sin((1 - t) * angle) / std::sin(angle) : 1 - t;
      const double v = curved ? std::sin(t * angle) / std::sin(angle) : t;
      for (Index j = 0; j < model.latent; ++j)
        z.val()(p * columns + k, j) = Real(u * double(a[j]) + v * double(b[j]));
      for (Index j = 0; j < model.conditions; ++j)
        condition.val()(p * columns + k, j) = code.condition.val()(t < 0.5 ? p : p + pairs, j);
    }
  }
  const Matrix between = shown_mean(model, model.decode(z, condition), condition).val();
  way.images = OwnedMatrix(between.rows, between.cols);
  std::copy(between.begin(), between.end(), way.images.view().row(0));
  return way;
}
// Rows that were chosen one by one are in the order of their choice, and a file's are not.
bool chosen(const Examples& examples) {
  return !std::is_sorted(examples.rows.begin(), examples.rows.end()) || examples.count() <= 16;
}

}  // namespace

OwnedMatrix interpolated(const Model& model, const Examples& examples, const Settings& settings,
                         bool spherical, Index steps) {
  const Index pairs = Index(examples.count() / 2);
  OwnedMatrix to = way_between(model, examples, settings, spherical, steps, pairs, true).images;
  return to;
}

bool draw_interpolation(const Model& model, const Examples& examples, const Settings& settings,
                        bool spherical, const std::filesystem::path& path, Index columns) {
  check_images(model);
  const Index pairs = std::min<Index>(8, Index(examples.count() / 2));
  const auto [rows, images] =
      way_between(model, examples, settings, spherical, columns, pairs, chosen(examples));
  Tape tape;
  ImageGrid grid =
      grid_for(model, concat("Interpolation of codes along ", spherical ? "great circles" : "lines",
                             ", between ", split_name(examples.split), " images"));
  grid.columns = int(columns) + 2;
  grid.column_labels.push_back("image");
  for (Index k = 0; k < columns; ++k)
    grid.column_labels.push_back(fmt::format("{:.1f}", double(k) / double(columns - 1)));
  grid.column_labels.push_back("image");
  const ConstMatrix between = images.view();
  const Var ends = tape.constant(Shape{2 * pairs, model.image.size()});
  fill(ends.val(), *examples.file, rows, Binarize::none, 0, 0);
  for (Index p = 0; p < pairs; ++p) {
    append_images(grid, {ends.val().row(p), 1, ends.shape().cols});
    append_images(grid, {between.row(p * columns), columns, between.cols});
    append_images(grid, {ends.val().row(p + pairs), 1, ends.shape().cols});
  }
  return draw(grid, path);
}

bool draw_reconstructions(const Model& model, const Examples& examples, const Settings& settings,
                          const std::filesystem::path& path) {
  constexpr std::size_t columns = 10, groups = 3;
  std::size_t count = std::min(examples.count(), columns * groups);
  if (count > columns) count = count / columns * columns;
  const auto rows = spread(examples, count);

  Tape tape;
  const std::uint32_t draw_number = fixed_draw(examples.split);
  const Batch batch = make_batch(tape, model, examples, rows, settings, draw_number);
  Stream noise(settings.seed, Purpose::evaluate, draw_number, rows);
  const Var z = model.draw(batch, noise).z;
  const Var y = shown_mean(model, model.decode(z, batch.condition), batch.condition);
  const Var pixels = tape.constant(Shape{batch.x.shape().rows, model.image.size()});
  fill(pixels.val(), *examples.file, rows, Binarize::none, 0, 0);

  ImageGrid grid =
      grid_for(model, concat("Reconstructions of ", split_name(examples.split), " images",
                             model.deterministic ? "" : ": E[x|z] with z from q(z|x)"));
  grid.columns = int(std::min(count, columns));
  std::vector<Var> shown = {pixels, y};
  std::vector<std::string> labels = {"image", model.deterministic ? "decoded" : "E[x|z]"};
  if (settings.binarize.value_or(Binarize::none) != Binarize::none) {
    shown = {pixels, whole(model, vaegrad::shown(model, batch.x), batch.condition), y};
    labels = {"image", "x, 0 or 1", labels[1]};
  }
  grid.rows_per_group = int(shown.size());
  for (std::size_t first = 0; first + std::size_t(grid.columns) <= count; first += columns)
    for (std::size_t k = 0; k < shown.size(); ++k) {
      grid.row_labels.push_back(labels[k]);
      append_images(grid,
                    {shown[k].val().row(Index(first)), Index(grid.columns), pixels.shape().cols});
    }
  return draw(grid, path);
}

void draw_run(const Model& model, const DataSet& data, const Settings& settings,
              const Curves& curves, const std::filesystem::path& folder) {
  const Sampling sampling{
      .seed = settings.seed, .completed = &data.test, .class_names = data.train.file->label_names};
  const bool table = is_table(model);
  draw(curves, folder / "curves.png");
  if (table)
    draw_table_reconstructions(model, data.test, settings, folder / "reconstructions.png");
  else
    draw_reconstructions(model, data.test, settings, folder / "reconstructions.png");
  if (!model.deterministic && table)
    draw_table_samples(model, &data.test, settings, sampling, folder / "samples.png");
  else if (!model.deterministic)
    draw_samples(model, settings, sampling, folder / "samples.png");
  if (model.latent >= 2) draw_scatter(model, data.test, settings, folder / "scatter.png");
  if (model.latent == 2 && !model.hierarchical() && !table && !model.deterministic &&
      model.given_pixels.empty() && model.standard_normal)
    draw_manifold(model, {}, folder / "manifold.png");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
