// The VampPrior against a sum by hand over its pseudo-inputs, encoded one by one; its draws.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/model.hpp>

#include "../../support/message.hpp"

using namespace vaegrad;

namespace {

constexpr Index components = 3, latent = 2;

Architecture architecture_of(Index conditions, const char* normalisation = "none") {
  const Activation a = activation("tanh");
  return {.image = {2, 3, 1},
          .conditions = conditions,
          .network = with_normalisation(with_widths(network("mlp"), {4}),
                                        vaegrad::normalisation(normalisation)),
          .hidden = {4},
          .activation = a,
          .initial = {},
          .latent = latent,
          .posterior = posteriors()[0],
          .latents = {latent, &posterior_scale("log-variance"), 0, a, {}},
          .prior = &prior("vamp"),
          .components = components,
          .likelihood = &likelihood("bernoulli"),
          .scale = {}};
}

struct Vamp {
  Model model;
  struct Component {
    double mean[latent], log_variance[latent];
  } of[components];

  explicit Vamp(Index conditions = 0) : model(architecture_of(conditions)) {
    std::uint32_t n = 0;  // pseudo-inputs on both sides of the range of pixels, and in it
    for (const auto& [name, param] : model.parameters.list())
      Stream(5, Purpose::test, n++).normal(model.parameters.change_value(param));
    for (Index k = 0; k < components; ++k) of[k] = encoded(k);
  }
  ConstMatrix value(std::string_view name) const {
    for (const auto& [other, param] : model.parameters.list())
      if (other == name) return model.parameters.value(param);
    FAIL("no parameter ", std::string(name));
    return {};
  }
  // q(z|u_k, v_k), of one example that is made here
  Component encoded(Index k) const {
    Tape tape;
    const Index classes = model.conditions;
    const Var u = tape.constant(Shape{1, 6}), v = tape.constant(Shape{1, classes ? classes : 1});
    const ConstMatrix U = value("prior.inputs");
    for (Index j = 0; j < 6; ++j) u.val()(0, j) = U(k, j) < 0 ? 0 : U(k, j) > 1 ? 1 : U(k, j);
    double all = 0;
    for (Index j = 0; j < classes; ++j) all += std::exp(value("prior.labels")(k, j));
    for (Index j = 0; j < classes; ++j) v.val()(0, j) = std::exp(value("prior.labels")(k, j)) / all;
    const PosteriorAt q = model.inference->code({u, classes ? v : Var{}});
    return {{q.mean.val()(0, 0), q.mean.val()(0, 1)},
            {q.log_variance.val()(0, 0), q.log_variance.val()(0, 1)}};
  }
  // log 1/K Σ_k Π_j N(z_j; μ_kj, σ_kj²), term by term
  double log_density(double z0, double z1) const {
    double each[components] = {}, most = -INFINITY, sum = 0;
    for (Index k = 0; k < components; ++k) {
      for (Index j = 0; j < latent; ++j) {
        const double d = (j ? z1 : z0) - of[k].mean[j], l = of[k].log_variance[j];
        each[k] -= 0.5 * (d * d * std::exp(-l) + l + log_2pi);
      }
      most = std::max(most, each[k]);
    }
    for (const double log_p : each) sum += std::exp(log_p - most) / components;
    return most + std::log(sum);
  }
};

}  // namespace

TEST_CASE("vamp: log p(z) is the sum by hand, with labels and without, and integrates to 1") {
  for (const Index conditions : {0, 3}) {
    CAPTURE(conditions);
    const Vamp m(conditions);
    REQUIRE(std::abs(m.of[0].mean[0] - m.of[1].mean[0]) > 0.02);
    REQUIRE(std::abs(m.of[0].mean[0] - m.of[2].mean[0]) > 0.02);
    Tape tape;
    const PriorAt p = m.model.prior->given(tape, {}, *m.model.inference);
    const Var z = tape.constant(Shape{200, latent});
    Stream noise(1, Purpose::test);
    noise.normal(z.val());
    for (Real& x : z.val()) x *= 3;
    const Var log_p = m.model.prior->log_prob(p, z, 1);
    for (Index i = 0; i < 200; ++i)
      CHECK(std::abs(log_p.val()(i, 0) - m.log_density(z.val()(i, 0), z.val()(i, 1))) <
            1e-10 * std::abs(log_p.val()(i, 0)));
    double sum = 0;
    constexpr Index side = 600;
    constexpr double h = 0.1;
    const Var row = tape.constant(Shape{side, latent});
    for (Index a = 0; a < side; ++a) {
      for (Index b = 0; b < side; ++b)
        row.val()(b, 0) = h * double(a - side / 2), row.val()(b, 1) = h * double(b - side / 2);
      Tape one;
      const PriorAt here = m.model.prior->given(one, {}, *m.model.inference);
      const Var at = m.model.prior->log_prob(here, one.constant(ConstMatrix(row.val())), 1);
      for (const Real l : at.val()) sum += h * h * std::exp(double(l));
    }
    CHECK(sum == doctest::Approx(1).epsilon(1e-9));
  }
}

