// The bound against a model whose evidence is known, and what a batch must not change.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vaegrad/models/models.hpp>

#include "../support/message.hpp"

using namespace vaegrad;

namespace {

// z ~ N(0, I₂),  x = z W + b + σ ε in three dimensions. The rows w_k of W are orthogonal, so the
// posterior factorises: z_k | x ~ N((x − b)·w_k / (σ² + ‖w_k‖²), σ² / (σ² + ‖w_k‖²)), and
// x ~ N(b, σ² I + WᵀW).
constexpr double w[2][3]{{1.2, 0.4, -0.4}, {0.2, 0.3, 0.9}};
constexpr double b[3]{0.5, -1, 0.25}, variance = 0.3;
static_assert(w[0][0] * w[1][0] + w[0][1] * w[1][1] + w[0][2] * w[1][2] < 1e-15 &&
              w[0][0] * w[1][0] + w[0][1] * w[1][1] + w[0][2] * w[1][2] > -1e-15);

double norm2(int k) { return w[k][0] * w[k][0] + w[k][1] * w[k][1] + w[k][2] * w[k][2]; }

double log_evidence(const Real* x) {
  // Along w_k / ‖w_k‖ the variance is σ² + ‖w_k‖², across both σ².
  double rest = 0, log_p = -1.5 * std::log(2 * std::numbers::pi);
  for (int j = 0; j < 3; ++j) rest += (x[j] - b[j]) * (x[j] - b[j]);
  for (int k = 0; k < 2; ++k) {
    double along = 0;
    for (int j = 0; j < 3; ++j) along += (x[j] - b[j]) * w[k][j];
    const double along2 = along * along / norm2(k), v = variance + norm2(k);
    rest -= along2;
    log_p -= 0.5 * (std::log(v) + along2 / v);
  }
  return log_p - 0.5 * (std::log(variance) + rest / variance);
}

// Off the true posterior by `shift` in the mean and `stretch` in the log-variance
struct ShiftedPosterior {
  double shift = 0, stretch = 0;
  DiagonalGaussian operator()(Var x) const {
    Tape& tape = x.tape();
    const Var centred = x - tape.constant({{b[0], b[1], b[2]}});
    const Var wt = tape.constant({{w[0][0], w[1][0]}, {w[0][1], w[1][1]}, {w[0][2], w[1][2]}});
    const Var scale = tape.constant({{1 / (variance + norm2(0)), 1 / (variance + norm2(1))}});
    const Var mean = matmul(centred, wt) * scale + shift;
    return {mean, Var(log(variance * scale) + stretch + 0 * mean)};
  }
};
struct LinearLikelihood {
  DiagonalGaussian operator()(Var z) const {
    Tape& tape = z.tape();
    const Var wide = tape.constant({{w[0][0], w[0][1], w[0][2]}, {w[1][0], w[1][1], w[1][2]}});
    const Var mean = matmul(z, wide) + tape.constant({{b[0], b[1], b[2]}});
    return {mean, Var(0 * mean + std::log(variance))};
  }
};

Var examples(Tape& tape, Index n) {
  const Var x = tape.constant(Shape{n, 3});
  Stream(11, Purpose::data).normal(x.val());
  return Var(1.3 * x + 0.4);
}

}  // namespace

TEST_CASE("at the true posterior every single log-weight is log p(x)") {
  Tape tape;
  const Var x = examples(tape, 20);
  Stream noise(1, Purpose::latent);
  const auto q = ShiftedPosterior{}(x);
  const Var z = q.sample(noise);
  const Var log_weight =
      LinearLikelihood{}(z).log_prob(x) + StandardNormal{}.log_prob(z) - q.log_prob(z);
  for (Index i = 0; i < 20; ++i)
    CHECK(log_weight.val()(i, 0) == doctest::Approx(log_evidence(x.val().row(i))).epsilon(1e-12));
}

TEST_CASE("the ELBO is log p(x) at the true posterior, and less by the known KL elsewhere") {
  for (const auto& [shift, stretch] : {std::pair(0., 0.), {0.4, 0.}, {0., 1.}, {-0.2, -0.7}}) {
    Tape tape;
    const Index n = 20'000;
    const Var x = repeat_rows(examples(tape, 5), n);
    Stream noise(2, Purpose::latent);
    const Elbo bound = elbo(Vae{ShiftedPosterior{shift, stretch}, LinearLikelihood{}}, x, noise);
    const Var value = bound();
    REQUIRE(value.shape() == Shape{5 * n, 1});
    for (Index i = 0; i < 5; ++i) {
      double gap = 0;  // KL(q ‖ posterior) = Σ ½ (e^s − 1 − s + shift²/τ²)
      for (int k = 0; k < 2; ++k)
        gap += 0.5 *
               (std::exp(stretch) - 1 - stretch + shift * shift * (variance + norm2(k)) / variance);
      double mean = 0, squares = 0;
      for (Index k = 0; k < n; ++k) mean += value.val()(i * n + k, 0) / double(n);
      for (Index k = 0; k < n; ++k) squares += std::pow(value.val()(i * n + k, 0) - mean, 2);
      const double standard_error = std::sqrt(squares) / double(n);
      CAPTURE(gap);
      CHECK(std::abs(mean - (log_evidence(x.val().row(i * n)) - gap)) < 4 * standard_error);
      CHECK(standard_error < 0.03);
    }
  }
}

