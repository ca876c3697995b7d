// The bounds on a model whose evidence is known: what each is in the mean, by quadrature over two
// draws; what they are where they coincide; and the gradients of those that are no value's.
#include <doctest/doctest.h>

#include <functional>
#include <vaegrad/models/numerics/quadrature.hpp>

#include "../linear_gaussian.hpp"

using namespace vaegrad;

namespace {

// q(z|x) of the mismatched model at (x0, x1), and log w(z)
struct AtX {
  double mean, variance;
  AtX() {
    const double precision = 1 + (1.1 * 1.1 + 0.6 * 0.6) / 0.5;
    mean = (1.1 * (x0 - 0.3) - 0.6 * (x1 - 0.2)) / 0.5 / precision + 0.3;
    variance = 1.5 / precision;
  }
  double log_w(double z) const {
    return log_normal(x0, 1.1 * z + 0.3, 0.5) + log_normal(x1, -0.6 * z + 0.2, 0.5) +
           log_normal(z, 0, 1) - log_normal(z, mean, variance);
  }
};

// E f(log w_1, log w_2) over two independent draws of q
double mean_over_two(const std::function<double(double, double)>& f) {
  const AtX at;
  const auto inner = [&](double e) {
    const double a = at.log_w(at.mean + std::sqrt(at.variance) * e);
    return integral(
        [&](double g) {
          return std::exp(log_normal(g, 0, 1)) *
                 f(a, at.log_w(at.mean + std::sqrt(at.variance) * g));
        },
        10, 1e-8);
  };
  return integral([&](double e) { return std::exp(log_normal(e, 0, 1)) * inner(e); }, 10, 1e-8);
}

ObjectiveSettings with(Index groups, Index each,
                       std::initializer_list<std::pair<const char*, double>> more = {}) {
  ObjectiveSettings s{.particles = groups * each, .groups = groups};
  for (const auto& [name, value] : more) s.set(name, value);
  return s;
}

// `count` draws of z
Mean drawn_mean(const Objective& o, const ObjectiveSettings& s, Index count = 1000000) {
  const LinearGaussian model(false);
  const auto vae = model.vae();
  Tape tape;
  Stream noise(7, Purpose::latent);
  return mean_of(bound(o, vae, many(tape, count / s.particles), noise, s).objective.val());
}

// The objective of 40 examples, by the same draws for the same number of particles
std::vector<double> values(const Objective& o, const ObjectiveSettings& s, bool matched = false) {
  const LinearGaussian model(matched);
  const auto vae = model.vae();
  Tape tape;
  Stream noise(8, Purpose::latent);
  const Var v = bound(o, vae, many(tape, 40), noise, s).objective;
  return {v.val().begin(), v.val().end()};
}
double furthest(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double to = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const double d = std::abs(a[i] - b[i]); !(d <= to)) to = d;  // also where it is no number
  return to;
}

// d objective / d (mean, log variance) of q, of one example a row, and d mean objective / dθ
struct Gradients {
  std::vector<double> mean, log_variance, decoder;
};
Gradients gradients(const Objective& o, const ObjectiveSettings& s, Index rows, std::uint32_t draw,
                    bool matched = false) {
  LinearGaussian model(matched);
  const auto vae = model.vae();
  Tape tape;
  const Var x = many(tape, rows);
  const DiagonalGaussian q = vae.encode(x);
  const Var mean = tape.variable(ConstMatrix(q.mean.val())),
            log_variance = tape.variable(ConstMatrix(q.log_variance.val()));
  const Vae free{[&](Var) { return DiagonalGaussian{mean, log_variance}; }, vae.decode};
  Stream noise(9, Purpose::latent, draw);
  model.parameters.zero_gradient();
  tape.backward(sum(bound(o, free, x, noise, s).objective));
  const auto of = [](Var v) { return std::vector<double>(v.adj().begin(), v.adj().end()); };
  const auto g = model.parameters.gradient();
  return {of(mean), of(log_variance), {g.begin(), g.begin() + model.u.offset}};
}