TEST_CASE("vamp: draws have the moments of q(z|u_k), k uniform") {
  const Vamp m;
  Tape tape;
  Stream noise(2, Purpose::prior);
  constexpr Index n = 40000;
  const Var z = m.model.sample_prior(tape, {}, n, noise);
  for (Index j = 0; j < latent; ++j) {
    double mean = 0, square = 0, of_draws = 0, squares = 0, fourths = 0;
    for (const auto& c : m.of) {
      mean += c.mean[j] / components;
      square += (c.mean[j] * c.mean[j] + std::exp(c.log_variance[j])) / components;
    }
    for (Index i = 0; i < n; ++i) {
      const double x = double(z.val()(i, j));
      of_draws += x / double(n), squares += x * x / double(n), fourths += x * x * x * x / double(n);
    }
    CHECK(std::abs(of_draws - mean) < 3.5 * std::sqrt((squares - of_draws * of_draws) / double(n)));
    CHECK(std::abs(squares - square) < 3.5 * std::sqrt((fourths - squares * squares) / double(n)));
  }
}

TEST_CASE("vamp: pseudo-inputs start at examples, where they can still be moved both ways") {
  Vamp m(3);
  Tape tape;
  const Var x = tape.constant({{0, 1, 0.5, 0, 1, 0.25}, {1, 1, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 1}});
  const std::uint32_t labels[] = {2, 0, 1};
  REQUIRE(m.model.prior->examples() == components);
  m.model.start_prior_at(m.model.see(x, labels));
  const ConstMatrix u = m.value("prior.inputs"), v = m.value("prior.labels");
  for (Index i = 0; i < u.size(); ++i) {
    CHECK(u.data[i] > 0);
    CHECK(u.data[i] < 1);
    CHECK(std::abs(u.data[i] - x.val().data[i]) < 0.07);
  }
  for (Index k = 0; k < components; ++k)
    for (Index j = 0; j < 3; ++j) CHECK((v(k, j) > 1) == (Index(labels[k]) == j));
}

TEST_CASE("vamp: batch normalisation takes pseudo-inputs by the buffers, which x alone moves") {
  Model model(architecture_of(0, "batch"));
  Tape tape;
  const Var x = tape.constant({{0, 1, 0.5, 0, 1, 0.25}, {1, 1, 1, 0, 0, 0}});
  RunningAverages averages, of_code;
  Batch batch{x, {}, Pass::batch(&averages)};
  Stream noise(1, Purpose::latent);
  const PriorAt p = model.draw(batch, noise).p, q = model.prior->given(tape, {}, *model.inference);
  for (Index i = 0; i < p.mixture.mean.shape().size(); ++i)
    CHECK(p.mixture.mean.val().data[i] == q.mixture.mean.val().data[i]);
  batch.pass = Pass::batch(&of_code);
  model.code(batch);
  const std::vector<Real> first(model.buffers.values().begin(), model.buffers.values().end());
  const auto moved = [&](RunningAverages& by) {
    std::copy(first.begin(), first.end(), model.buffers.change_values().begin());
    by.move();
    return std::vector<Real>(model.buffers.values().begin(), model.buffers.values().end());
  };
  const std::vector<Real> by_draw = moved(averages);
  CHECK(by_draw == moved(of_code));
  CHECK(by_draw != first);
}

TEST_CASE("vamp: refused where q has no density at a given z") {
  Architecture a = architecture_of(0);
  a.posterior = &posterior("full-covariance");
  CHECK(message_of([&] { Model{a}; }) ==
        "prior vamp: it needs the density of q(z|u) at any z, and the posterior full-covariance "
        "knows it at its own draws alone\n  hint: the posterior gaussian");
}
