// The same bits for every number of threads: whole training runs of the models that the project
// measures itself by. VAEGRAD_TEST_STEPS=200 makes the runs as long as acceptance asks.
#include <doctest/doctest.h>

#include <cstdlib>
#include <vaegrad/models/models.hpp>

#include "../support/threads.hpp"

using namespace vaegrad;

namespace {

struct Case {
  const char *name, *network;
  std::vector<Index> hidden;
  Index latents, batch, particles;
  const char* activation;
};

// Parameters after `steps` steps of Adam; every third batch is short.
std::vector<Real> trained(const Case& c, int steps) {
  Parameters p;
  const Network net = with_widths(network(c.network), c.hidden);
  const Activation& a = activation(c.activation);
  const Vae<GaussianNetwork, LikelihoodNetwork> vae{
      {p, "encoder", net, {28, 28}, c.latents, a, {1}},
      {p, "decoder", c.latents, net, {28, 28}, likelihood("bernoulli"), 784, {}, a, {1}}};
  Adam adam(p);
  Tape tape;
  for (int step = 0; step < steps; ++step) {
    tape.reset();
    const Index batch = step % 3 == 2 ? c.batch * 11 / 32 : c.batch;
    const Var x = tape.constant(Shape{batch, 784});
    Stream(1, Purpose::data, std::uint32_t(step)).uniform(x.val());
    for (Real& u : x.val()) u = u < Real(0.3);
    Stream noise(1, Purpose::latent, std::uint32_t(step), 0, std::uint32_t(c.particles));
    Var bound;
    if (c.particles == 1) {
      bound = elbo(vae, x, noise)();
    } else {
      const auto q = vae.encode(x);
      const Var z = q.sample(noise, c.particles);
      const DiagonalGaussian of_each{repeat_rows(q.mean, c.particles),
                                     repeat_rows(q.log_variance, c.particles)};
      const Var log_weight = vae.decode(z).log_prob(repeat_rows(x, c.particles)) +
                             vae.prior.log_prob(z) - of_each.log_prob(z);
      bound = log_mean_exp(reshape(log_weight, batch, c.particles));
    }
    p.zero_gradient();
    tape.backward(-average(bound));
    adam.step();
  }
  return {p.values().begin(), p.values().end()};
}

}  // namespace

TEST_CASE("parameters after training are the same for 1, 2, 3, 4 and 8 threads") {
  const char* wanted = std::getenv("VAEGRAD_TEST_STEPS");
  const int steps = wanted ? std::atoi(wanted) : 6;
  for (const Case& c :
       {Case{"784-400-20, batch 128", "mlp", {400}, 20, 128, 1, "relu"},
        Case{"784-200-200-50, batch 20", "mlp", {200, 200}, 50, 20, 1, "tanh"},
        Case{"784-200-200-50, batch 20, 5 samples", "mlp", {200, 200}, 50, 20, 5, "tanh"},
        Case{"conv, batch 64", "conv", {}, 20, 64, 1, "relu"}}) {
    CAPTURE(std::string(c.name));
    std::vector<Real> one;
    for (const int n : {1, 2, 3, 4, 8}) {
      const Threads use(n);
      const std::vector<Real> w = trained(c, steps);
      if (n == 1) one = w;
      CAPTURE(n);
      CHECK(w == one);
    }
  }
}
