#include "tape_step.hpp"

#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Architecture architecture_of(const BenchCase& c) {
  const Activation a = activation(c.activation);
  return {.image = c.image,
          .network = with_widths(network(c.network), c.hidden),
          .hidden = c.hidden,
          .activation = a,
          .initial = {},
          .latent = c.latent,
          .posterior = &posterior(c.posterior),
          .latents = {c.layers.empty() ? c.latent : c.layers[0],
                      &posterior_scale("log-variance"),
                      4,
                      a,
                      {}},
          .prior = &prior(c.prior),
          .components = c.components,
          .likelihood = &likelihood("bernoulli"),
          .scale = {},
          .layers = c.layers,
          .hierarchy = &hierarchy(c.hierarchy)};
}

}  // namespace

TapeStep::TapeStep(const BenchCase& c, const Images& images)
    : what(c),
      images(images),
      model(architecture_of(c)),
      objective(c.importance_weighted ? iwae_objective : elbo_objective),
      optimiser("adam", model.parameters, {}),
      parts({&model.parameters}) {}

Var TapeStep::batch(std::span<const std::uint32_t> rows) {
  tape.reset();
  const Var x = tape.constant(Shape{Index(rows.size()), what.dimensions});
  fill(x.val(), images, rows, Binarize::none, 1, 0);
  return x;
}

Var TapeStep::loss(Var x, std::span<const std::uint32_t> rows, std::uint32_t number) {
  Stream noise(1, Purpose::latent, number, rows, std::uint32_t(what.particles));
  return -average(
      model.bound(objective, model.see(x), noise, {.particles = what.particles}).objective);
}

double TapeStep::operator()(std::span<const std::uint32_t> rows, std::uint32_t number) {
  std::array<double, BatchParts::most> losses{};
  const std::size_t n = BatchParts::of_batch(rows.size(), std::size_t(what.particles));
  parts.backward(rows, n, [&](std::size_t part, Tape& on, std::span<const std::uint32_t> some) {
    const Var x = on.constant(Shape{Index(some.size()), what.dimensions});
    fill(x.val(), images, some, Binarize::none, 1, 0);
    const Var share = double(some.size()) / double(rows.size()) * loss(x, some, number);
    losses[part] = double(share.item());
    return share;
  });
  parts.add();
  optimiser.step();
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
