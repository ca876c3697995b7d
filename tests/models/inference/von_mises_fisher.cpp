// The von Mises-Fisher posterior: its draws against Wood's rejection sampler and its own moments,
// its KL and its gradients against Monte Carlo and differences of expectations.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/inference.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>
#include <vaegrad/models/numerics/sphere.hpp>

using namespace vaegrad;

namespace {

// q at one example: with weights of one input, 1, κ and the direction are the parameters.
struct OnSphereCase {
  Parameters parameters;
  std::unique_ptr<Posterior> posterior;
  Index latent;
  Param mean, scale;

  OnSphereCase(Index latent_, double kappa) : latent(latent_) {
    posterior = vaegrad::posterior("von-mises-fisher")
                    .make(parameters, "q", 1,
                          {.latent = latent,
                           .scale = nullptr,
                           .activation = activation("tanh"),
                           .initial = {}});
    for (const auto& [name, param] : parameters.list()) {
      if (name == "q.mean.weight") mean = param;
      if (name == "q.scale.weight") scale = param;
    }
    const Matrix m = parameters.change_value(mean);
    for (Index j = 0; j < latent; ++j) m(0, j) = std::cos(double(3 * j + 1));
    parameters.change_value(scale)(0, 0) =
        kappa - 1 + std::log(-std::expm1(1 - kappa));  // κ = 1 + softplus(..)
  }
  PosteriorAt at(Tape& tape) const { return posterior->at(tape.constant(Real(1))); }
};

struct Moments {
  double n = 0, mean = 0, squares = 0;
  void add(double x) {
    const double d = x - mean;
    mean += d / ++n, squares += d * (x - mean);
  }
  double error() const { return std::sqrt(squares / (n - 1) / n); }
};

// A draw of μᵀz by rejection (Wood 1994, algorithm VM*), and how it and log(q / proposal) move with
// κ where the proposal's own number stays.
struct ByRejection {
  double w, slope, log_ratio_slope;
};
ByRejection by_rejection(Index m, double kappa, std::mt19937_64& random) {
  const double c = double(m - 1);
  const auto b_of = [&](double k) { return c / (2 * k + std::sqrt(4 * k * k + c * c)); };
  const double b = b_of(kappa), x = (1 - b) / (1 + b);
  const double d = kappa * x + c * std::log(1 - x * x);
  std::gamma_distribution<double> gamma(c / 2, 1);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (;;) {
    const double one = gamma(random), e = one / (one + gamma(random));
    const auto w_of = [&](double k) {
      const double at = b_of(k);
      return (1 - (1 + at) * e) / (1 - (1 - at) * e);
    };
    const double w = w_of(kappa);
    if (kappa * w + c * std::log(1 - x * w) - d < std::log(uniform(random))) continue;
    // log q(w(e, κ); κ) + log |∂w/∂e|, up to what does not depend on κ
    const auto log_ratio = [&](double k) {
      const double at = b_of(k), now = w_of(k);
      return k * now + (c - 2) / 2 * std::log(1 - now * now) + std::log(at) -
             2 * std::log(1 - (1 - at) * e) - sphere_normaliser(m, k).log;
    };
    const double h = 1e-4 * kappa;
    return {w, (w_of(kappa + h) - w_of(kappa - h)) / (2 * h),
            (log_ratio(kappa + h) - log_ratio(kappa - h)) / (2 * h)};
  }
}

}  // namespace

