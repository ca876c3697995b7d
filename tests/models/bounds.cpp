// Bounds and estimators against a model whose evidence is known.
#include <doctest/doctest.h>

#include <vaegrad/models/estimators.hpp>

#include "linear_gaussian.hpp"

using namespace vaegrad;

TEST_CASE("every bound is tight at the true posterior, whatever the noise") {
  const LinearGaussian model(true);
  const auto vae = model.vae();
  Tape tape;
  const double log_px = model.log_evidence(x0, x1);
  for (Index particles : {1, 5}) {
    Stream noise(1, Purpose::latent);
    const ObjectiveSettings s{.particles = particles};
    const Var x = many(tape, 7);
    for (const Bound& bound :
         {monte_carlo_bound(vae, x, noise, s), importance_weighted_bound(vae, x, noise, s)})
      for (Index i = 0; i < 7; ++i)
        CHECK(bound.objective.val()(i, 0) == doctest::Approx(log_px).epsilon(1e-12));
  }
}

TEST_CASE("the bounds with a mismatched posterior rise with K and stay below the evidence") {
  const LinearGaussian model(false);
  const auto vae = model.vae();
  const double log_px = model.log_evidence(x0, x1);
  double last = -1e9;
  for (Index particles : {1, 2, 5, 20}) {  // never as many as there are examples
    Tape tape;
    Stream noise(3, Purpose::latent);
    const Bound bound =
        importance_weighted_bound(vae, many(tape, 20000), noise, {.particles = particles});
    const Mean m = mean_of(bound.objective.val());
    CHECK(m.mean < log_px + 3 * m.error);
    CHECK(m.mean > last);
    last = m.mean;
  }
  Tape tape;
  Stream noise(4, Purpose::latent), again(4, Purpose::latent);
  const Var x = many(tape, 50000);
  const Bound closed = analytic_bound(vae, x, noise, {.particles = 3});
  const Bound sampled = monte_carlo_bound(vae, x, again, {.particles = 3});
  const Mean a = mean_of(closed.objective.val()), b = mean_of(sampled.objective.val());
  CHECK(std::abs(a.mean - b.mean) < 3 * (a.error + b.error));
  // ELBO = log p(x) − KL(q ‖ p(z|x)), the latter between two Gaussians in closed form
  const double precision = 1 + (1.1 * 1.1 + 0.6 * 0.6) / 0.5, r = 1.5;
  const double gap = 0.5 * (r - 1 - std::log(r) + 0.3 * 0.3 * precision);
  CHECK(std::abs(a.mean - (log_px - gap)) < 3 * a.error);
}