// |E g| / sd(g) of the encoder's gradient, both numbers of q together
double signal_to_noise(const Objective& o, Index groups, Index each) {
  double sum[2] = {}, squares[2] = {}, n = 0;
  const Index rows = 4000;
  for (std::uint32_t draw = 0; draw < 6; ++draw) {
    const Gradients g = gradients(o, with(groups, each), rows, draw);
    for (Index i = 0; i < rows; ++i, ++n) {
      const double both[] = {g.mean[std::size_t(i)], g.log_variance[std::size_t(i)]};
      for (int k = 0; k < 2; ++k) sum[k] += both[k], squares[k] += both[k] * both[k];
    }
  }
  const double m0 = sum[0] / n, m1 = sum[1] / n;
  return std::sqrt((m0 * m0 + m1 * m1) / (squares[0] / n - m0 * m0 + squares[1] / n - m1 * m1));
}

}  // namespace

TEST_CASE("bounds of two draws by quadrature, and the means of 10^6 draws") {
  const auto log_mean = [](double a, double b) {
    const double m = std::max(a, b);
    return m + std::log((std::exp(a - m) + std::exp(b - m)) / 2);
  };
  const double precision = 1 + (1.1 * 1.1 + 0.6 * 0.6) / 0.5, r = 1.5;
  const double gap = 0.5 * (r - 1 - std::log(r) + 0.3 * 0.3 * precision);
  const double log_px = LinearGaussian(false).log_evidence(x0, x1), elbo = log_px - gap;
  CHECK(mean_over_two([](double a, double) { return a; }) == doctest::Approx(elbo).epsilon(1e-7));
  const double iwae = mean_over_two(log_mean);
  const auto near = [](const char* what, const Mean& m, double want) {
    INFO(std::string(what), ": ", m.mean, " ± ", m.error, ", of ", want);
    CHECK(std::abs(m.mean - want) < 4 * m.error);
    CHECK(m.error < 0.002);
  };
  near("stl", drawn_mean(stl_objective, with(1, 3)), elbo);
  near("miwae 3,2", drawn_mean(miwae_objective, with(3, 2)), iwae);
  near("piwae 1,2", drawn_mean(piwae_objective, with(1, 2)), iwae);
  near("piwae 2,1", drawn_mean(piwae_objective, with(2, 1)), iwae);
  near("ciwae 3,2", drawn_mean(ciwae_objective, with(3, 2, {{"ciwae-beta", 0.3}})),
       0.3 * elbo + 0.7 * iwae);
  // Σ_p (β_(p+1) − β_p) of the mean of log w by the weights w^β_p
  const auto at = [](double beta) {
    return [beta](double a, double b) {
      const double share = 1 / (1 + std::exp(beta * (b - a)));
      return share * a + (1 - share) * b;
    };
  };
  const double middle = std::sqrt(0.1);
  near("tvo, 3 parts", drawn_mean(tvo_objective, with(1, 2, {{"partitions", 3}})),
       0.1 * elbo + (middle - 0.1) * mean_over_two(at(0.1)) +
           (1 - middle) * mean_over_two(at(middle)));
  // in order: more draws in a group, more parts, less of the ELBO
  double last = elbo;
  for (const Index each : {2, 5, 50}) {
    const Mean m = drawn_mean(miwae_objective, with(2, each), 300000);
    CHECK(m.mean > last);
    CHECK(m.mean < log_px + 3 * m.error);
    last = m.mean;
  }
  last = elbo;
  for (const double parts : {2, 4, 30}) {
    const double m = drawn_mean(tvo_objective, with(1, 50, {{"partitions", parts}}), 300000).mean;
    CHECK(m > last);
    CHECK(m < log_px);
    last = m;
  }
}