TEST_CASE("beta is the only factor on the KL") {
  Tape tape;
  const Var x = examples(tape, 3);
  Stream noise(1, Purpose::latent);
  const Elbo e = elbo(Vae{ShiftedPosterior{}, LinearLikelihood{}}, x, noise);
  const Var one = e(), four = e(4);
  for (Index i = 0; i < 3; ++i) {
    CHECK(one.val()(i, 0) == e.log_likelihood.val()(i, 0) - e.kl.val()(i, 0));
    CHECK(four.val()(i, 0) == e.log_likelihood.val()(i, 0) - 4 * e.kl.val()(i, 0));
    CHECK(e.kl.val()(i, 0) > 0);
  }
}

TEST_CASE("an example's terms do not depend on the batch it is in") {
  Parameters p;
  const Vae<GaussianMlp, BernoulliMlp> vae{{p, "encoder", 30, {20}, 4, activation("relu"), {1}},
                                           {p, "decoder", 4, {20}, 30, activation("relu"), {2}}};
  std::vector<Real> all(10 * 30);
  Stream(1, Purpose::data).uniform({all.data(), 10, 30});
  std::vector<std::uint32_t> order{3, 1, 4, 0, 5, 9, 2, 6, 8, 7};

  const auto terms = [&](std::span<const std::uint32_t> rows, Index particles) {
    Tape tape;
    const Var x = tape.constant(Shape{Index(rows.size()), 30});
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::copy_n(all.data() + 30 * rows[i], 30, x.val().row(Index(i)));
    Stream noise(5, Purpose::latent, 17, rows, std::uint32_t(particles));
    const auto q = vae.encode(x);
    const Var z = q.sample(noise, particles);
    const Var log_likelihood = vae.decode(z).log_prob(repeat_rows(x, particles));
    const Var mean = log_mean_exp(reshape(log_likelihood, Index(rows.size()), particles));
    const Var value = mean - kl(q, vae.prior);
    return std::vector<Real>(value.val().begin(), value.val().end());
  };
  for (const Index particles : {Index{1}, Index{3}}) {
    const auto whole = terms(order, particles);
    std::vector<Real> in_parts;
    for (std::size_t first = 0; first < 10; first += 4) {  // 4, 4 and a short batch of 2
      const auto part =
          terms(std::span(order).subspan(first, std::min<std::size_t>(4, 10 - first)), particles);
      in_parts.insert(in_parts.end(), part.begin(), part.end());
    }
    REQUIRE(in_parts.size() == 10);
    for (std::size_t i = 0; i < 10; ++i)
      CHECK(in_parts[i] == doctest::Approx(whole[i]).epsilon(1e-13));
  }
}

TEST_CASE("the output bias starts at the logit of the data's mean") {
  Parameters p;
  BernoulliMlp decoder(p, "decoder", 2, {}, 3, activation("relu"), {1});
  const Real mean[]{0.5, 0.2, 0};
  decoder.start_at({mean, 1, 3});
  Tape tape;
  const Var probability = decoder(tape.constant({{0, 0}})).mean();
  CHECK(probability.val()(0, 0) == doctest::Approx(0.5));
  CHECK(probability.val()(0, 1) == doctest::Approx(0.2));
  CHECK(probability.val()(0, 2) == doctest::Approx(0.001));
}

TEST_CASE("names of parameters, and an activation that does not exist") {
  Parameters p;
  const GaussianMlp encoder(p, "encoder", 5, {4, 3}, 2, activation("tanh"), {1});
  std::string names;
  for (const auto& each : p.list()) names += each.name + ' ';
  CHECK(names ==
        "encoder.0.weight encoder.0.bias encoder.1.weight encoder.1.bias encoder.mean.weight "
        "encoder.mean.bias encoder.log_variance.weight encoder.log_variance.bias ");
  CHECK(p.count() == 5 * 4 + 4 + 4 * 3 + 3 + 2 * (3 * 2 + 2));
  CHECK(message_of([] { activation("swish"); }) ==
        "activation: there is none called 'swish'\n"
        "  hint: one of relu, tanh, sigmoid, softplus, leaky_relu, elu, silu, gelu");
}
