#include <algorithm>
#include <cmath>

#include <vaegrad/lab/pictures.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

ImageGrid grid_for(const Model& model, std::string title) {
  ImageGrid grid;
  grid.title = std::move(title);
  grid.height = int(model.height);
  grid.width = int(model.width);
  return grid;
}
void append_images(ImageGrid& grid, ConstMatrix images) {
  const auto bytes = grey(std::span<const Real>(images.data, std::size_t(images.size())));
  grid.pixels.insert(grid.pixels.end(), bytes.begin(), bytes.end());
}

// The image that x, as 0..1, and the pixels that are given in y make together.
Var whole(const Model& model, Var x, Var condition) {
  if (model.given_pixels.empty()) return x;
  const Var image = x.tape().constant(Shape{x.shape().rows, model.height * model.width});
  const Index times = x.shape().rows / condition.shape().rows;
  for (Index i = 0; i < x.shape().rows; ++i) {
    for (std::size_t k = 0; k < model.modelled.size(); ++k)
      image.val()(i, model.modelled[k]) = x.val()(i, Index(k));
    for (std::size_t k = 0; k < model.given_pixels.size(); ++k)
      image.val()(i, model.given_pixels[k]) = condition.val()(i / times, Index(k));
  }
  return image;
}
Var shown_mean(const Model& model, const ChosenLikelihood& p, Var condition) {
  return whole(model, shown(model, p), condition);
}

// One-hot rows; empty where the model has no condition.
Var classes(Tape& tape, const Model& model, const std::vector<Index>& labels) {
  if (!model.classes()) return {};
  const Var y = tape.constant(Shape{Index(labels.size()), model.conditions});
  for (Index i = 0; i < y.shape().rows; ++i)
    for (Index j = 0; j < model.conditions; ++j) y.val()(i, j) = Real(labels[std::size_t(i)] == j);
  return y;
}

// n rows spread evenly over the examples: test sets are often sorted.
std::vector<std::uint32_t> spread(const Examples& examples, std::size_t n) {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < n; ++i) rows.push_back(examples.rows[i * examples.count() / n]);
  return rows;
}

// The posterior means of some examples, and their conditions.
struct Codes {
  Var z, condition;
};
Codes codes_of(Tape& tape, const Model& model, const Examples& examples, const Settings& settings,
               std::span<const std::uint32_t> rows) {
  check<UsageError>(model.encoder.has_value(), "a baseline has no code to change", hint,
                    "train with --model cvae");
  const Batch batch = make_batch(tape, model, examples, rows, settings, fixed_draw(examples.split));
  return {model.given(batch.condition).encode(batch.x).mean, batch.condition};
}

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
  const AnyVae vae = model.given(batch.condition);
  Stream noise(s.seed, Purpose::prior, 0, rows, std::uint32_t(drawn));
  const Shape shape{n * drawn, model.latent};
  const Var z = vae.prior.given ? vae.prior.given->sample(noise, drawn)
                                : StandardNormal{}.sample(tape, shape, noise);
  const Var samples = shown_mean(model, vae.decode(s.temperature * z), batch.condition);
  const Index given = Index(model.given_pixels.size());
  const Var nothing = tape.constant(Shape{n, model.dimensions()});
  std::fill(nothing.val().begin(), nothing.val().end(), Real(0.5));
  const bool grey = model.decoder.head.row->values == Values::grey;
  const Var x = grey ? Var((1 / 255.0) * batch.x) : batch.x;
  const Var left[] = {
      whole(model, x, batch.condition), whole(model, nothing, batch.condition),
      whole(model, vaegrad::columns(batch.condition, given, model.dimensions()), batch.condition)};
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
  check<UsageError>(!s.of_class || model.conditions, "--class: the model is not conditional", hint,
                    "train with --model cvae");
  check<UsageError>(!s.of_class || *s.of_class < model.conditions, "--class ",
                    s.of_class.value_or(0), ": there are classes 0 to ", model.conditions - 1, hint,
                    "--class 0");
  Tape tape;
  Stream noise(s.seed, Purpose::prior);
  ImageGrid grid = grid_for(model, "Samples: E[x|z] with z from the prior");
  std::size_t count = s.count;
  if (model.conditions && !s.of_class) {
    grid.title = "Samples: E[x|z, y], one class y a row";
    count = 10 * std::size_t(model.conditions);
  }
  std::vector<Index> labels(count, s.of_class.value_or(0));
  if (model.conditions && !s.of_class)
    for (std::size_t i = 0; i < count; ++i) {
      labels[i] = Index(i / 10);
      if (i % 10 == 0) grid.row_labels.push_back(std::to_string(labels[i]));
    }
  const Var condition = classes(tape, model, labels);
  const AnyVae vae = model.given(condition);
  const Shape shape{Index(count), model.latent};
  Var z;
  if (s.aggregate) {
    grid.title = "Samples: E[x|z] with z from the aggregate posterior";
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < count; ++i)
      rows.push_back(s.aggregate->rows[noise.below(s.aggregate->count())]);
    const Batch batch = make_batch(tape, model, *s.aggregate, rows, settings, 0);
    z = model.given(batch.condition).encode(batch.x).sample(noise);
  } else {
    z = vae.prior.given ? vae.prior.given->sample(noise)
                        : StandardNormal{}.sample(tape, shape, noise);
  }
  append_images(grid, shown(model, vae.decode(s.temperature * z)).val());
  return draw(grid, path);
}

