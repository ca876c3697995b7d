#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <vaegrad/lab/pictures/picture_parts.hpp>
#include <vaegrad/lab/run/evaluation.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var one_hot(Tape& tape, const Model& model, const std::vector<Index>& labels) {
  if (!model.classes()) return {};
  const Var y = tape.constant(Shape{Index(labels.size()), model.conditions});
  for (Index i = 0; i < y.shape().rows; ++i)
    for (Index j = 0; j < model.conditions; ++j) y.val()(i, j) = Real(labels[std::size_t(i)] == j);
  return y;
}

Codes codes_of(Tape& tape, const Model& model, const Examples& examples, const Settings& settings,
               std::span<const std::uint32_t> rows) {
  check<UsageError>(model.inference != nullptr, "a baseline has no code", hint,
                    "train with --model cvae");
  const Batch batch = make_batch(tape, model, examples, rows, settings, fixed_draw(examples.split));
  return {model.code(batch).mean, batch.condition};
}

std::vector<RankedLatent> rank_latents(const Model& model, const Examples& examples,
                                       const Settings& settings) {
  Examples some = examples;
  some.rows = spread(examples, 1000);
  std::vector<double> worth, kl;
  if (!model.deterministic) worth = kl = evaluate(model, some, settings).kl_per_latent;
  if (kl.empty()) {  // by how much its code varies
    worth.resize(std::size_t(model.latent));
    Tape tape;
    const Codes codes = codes_of(tape, model, some, settings, some.rows);
    const double n = double(some.count());
    for (Index j = 0; j < model.latent; ++j) {
      double sum = 0, squares = 0;
      for (Index i = 0; i < Index(some.count()); ++i) {
        const double z = double(codes.z.val()(i, j));
        sum += z, squares += z * z;
      }
      worth[std::size_t(j)] = squares / n - (sum / n) * (sum / n);
    }
  }
  std::vector<RankedLatent> ranked;
  for (Index j = 0; j < model.latent; ++j)
    ranked.push_back({j, kl.empty() ? std::nan("") : kl[std::size_t(j)]});
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
    return worth[std::size_t(a.latent)] > worth[std::size_t(b.latent)];
  });
  return ranked;
}

std::vector<RankedLatent> rank_latents(const Model& model, std::span<const double> kl) {
  std::vector<RankedLatent> ranked;
  const bool known = kl.size() == std::size_t(model.latent);
  for (Index j = 0; j < model.latent; ++j)
    ranked.push_back({j, known ? kl[std::size_t(j)] : std::nan("")});
  if (known)
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.kl > b.kl; });
  return ranked;
}

PlaceOfLatent place_of(const Model& model, Index latent) {
  PlaceOfLatent at{0, latent};
  if (!model.hierarchical()) return at;
  for (const auto sizes = model.inference->layers(); at.latent >= sizes[at.layer]; ++at.layer)
    at.latent -= sizes[at.layer];
  return at;
}
std::string name_of(const Model& model, Index latent) {
  if (!model.hierarchical()) return fmt::format("z{}", latent);
  const PlaceOfLatent at = place_of(model, latent);
  return fmt::format("z{}[{}]", at.layer + 1, at.latent);
}

void make_way(std::span<Real> z, Index j) {
  double others = 0;
  const double at = double(z[std::size_t(j)]);
  for (const Real x : z) others += double(x) * double(x);
  others -= at * at;
  const double factor = others > 0 ? std::sqrt(std::max(0.0, 1 - at * at) / others) : 0;
  for (Real& x : z) x = Real(factor * double(x));
  z[std::size_t(j)] = Real(at);
}

ImageGrid grid_for(const Model& model, std::string title) {
  ImageGrid grid;
  grid.title = std::move(title);
  grid.of(model.image);
  return grid;
}
void append_images(ImageGrid& grid, ConstMatrix images) {
  const auto bytes = grey(std::span<const Real>(images.data, std::size_t(images.size())));
  grid.pixels.insert(grid.pixels.end(), bytes.begin(), bytes.end());
}

Var shown_mean(const Model& model, const ChosenLikelihood& p, Var condition) {
  return whole(model, shown(model, p), condition);
}

void check_images(const Model& model) {
  check<UsageError>(!is_table(model), "it draws images, but the run's data are a table of ",
                    model.image.width, " columns", hint,
                    "vaegrad sample and vaegrad reconstruct draw tables too");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
