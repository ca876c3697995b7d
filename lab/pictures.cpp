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

}  // namespace

bool draw_samples(const Model& model, std::size_t count, std::uint64_t seed,
                  const std::filesystem::path& path) {
  Tape tape;
  Stream noise(seed, Purpose::prior);
  const Index latent = model.vae.encode.mean.bias.shape.cols;
  const Var z = model.vae.prior.sample(tape, {Index(count), latent}, noise);
  ImageGrid grid = grid_for(model, "Samples: E[x|z] with z from the prior");
  append_images(grid, model.vae.decode(z).mean().val());
  return draw(grid, path);
}

bool draw_reconstructions(const Model& model, const Examples& examples, const Settings& settings,
                          const std::filesystem::path& path) {
  constexpr std::size_t columns = 10, groups = 3;
  const std::size_t count = std::min(examples.count(), columns * groups);
  std::vector<std::uint32_t> rows;  // spread evenly: test sets are often sorted
  for (std::size_t i = 0; i < count; ++i)
    rows.push_back(examples.rows[i * examples.count() / count]);

  Tape tape;
  const Var x = tape.constant(Shape{Index(count), model.dimensions()});
  fill_batch(x.val(), examples, rows, settings, fixed_draw(examples.split));
  Stream noise(settings.seed, Purpose::evaluate, fixed_draw(examples.split), rows);
  const Var y = model.vae.decode(model.vae.encode(x).sample(noise)).mean();

  ImageGrid grid = grid_for(model, "Reconstructions E[x|z] with z from q(z|x)");
  grid.columns = int(std::min(count, columns));
  std::vector<Var> shown = {x, y};
  std::vector<std::string> labels = {"image", "E[x|z]"};
  if (settings.binarize.value_or(Binarize::none) != Binarize::none) {  // what the model never saw
    const Var pixels = tape.constant(x.shape());
    fill(pixels.val(), *examples.file, rows, Binarize::none, 0, 0);
    shown.insert(shown.begin(), pixels);
    labels = {"image", "x, 0 or 1", "E[x|z]"};
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