TEST_CASE("von Mises-Fisher: 100,000 draws lie on the sphere and have its moments") {
  for (const auto& size : {std::pair<Index, double>{2, 1.5}, {3, 5}, {11, 30}, {50, 2e3}}) {
    const Index latent = size.first;
    const double kappa = size.second;
    const OnSphereCase c(latent, kappa);
    Tape tape;
    PosteriorAt q = c.at(tape);
    constexpr Index draws = 100000;
    Stream noise(2, Purpose::latent, 0, 0, std::uint32_t(draws));
    const Var z = c.posterior->sample(q, noise, draws);
    const SphereNormaliser n = sphere_normaliser(latent, double(q.more.item()));
    Moments along, squared, first;
    double longest = 0;
    for (Index k = 0; k < draws; ++k) {
      double w = 0, length = 0;
      for (Index j = 0; j < latent; ++j)
        w += z.val()(k, j) * q.mean.val()(0, j), length += z.val()(k, j) * z.val()(k, j);
      along.add(w), squared.add(w * w), first.add(z.val()(k, 0));
      longest = std::max(longest, std::abs(length - 1));
    }
    INFO("latent ", latent, ", kappa ", kappa);
    CHECK(double(q.more.item()) == doctest::Approx(kappa));
    CHECK(longest < 1e-12);
    CHECK(std::abs(along.mean - n.ratio) < 4 * along.error());
    CHECK(std::abs(squared.mean - n.slope - n.ratio * n.ratio) < 4 * squared.error());
    CHECK(std::abs(first.mean - n.ratio * q.mean.val()(0, 0)) < 4 * first.error());
    // Across μ every direction is as likely: covariance (1 − E w²) / (Z − 1) (I − μ μᵀ)
    Moments across;
    const double a = q.mean.val()(0, 1), b = q.mean.val()(0, 0);  // the direction (a, −b) is across
    for (Index k = 0; k < draws; ++k)
      across.add(std::pow(a * z.val()(k, 0) - b * z.val()(k, 1), 2) / (a * a + b * b));
    CHECK(std::abs(across.mean - (1 - n.slope - n.ratio * n.ratio) / double(latent - 1)) <
          4 * across.error());

    // Its KL in closed form, and by the draws
    PriorAt p;
    p.uniform_sphere = true;
    const Var log_q = c.posterior->log_prob(q, z, draws, false);
    Moments kl;
    for (Index k = 0; k < draws; ++k) kl.add(log_q.val()(k, 0) + log_sphere_area(latent));
    CHECK(std::abs(kl.mean - c.posterior->kl(q, p).item()) < 4 * kl.error());
    MESSAGE("latent ", latent, ", kappa ", kappa, ": E w ", along.mean, " +- ", along.error(),
            ", A ", n.ratio, "; KL ", kl.mean, " +- ", kl.error(), ", closed ",
            c.posterior->kl(q, p).item());
  }
}

