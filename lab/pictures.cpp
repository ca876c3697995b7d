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

// E[x|z] as 0..1
Var shown_mean(const Model& model, const ChosenLikelihood& p) {
  return model.decoder.head.row->values == Values::grey ? Var((1 / 255.0) * p.mean()) : p.mean();
}

}  // namespace

bool draw_samples(const Model& model, std::size_t count, std::uint64_t seed,
                  const std::filesystem::path& path) {
  Tape tape;
  Stream noise(seed, Purpose::prior);
  ImageGrid grid = grid_for(model, "Samples: E[x|z] with z from the prior");
  Var condition;
  if (model.conditions) {  // a row for each class
    grid.title = "Samples: E[x|z, y] with z from the prior, one class y a row";
    count = 10 * std::size_t(model.conditions);
    condition = tape.constant(Shape{Index(count), model.conditions});
    for (Index i = 0; i < Index(count); ++i)
      for (Index j = 0; j < model.conditions; ++j) condition.val()(i, j) = Real(i / 10 == j);
    for (Index j = 0; j < model.conditions; ++j) grid.row_labels.push_back(std::to_string(j));
  }
  const AnyVae vae = model.given(condition);
  const Shape shape{Index(count), model.latent};
  const Var z = vae.prior.given ? vae.prior.given->sample(noise)
                                : StandardNormal{}.sample(tape, shape, noise);
  append_images(grid, shown_mean(model, vae.decode(z)).val());
  return draw(grid, path);
}

bool draw_reconstructions(const Model& model, const Examples& examples, const Settings& settings,
                          const std::filesystem::path& path) {
  constexpr std::size_t columns = 10, groups = 3;
  std::size_t count = std::min(examples.count(), columns * groups);
  if (count > columns) count = count / columns * columns;
  std::vector<std::uint32_t> rows;  // spread evenly: test sets are often sorted
  for (std::size_t i = 0; i < count; ++i)
    rows.push_back(examples.rows[i * examples.count() / count]);

  Tape tape;
  const std::uint32_t draw_number = fixed_draw(examples.split);
  const Batch batch = make_batch(tape, model, examples, rows, settings, draw_number);
  Stream noise(settings.seed, Purpose::evaluate, draw_number, rows);
  const AnyVae vae = model.given(batch.condition);
  const auto q = vae.encode(batch.x);
  const Var y = shown_mean(model, vae.decode(model.deterministic ? q.mean : q.sample(noise)));
  const Var pixels = tape.constant(batch.x.shape());
  fill(pixels.val(), *examples.file, rows, Binarize::none, 0, 0);

  ImageGrid grid =
      grid_for(model, model.deterministic ? "Reconstructions of test images"
                                          : "Reconstructions E[x|z] with z from q(z|x)");
  grid.columns = int(std::min(count, columns));
  std::vector<Var> shown = {pixels, y};
  std::vector<std::string> labels = {"image", model.deterministic ? "decoded" : "E[x|z]"};
  if (settings.binarize.value_or(Binarize::none) != Binarize::none) {
    shown = {pixels, batch.x, y};
    labels = {"image", "x, 0 or 1", labels[1]};
  }
  grid.rows_per_group = int(shown.size());
  for (std::size_t first = 0; first + std::size_t(grid.columns) <= count; first += columns)
    for (std::size_t k = 0; k < shown.size(); ++k) {
      grid.row_labels.push_back(labels[k]);
      append_images(grid,
                    {shown[k].val().row(Index(first)), Index(grid.columns), model.dimensions()});
    }
  return draw(grid, path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