TEST_CASE("bounds by hand: four draws in two groups, with half of the log ratio") {
  const double log_px[2][4] = {{-3, -4.5, -2, -6}, {-1, -1.5, -7, -2.5}},
               ratio[2][4] = {{-2, 1, -3, 0.5}, {2, -1, 0.4, -5}};
  Tape tape;
  Draw d;
  d.z = tape.constant(Shape{8, 1}), d.particles = 4;
  d.factor = tape.constant(Shape{8, 1}), d.log_ratio = tape.constant(Shape{8, 1});
  d.kl = tape.constant({{0.2}, {0.3}});
  const Var given = tape.constant(Shape{8, 1});
  for (Index i = 0; i < 8; ++i)
    given.val()(i, 0) = log_px[i / 4][i % 4], d.log_ratio.val()(i, 0) = ratio[i / 4][i % 4];
  for (Index i = 0; i < 2; ++i) {
    double w[4];
    for (int k = 0; k < 4; ++k) w[k] = log_px[i][k] + 0.5 * ratio[i][k];
    const double elbo = (w[0] + w[1] + w[2] + w[3]) / 4;
    const auto e = [&](int k) { return std::exp(w[k]); };
    const double iwae = std::log((e(0) + e(1) + e(2) + e(3)) / 4);
    const double miwae = 0.5 * std::log((e(0) + e(1)) / 2) + 0.5 * std::log((e(2) + e(3)) / 2);
    const auto at = [&](double beta) {
      double sum = 0, all = 0;
      for (int k = 0; k < 4; ++k) sum += std::exp(beta * w[k]) * w[k], all += std::exp(beta * w[k]);
      return sum / all;
    };
    const double middle = std::sqrt(0.1);
    const std::pair<const Objective*, double> wanted[] = {
        {&elbo_mc_objective, elbo},
        {&stl_objective, elbo},
        {&iwae_objective, iwae},
        {&dreg_objective, iwae},
        {&piwae_objective, iwae},
        {&miwae_objective, miwae},
        {&ciwae_objective, 0.3 * elbo + 0.7 * miwae},
        {&tvo_objective, 0.1 * elbo + (middle - 0.1) * at(0.1) + (1 - middle) * at(middle)}};
    for (const auto& [o, want] : wanted) {
      ObjectiveSettings s = with(2, 2, {{"ciwae-beta", 0.3}, {"partitions", 3}});
      s.beta = 0.5;
      INFO(std::string(o->name));
      CHECK(o->bound(given, d, s).objective.val()(i, 0) == doctest::Approx(want).epsilon(1e-12));
    }
  }
}

TEST_CASE("bounds where they coincide, draw by draw; at the true posterior all are log p(x)") {
  const auto elbo = values(elbo_mc_objective, with(1, 6)),
             iwae = values(iwae_objective, with(1, 6));
  CHECK(furthest(elbo, iwae) > 0.1);
  CHECK(furthest(values(stl_objective, with(1, 6)), elbo) < 1e-12);
  CHECK(furthest(values(miwae_objective, with(6, 1)), elbo) < 1e-12);
  CHECK(furthest(values(miwae_objective, with(1, 6)), iwae) < 1e-12);
  CHECK(furthest(values(piwae_objective, with(2, 3)), iwae) < 1e-12);
  CHECK(furthest(values(ciwae_objective, with(1, 6, {{"ciwae-beta", 1}})), elbo) < 1e-12);
  CHECK(furthest(values(ciwae_objective, with(1, 6, {{"ciwae-beta", 0}})), iwae) < 1e-12);
  CHECK(furthest(values(tvo_objective, with(1, 6, {{"partitions", 1}})), elbo) < 1e-12);
  CHECK(furthest(values(tvo_objective, with(1, 1)), values(elbo_mc_objective, with(1, 1))) < 1e-12);
  const double log_px = LinearGaussian(true).log_evidence(x0, x1);
  for (const Objective* o :
       {&stl_objective, &miwae_objective, &piwae_objective, &ciwae_objective, &tvo_objective})
    for (const Index each : {1, 3}) {
      INFO(std::string(o->name), ", ", each);
      CHECK(furthest(values(*o, with(2, each), true), std::vector<double>(40, log_px)) < 1e-12);
    }
}