TEST_CASE("von Mises-Fisher: the density integrates to 1 on the circle and on the sphere in R³") {
  {
    const OnSphereCase c(2, 3);
    Tape tape;
    const PosteriorAt q = c.at(tape);
    constexpr Index n = 400;
    const Var z = tape.constant(Shape{n, 2});
    for (Index k = 0; k < n; ++k)
      z.val()(k, 0) = std::cos(2 * M_PI * double(k) / n),
                 z.val()(k, 1) = std::sin(2 * M_PI * double(k) / n);
    const Var log_q = c.posterior->log_prob(q, z, n, false);
    double sum = 0;
    for (const double l : log_q.val()) sum += std::exp(l) * 2 * M_PI / n;
    CHECK(sum == doctest::Approx(1).epsilon(1e-12));
  }
  const OnSphereCase c(3, 4);
  Tape tape;
  const PosteriorAt q = c.at(tape);
  constexpr Index n = 200;  // by the midpoint rule in the height, the trapezoidal around
  const Var z = tape.constant(Shape{n * n, 3});
  for (Index k = 0; k < n * n; ++k) {
    const double h = (2 * double(k / n) + 1) / n - 1, phi = 2 * M_PI * double(k % n) / n;
    const double r = std::sqrt(1 - h * h);
    z.val()(k, 0) = r * std::cos(phi), z.val()(k, 1) = r * std::sin(phi), z.val()(k, 2) = h;
  }
  const Var log_q = c.posterior->log_prob(q, z, n * n, true);
  double sum = 0;
  for (const double l : log_q.val()) sum += std::exp(l) * 4 * M_PI / double(n * n);
  CHECK(sum == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("von Mises-Fisher: the gradient of draws is that of the expectation, by differences") {
  // E f(z) with f = (aᵀz)³ + aᵀz: of μᵀz = w alone and the moments across, E (aᵀz)³ = α³ E w³ +
  // 3 α β² E w (1 − w²) / (Z − 1), with α = aᵀμ, β² = ‖a‖² − α²; E by quadrature over the angle
  constexpr Index latent = 4;
  OnSphereCase c(latent, 6);
  const double a[latent] = {0.9, -0.4, 0.3, 0.7};
  const auto expectation = [&] {
    Tape tape;
    const PosteriorAt q = c.at(tape);
    const double kappa = q.more.item();
    double alpha = 0, squares = 0, mass = 0, w1 = 0, w3 = 0;
    for (Index j = 0; j < latent; ++j) alpha += a[j] * q.mean.val()(0, j), squares += a[j] * a[j];
    constexpr int n = 4000;
    for (int k = 0; k < n; ++k) {
      const double t = M_PI * (k + 0.5) / n, w = std::cos(t);
      const double f = std::exp(kappa * (w - 1)) * std::pow(std::sin(t), latent - 2);
      mass += f, w1 += f * w, w3 += f * w * w * w;
    }
    w1 /= mass, w3 /= mass;
    return alpha * alpha * alpha * w3 +
           3 * alpha * (squares - alpha * alpha) * (w1 - w3) / (latent - 1) + alpha * w1;
  };
  // Of each parameter: by the tape, from batches of draws
  constexpr Index draws = 2000;
  constexpr int batches = 100;
  std::vector<Moments> of_tape(std::size_t(latent) + 1);
  for (int batch = 0; batch < batches; ++batch) {
    Tape tape;
    PosteriorAt q = c.at(tape);
    Stream noise(5, Purpose::latent, std::uint32_t(batch), 0, std::uint32_t(draws));
    const Var z = c.posterior->sample(q, noise, draws);
    const Var direction = tape.constant({{a[0], a[1], a[2], a[3]}});
    const Var along = row_sums(z * direction);
    const Var loss = average(along * square(along) + along);
    c.parameters.zero_gradient(), tape.backward(loss);
    for (Index j = 0; j < latent; ++j)
      of_tape[std::size_t(j)].add(c.parameters.gradient(c.mean)(0, j));
    of_tape[std::size_t(latent)].add(c.parameters.gradient(c.scale)(0, 0));
  }
  for (Index k = 0; k <= latent; ++k) {
    const auto moved = [&](double by) {
      const Matrix w = c.parameters.change_value(k < latent ? c.mean : c.scale);
      Real& x = w(0, k < latent ? k : 0);
      const Real before = x;
      x += by;
      const double to = expectation();
      c.parameters.change_value(k < latent ? c.mean : c.scale)(0, k < latent ? k : 0) = before;
      return to;
    };
    const double h = 1e-3,
                 want = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
    const Moments& m = of_tape[std::size_t(k)];
    INFO("parameter ", k, ": by differences ", want, ", of draws ", m.mean, " +- ", m.error());
    CHECK(std::abs(m.mean - want) < 4 * m.error());
    CHECK(m.error() < 0.01);
    MESSAGE("parameter ", k, ": by differences ", want, ", of draws ", m.mean, " +- ", m.error());
  }
}

TEST_CASE("von Mises-Fisher: rejection draws the same, and its path alone has a biased gradient") {
  constexpr Index latent = 5;
  constexpr double kappa = 3;
  const SphereNormaliser n = sphere_normaliser(latent, kappa);
  // E w² = A' + A², whose slope is by differences of it
  const auto second = [](double k) {
    const SphereNormaliser at = sphere_normaliser(latent, k);
    return at.slope + at.ratio * at.ratio;
  };
  const double want = (second(kappa + 1e-3) - second(kappa - 1e-3)) / 2e-3;
  std::mt19937_64 random(7);
  Moments w, path, corrected, inverted;
  const PolarAngle angle(latent, kappa);
  for (int k = 0; k < 100000; ++k) {
    const ByRejection r = by_rejection(latent, kappa, random);
    w.add(r.w), path.add(2 * r.w * r.slope);
    corrected.add(2 * r.w * r.slope + r.w * r.w * r.log_ratio_slope);
    const auto [theta, slope] = angle.at((k + 0.5) / 100000);
    inverted.add(-2 * std::cos(theta) * std::sin(theta) * slope);
  }
  CHECK(std::abs(w.mean - n.ratio) < 4 * w.error());
  CHECK(std::abs(corrected.mean - want) < 4 * corrected.error());
  CHECK(std::abs(path.mean - want) > 10 * path.error());
  CHECK(inverted.mean == doctest::Approx(want).epsilon(1e-5));
  MESSAGE("slope of E w^2: ", want, "; of the path by inversion ", inverted.mean, ", by rejection ",
          path.mean, " +- ", path.error(), ", with its correction ", corrected.mean, " +- ",
          corrected.error());
}

TEST_CASE("von Mises-Fisher: one latent is no sphere, and a prior that is everywhere is refused") {
  Parameters p;
  CHECK_THROWS_WITH_AS(
      posterior("von-mises-fisher")
          .make(p, "q", 1,
                {.latent = 1, .scale = nullptr, .activation = activation("tanh"), .initial = {}}),
      doctest::Contains("two latents, a circle"), UsageError);
  CHECK_THROWS_WITH_AS(check_together(posterior("von-mises-fisher"), prior("standard-normal")),
                       doctest::Contains("the prior uniform-sphere"), UsageError);
  CHECK_THROWS_WITH_AS(check_together(posterior("planar"), prior("uniform-sphere")),
                       doctest::Contains("the posterior von-mises-fisher"), UsageError);
}