bool draw_traversal(const Model& model, const Examples& examples, const Settings& settings,
                    const std::filesystem::path& path) {
  constexpr Index columns = 11;
  const Index shown = std::min<Index>(model.latent, 12);
  Tape tape;
  const auto rows = spread(examples, 1);
  const Codes code = codes_of(tape, model, examples, settings, rows);
  // Informative: the posterior is narrow there.
  Examples some = examples;
  some.rows = spread(examples, std::min<std::size_t>(examples.count(), 1000));
  const Evaluation e = evaluate(model, some, settings);
  std::vector<Index> order(std::size_t(model.latent));
  for (std::size_t j = 0; j < order.size(); ++j) order[j] = Index(j);
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    return e.kl_per_latent[std::size_t(a)] > e.kl_per_latent[std::size_t(b)];
  });

  ImageGrid grid = grid_for(model, "Traversals: one latent from -3 to 3, the others fixed");
  grid.columns = int(columns);
  const Var z = tape.constant(Shape{shown * columns, model.latent});
  for (Index i = 0; i < shown; ++i) {
    const std::size_t latent = std::size_t(order[std::size_t(i)]);
    std::string label = concat("z", latent, "  ");
    append(label, std::round(100 * e.kl_per_latent[latent]) / 100);
    grid.row_labels.push_back(label + " nats");
    for (Index k = 0; k < columns; ++k) {
      std::copy_n(code.z.val().data, model.latent, z.val().row(i * columns + k));
      z.val()(i * columns + k, Index(latent)) = Real(-3 + 6.0 * double(k) / double(columns - 1));
    }
  }
  append_images(grid,
                shown_mean(model, model.given(code.condition).decode(z), code.condition).val());
  return draw(grid, path);
}

bool draw_interpolation(const Model& model, const Examples& examples, const Settings& settings,
                        bool spherical, const std::filesystem::path& path) {
  constexpr Index columns = 11;
  const Index pairs = std::min<Index>(8, Index(examples.count() / 2));
  check(pairs >= 1, "interpolate: it needs two images, but there are ", examples.count(), hint,
        "--split train");
  Tape tape;
  const auto rows = spread(examples, std::size_t(2 * pairs));
  const Codes code = codes_of(tape, model, examples, settings, rows);
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
  ImageGrid grid = grid_for(model, spherical ? "Interpolation on great circles, between test images"
                                             : "Interpolation on lines, between test images");
  grid.columns = int(columns);
  append_images(grid, shown_mean(model, model.given(condition).decode(z), condition).val());
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
  const AnyVae vae = model.given(batch.condition);
  const auto q = vae.encode(batch.x);
  const Var y = shown_mean(model, vae.decode(model.deterministic ? q.mean : q.sample(noise)),
                           batch.condition);
  const Var pixels = tape.constant(Shape{batch.x.shape().rows, model.height * model.width});
  fill(pixels.val(), *examples.file, rows, Binarize::none, 0, 0);

  ImageGrid grid =
      grid_for(model, model.deterministic ? "Reconstructions of test images"
                                          : "Reconstructions E[x|z] with z from q(z|x)");
  grid.columns = int(std::min(count, columns));
  std::vector<Var> shown = {pixels, y};
  std::vector<std::string> labels = {"image", model.deterministic ? "decoded" : "E[x|z]"};
  if (settings.binarize.value_or(Binarize::none) != Binarize::none) {
    shown = {pixels, whole(model, batch.x, batch.condition), y};
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

}  // namespace vaegrad::inline VAEGRAD_ABI