TEST_CASE("stl: at the true posterior the encoder's gradient is 0 at every draw") {
  const auto largest = [](const std::vector<double>& g) {
    double to = 0;
    for (const double v : g) to = std::max(to, std::abs(v));
    return to;
  };
  const Gradients stl = gradients(stl_objective, with(1, 3), 30, 1, true),
                  elbo = gradients(elbo_mc_objective, with(1, 3), 30, 1, true);
  CHECK(largest(stl.mean) < 1e-12);
  CHECK(largest(stl.log_variance) < 1e-12);
  CHECK(largest(elbo.mean) > 0.1);  // of which only the mean is 0
  CHECK(furthest(stl.decoder, elbo.decoder) < 1e-11);
}

TEST_CASE("stl and dreg of one draw: the same gradients") {
  const Gradients stl = gradients(stl_objective, with(1, 1), 30, 1),
                  dreg = gradients(dreg_objective, with(1, 1), 30, 1);
  CHECK(furthest(stl.mean, dreg.mean) < 1e-12);
  CHECK(furthest(stl.log_variance, dreg.log_variance) < 1e-12);
  CHECK(furthest(stl.decoder, dreg.decoder) < 1e-12);
}

TEST_CASE("piwae: the encoder's gradient is miwae's, the decoder's that of iwae of all draws") {
  for (const double beta : {1.0, 0.4}) {
    ObjectiveSettings groups = with(4, 3), all = with(1, 12);
    groups.beta = all.beta = beta;
    const Gradients piwae = gradients(piwae_objective, groups, 30, 1),
                    miwae = gradients(miwae_objective, groups, 30, 1),
                    iwae = gradients(iwae_objective, all, 30, 1);
    CHECK(furthest(piwae.mean, miwae.mean) < 1e-12);
    CHECK(furthest(piwae.log_variance, miwae.log_variance) < 1e-12);
    CHECK(furthest(piwae.decoder, iwae.decoder) < 1e-11);
    CHECK(furthest(miwae.mean, iwae.mean) > 0.01);
    CHECK(furthest(miwae.decoder, iwae.decoder) > 0.01);
  }
}

TEST_CASE("piwae: a group that weighs nothing leaves finite gradients, miwae's") {
  const ObjectiveSettings s = with(2, 2);
  const auto encoder = [&](const Objective& o) {
    Tape tape;
    const Var z = tape.variable({{0}, {0}, {0}, {0}});
    Draw d;
    d.z = z, d.particles = 4, d.kl = 0 * z;
    if (o.wanted.factor) with_factor(d);
    // the second group's weights are e^-2000 of the first's
    const Var log_px = sin(d.z) + tape.constant({{0.3}, {1}, {-2000}, {-2001}});
    d.log_ratio = log_ratio_of(d, 0 * d.z, cos(2 * drawn(d) + 1));
    tape.backward(sum(o.bound(log_px, d, s).objective));
    return std::vector<double>(z.adj().begin(), z.adj().end());
  };
  const auto piwae = encoder(piwae_objective), miwae = encoder(miwae_objective);
  CHECK(furthest(piwae, miwae) < 1e-12);
  CHECK(std::abs(miwae[3]) > 0.1);
}

TEST_CASE("the signal to noise of the encoder's gradient") {
  // M groups of K against M1 of K1, in units of √(M K1 / K M1)
  const auto slope = [](const Objective& o, Index m, Index k, Index m1, Index k1) {
    return signal_to_noise(o, m, k) / signal_to_noise(o, m1, k1) /
           std::sqrt(double(m * k1) / double(k * m1));
  };
  const double iwae = slope(iwae_objective, 1, 32, 1, 4),
               miwae = slope(miwae_objective, 4, 4, 1, 4),
               same_draws = slope(miwae_objective, 3, 12, 9, 4),
               piwae = slope(piwae_objective, 4, 4, 1, 4),
               dreg = slope(dreg_objective, 1, 32, 1, 4);
  INFO("in units of the slope: ", iwae, ' ', miwae, ' ', same_draws, ' ', piwae, ' ', dreg);
  CHECK(std::abs(iwae - 1) < 0.3);
  CHECK(std::abs(miwae - 1) < 0.1);
  CHECK(std::abs(same_draws - 1) < 0.2);
  CHECK(std::abs(piwae - 1) < 0.1);
  CHECK(dreg > 6);  // rises as √K: 8 of these units
}