TEST_CASE("importance sampling is unbiased, and its log biased down by v/2K") {
  const LinearGaussian model(false);
  const auto vae = model.vae();
  const double log_px = model.log_evidence(x0, x1);
  constexpr Index particles = 60;  // more than one chunk
  std::vector<std::uint32_t> rows(4000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::uint32_t(i);
  std::vector<LogWeights> all;
  importance_sample(
      [&](Tape& tape, Stream& noise, Index k) {
        return log_weights(vae, many(tape, Index(rows.size())), noise, k);
      },
      rows, particles, 1, all);
  double ratio = 0, ratio2 = 0, bias = 0, bias2 = 0, variance = 0;
  for (const LogWeights& w : all) {
    REQUIRE(w.count() == std::size_t(particles));
    const double r = std::exp(w.log_mean() - log_px), d = w.log_mean() - log_px;
    ratio += r, ratio2 += r * r, bias += d, bias2 += d * d, variance += w.variance();
    CHECK(w.effective_sample_size() <= double(particles) * (1 + 1e-12));
  }
  const double n = double(all.size());
  ratio /= n, bias /= n, variance /= n;
  const double ratio_error = std::sqrt((ratio2 / n - ratio * ratio) / n),
               bias_error = std::sqrt((bias2 / n - bias * bias) / n);
  CHECK(std::abs(ratio - 1) < 3 * ratio_error);
  CHECK(bias < 3 * bias_error);
  CHECK(bias > -variance / 2 - 3 * bias_error);
  // the error it reports is the error it makes: a variance over n examples is known to √(2/n) of it
  const double made = ratio2 / n - ratio * ratio;
  CHECK(std::abs(variance / made - 1) < 4 * std::sqrt(2 / n));
}

TEST_CASE("importance sampling with the true posterior is exact with any number of particles") {
  const LinearGaussian model(true);
  const auto vae = model.vae();
  std::vector<std::uint32_t> rows{4, 0, 7};
  for (Index particles : {1, 2, 70}) {
    std::vector<LogWeights> all;
    importance_sample([&](Tape& tape, Stream& noise,
                          Index k) { return log_weights(vae, many(tape, 3), noise, k); },
                      rows, particles, 1, all);
    for (const LogWeights& w : all) {
      CHECK(w.count() == std::size_t(particles));
      CHECK(w.log_mean() == doctest::Approx(model.log_evidence(x0, x1)).epsilon(1e-12));
      CHECK(w.effective_sample_size() == doctest::Approx(double(particles)).epsilon(1e-10));
      CHECK(w.variance() < 1e-10);
    }
  }
}

TEST_CASE("LogWeights: a known sum, in any order, far out of range") {
  for (double shift : {0.0, 900.0, -900.0}) {
    LogWeights up, down;
    for (int k = 1; k <= 4; ++k) up.add(std::log(k) + shift), down.add(std::log(5 - k) + shift);
    for (const LogWeights& w : {up, down}) {
      CHECK(w.log_mean() == doctest::Approx(std::log(2.5) + shift).epsilon(1e-13));
      CHECK(w.effective_sample_size() == doctest::Approx(100.0 / 30).epsilon(1e-13));
      CHECK(w.variance() == doctest::Approx((4 * 30.0 / 100 - 1) / 4).epsilon(1e-12));
    }
  }
}

TEST_CASE("LogWeights: a weight of nothing counts, one that is no number is not passed over") {
  const double nothing = -std::numeric_limits<double>::infinity();
  for (const bool first : {true, false}) {
    LogWeights some, broken;
    if (first) some.add(nothing), broken.add(NAN);
    some.add(3), broken.add(3);
    if (!first) some.add(nothing), broken.add(NAN);
    some.add(3), broken.add(3);
    CHECK(some.log_mean() == doctest::Approx(3 + std::log(2 / 3.)).epsilon(1e-13));
    CHECK(std::isnan(broken.log_mean()));
  }
}

TEST_CASE("free bits count each latent for at least lambda") {
  Tape tape;
  const Var kl = tape.variable({{0.1, 2}, {0.3, 4}});
  const Var total = free_bits_kl(kl, 0.5);
  CHECK(total.item() == doctest::Approx(0.5 + 3));
  tape.backward(total);
  CHECK(kl.adj()(0, 0) == 0);
  CHECK(kl.adj()(0, 1) == doctest::Approx(0.5));
}

TEST_CASE("gradients of the objectives; DReG agrees with IWAE in the mean") {
  LinearGaussian model(false);
  const auto vae = model.vae();
  for (const Objective* o : objectives()) {
    const Objective& row = *o;
    if (row.wanted.factor || row.wanted.held) continue;  // surrogates: below
    const GradientCheck check = check_gradient(model.parameters, [&](Tape& tape) {
      Stream noise(5, Purpose::latent);
      ObjectiveSettings s{.particles = 3, .beta = 0.7};
      s.set("gamma", 2), s.set("capacity", 0.2), s.set("free-bits", 0.01);
      const Var x = tape.constant({{0.5, 1}, {-1, 0.3}, {2, 2}, {1, 0}});
      return average(bound(row, vae, x, noise, s).objective);
    });
    INFO(std::string(row.name), ": numeric ", check.numeric, ", tape ", check.tape);
    CHECK(check.agrees());
  }

  // the mean over many draws of both gradients, per parameter
  const auto mean_gradient = [&](const char* name, double beta, std::vector<double>& error) {
    constexpr int batches = 400;
    Tape tape;
    std::vector<double> sum, squares;
    for (int draw = 0; draw < batches; ++draw) {
      tape.reset();
      Stream noise(6, Purpose::latent, std::uint32_t(draw));
      model.parameters.zero_gradient();
      const Bound b =
          bound(objective(name), vae, many(tape, 50), noise, {.particles = 4, .beta = beta});
      tape.backward(average(b.objective));
      const auto g = model.parameters.gradient();
      sum.resize(g.size()), squares.resize(g.size());
      for (std::size_t i = 0; i < g.size(); ++i) sum[i] += g[i], squares[i] += g[i] * g[i];
    }
    error.clear();
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] /= batches;
      error.push_back(std::sqrt(std::max(0.0, squares[i] / batches - sum[i] * sum[i]) / batches));
    }
    return sum;
  };
  for (const double beta : {1.0, 0.5, 0.1}) {
    std::vector<double> iwae_error, dreg_error;
    const auto iwae = mean_gradient("iwae", beta, iwae_error),
               dreg = mean_gradient("dreg", beta, dreg_error);
    double iwae_spread = 0, dreg_spread = 0;
    for (std::size_t i = 0; i < iwae.size(); ++i) {
      INFO("beta ", beta, ", parameter ", i, ": ", iwae[i], " ± ", iwae_error[i], ", ", dreg[i],
           " ± ", dreg_error[i]);
      CHECK(std::abs(iwae[i] - dreg[i]) <= 3 * (iwae_error[i] + dreg_error[i]) + 1e-15);
      if (Index(i) >= model.u.offset) iwae_spread += iwae_error[i], dreg_spread += dreg_error[i];
    }
    CHECK(dreg_spread < iwae_spread);  // why one uses it
  }
}
