#include "tape_step.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// (1/B) Σ_b log (1/K) Σ_k p(x_b|z_bk) p(z_bk) / q(z_bk|x_b)    Burda et al., arXiv 1509.00519, (8)
template <class Model>
Var importance_weighted(const Model& vae, Var x, Index K, Stream& noise) {
  const auto q = vae.encode(x);
  const Var z = q.sample(noise, K);
  const auto mean = repeat_rows(q.mean, K), log_variance = repeat_rows(q.log_variance, K);
  const Var log_ratio = row_sums(0.5 * (square(z - mean) * exp(-log_variance) + log_variance -
                                        square(z)));  // log p(z) − log q(z|x)
  const Var log_weight = vae.decode(z).log_prob(repeat_rows(x, K)) + log_ratio;
  return average(log_mean_exp(reshape(log_weight, x.shape().rows, K)));
}

}  // namespace

TapeStep::TapeStep(const BenchCase& c, const Images& images)
    : what(c),
      images(images),
      vae{GaussianNetwork(parameters, "encoder", network(c.network), c.image, c.hidden, c.latent,
                          activation(c.activation), {}),
          LikelihoodNetwork(parameters, "decoder", c.latent, network(c.network), c.image, c.hidden,
                            likelihood("bernoulli"), c.dimensions, {}, activation(c.activation),
                            {})},
      optimiser(parameters) {}

Var TapeStep::batch(std::span<const std::uint32_t> rows) {
  tape.reset();
  const Var x = tape.constant(Shape{Index(rows.size()), what.dimensions});
  fill(x.val(), images, rows, Binarize::none, 1, 0);
  return x;
}

Var TapeStep::loss(Var x, std::span<const std::uint32_t> rows, std::uint32_t number) {
  Stream noise(1, Purpose::latent, number, rows, std::uint32_t(what.particles));
  if (what.importance_weighted) return -importance_weighted(vae, x, what.particles, noise);
  return -average(elbo(vae, x, noise)());
}

double TapeStep::operator()(std::span<const std::uint32_t> rows, std::uint32_t number) {
  const Var to_minimise = loss(batch(rows), rows, number);
  parameters.zero_gradient();
  tape.backward(to_minimise);
  optimiser.step();
  return double(to_minimise.item());
}

}  // namespace vaegrad::inline VAEGRAD_ABI
