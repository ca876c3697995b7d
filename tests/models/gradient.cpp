// The gradient of whole models, all parameters at once.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/models.hpp>

using namespace vaegrad;

namespace {

constexpr Index batch = 6, pixels = 12, latents = 3;

struct Model {
  Parameters p;
  Vae<GaussianMlp, BernoulliMlp> vae{
      {p, "encoder", pixels, {9, 7}, latents, activation("tanh"), {3}},
      {p, "decoder", latents, {8}, pixels, activation("tanh"), {4}}};

  // Average ELBO of grey images with K particles: K = 1 by elbo(), more by log_mean_exp of the
  // log-weights, with x repeated.
  Var operator()(Tape& tape, Index particles) const {
    const Var x = tape.constant(Shape{batch, pixels});
    Stream(1, Purpose::data).uniform(x.val());
    Stream noise(2, Purpose::latent, 0, 0, std::uint32_t(particles));
    if (particles == 1) return average(elbo(vae, x, noise)(0.7));
    const auto q = vae.encode(x);
    const Var z = q.sample(noise, particles);
    const DiagonalGaussian of_each{repeat_rows(q.mean, particles),
                                   repeat_rows(q.log_variance, particles)};
    const Var log_weight = vae.decode(z).log_prob(repeat_rows(x, particles)) +
                           vae.prior.log_prob(z) - of_each.log_prob(z);
    return average(log_mean_exp(reshape(log_weight, batch, particles)));
  }
};

}  // namespace

TEST_CASE("Taylor: |f(w + hv) - f(w) - h g.v| falls by 4 when h halves") {
  for (const Index particles : {Index{1}, Index{5}}) {
    Model model;
    Parameters& p = model.p;
    Tape tape;
    p.zero_gradient();
    const Var f = model(tape, particles);
    const double start = f.item();
    tape.backward(f);
    const std::vector<Real> w(p.values().begin(), p.values().end());
    std::vector<Real> v(w.size());
    Stream(7, Purpose::test).uniform({v.data(), 1, p.size()});
    double slope = 0;
    for (std::size_t i = 0; i < v.size(); ++i) slope += p.gradient()[i] * (v[i] = 2 * v[i] - 1);

    const auto error = [&](double h) {
      const auto to = p.change_values();
      for (std::size_t i = 0; i < w.size(); ++i) to[i] = w[i] + h * v[i];
      tape.reset();
      return std::abs(model(tape, particles).item() - start - h * slope);
    };
    double h = 0x1p-7, last = error(h);
    for (int halvings = 0; halvings < 7; ++halvings) {
      h /= 2;
      const double now = error(h);
      CAPTURE(particles);
      CAPTURE(h);
      CHECK(last / now == doctest::Approx(4).epsilon(0.05));
      last = now;
    }
    CHECK(last > 1e-10);  // far above rounding
  }
}

TEST_CASE("the gradient of whole models agrees with central differences") {
  for (const Index particles : {Index{1}, Index{5}}) {
    Model model;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const GradientCheck c = check_gradient(
          model.p, [&](Tape& tape) { return model(tape, particles); }, seed);
      CAPTURE(c.numeric);
      CAPTURE(c.tape);
      CHECK(c.agrees(1e-7));
      CHECK(c.scale > 0.1);
    }
  }
}

TEST_CASE("every activation, layer and distribution") {
  for (const Activation& a : activations()) {
    if (std::string_view(a.name) == "relu" || std::string_view(a.name) == "leaky_relu")
      continue;  // kinks lie anywhere; the ops are checked clear of them
    Parameters p;
    const Vae<GaussianMlp, GaussianMlp> vae{{p, "encoder", 4, {5}, 2, a, {1}},
                                            {p, "decoder", 2, {5}, 4, a, {2}}};
    const GradientCheck c = check_gradient(p, [&](Tape& tape) {
      const Var x = tape.constant(Shape{3, 4});
      Stream(1, Purpose::data).normal(x.val());
      Stream noise(2, Purpose::latent);
      return average(elbo(vae, x, noise)());
    });
    CAPTURE(std::string(a.name));
    CHECK(c.agrees(1e-7));
    CHECK(c.scale > 0.1);
  }
}
