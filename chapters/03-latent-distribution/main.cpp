// Chapter 3: The latent distribution
//
// Question   Why encode a distribution, and how do we differentiate through a sample?
// Answer     A code with a width has a price in nats; a point would cost infinitely many. Written
//            as z = μ + σ ε the sample is a differentiable function of μ and σ.
//
// Symbols    μ, σ mean and scale     ε ~ N(0, 1)     z (N, D) samples     a what the network gives
// Equations  are those of README.md in this folder.
// Numbers    double
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/numerics/quadrature.hpp>

using namespace vaegrad;

namespace {

constexpr Real m = 1, s = 0.5;  // μ and σ of every latent

// (3.2)  along the path: J(z) = Σ_j z_j² as it stands, derivatives J'(z) and J'(z) ε
Var pathwise(Var, Var, Var z) { return row_sums(square(z)); }
// (3.3)  by the score: J(z) log q(z) with z held fixed, derivatives J(z) times those of log q
Var score(Var mean, Var scale, Var z) {
  const Var at = stop_gradient(z);
  return row_sums(square(at)) * row_sums(-0.5 * square((at - mean) / scale) - log(scale));
}

struct Slopes {
  std::array<double, 2> mean = {}, variance = {};  // of ∂/∂μ_1 and ∂/∂σ_1 over N samples
};
Slopes slopes(Var of(Var, Var, Var), Index N, Index D, std::uint64_t seed) {
  Tape tape;
  const Var mean = tape.variable(Shape{N, D}), scale = tape.variable(Shape{N, D});
  const Var e = tape.constant(Shape{N, D});
  constant_fill(m)(mean.val()), constant_fill(s)(scale.val());
  Stream(seed, Purpose::latent).normal(e.val());
  const Var z = mean + scale * e;  // (3.1)  z = μ + σ ε
  tape.backward(sum(of(mean, scale, z)));
  Slopes g;
  for (std::size_t k : {0u, 1u}) {
    const Var one = columns(tape.constant((k ? scale : mean).adj()), 0, 1);  // (N, 1)
    g.mean[k] = average(one).item(), g.variance[k] = average(square(one - g.mean[k])).item();
  }
  return g;
}

// (3.4)  the variances in closed form; r and r2 are E R and E R² of R = z_2² + .. + z_D²
Slopes predicted(bool by_score, double D) {
  const double m2 = m * m, s2 = s * s, r = (D - 1) * (m2 + s2);
  const double r2 = r * r + (D - 1) * (4 * m2 + 2 * s2) * s2;
  Slopes g{{2 * m, 2 * s}, {4 * s2, 4 * m2 + 8 * s2}};
  if (by_score) {
    g.variance[0] = (m2 * m2 + 2 * r * (m2 + 3 * s2) + r2) / s2 + 18 * m2 + 15 * s2;
    g.variance[1] = (2 * m2 * m2 + 4 * r * (m2 + 5 * s2) + 2 * r2) / s2 + 60 * m2 + 78 * s2;
    for (std::size_t k : {0u, 1u}) g.variance[k] -= g.mean[k] * g.mean[k];
  }
  return g;
}

// (3.5)  KL(N(μ, σ²) ‖ N(0, τ²)) = ½ ((μ² + σ²)/τ² − 1 − log(σ²/τ²))
Var kl(Real mean, Var scale, Real tau = 1) {
  return 0.5 * ((mean * mean + square(scale)) / (tau * tau) - 1 - log(square(scale / tau)));
}
struct Formula {  // from a, which may be any number, to σ
  const char* name;
  Var (*scale)(Var a);
  double (*variance)(double a);
  double at_0, left;  // KL for a = 10⁻⁴ and μ = 0; the least KL to N(0, 2²)
};
// clang-format off
const Formula formulas[] = {
    {"exp(a/2)",       [](Var a) -> Var { return exp(0.5 * a); },                        // (3.6)
     [](double a) { return std::exp(a); }, 0, 0},
    {"log(1 + exp a)", [](Var a) -> Var { return softplus(a); },                         // (3.7)
     [](double a) { return std::pow(std::log1p(std::exp(a)), 2); }, 0.10674, 0},
    {"tanh a",         [](Var a) -> Var { return tanh(a); },                             // (3.8)
     [](double a) { return std::pow(std::tanh(a), 2); }, 4 * std::log(10) - 0.5, std::log(2) - 3. / 8}};
// clang-format on

int chapter_3(Chapter& chapter) {
  const Index N = chapter.quick ? 200000 : 1000000;
  Chart chart{"Variance of an estimate from one sample", "D, latents", "variance"};
  chart.log_x = chart.log_y = true;
  double worst = 0;
  for (bool by_score : {false, true}) {
    for (const char* name : {"dE/dμ, ", "dE/dσ, "})
      chart.series.push_back({concat(name, by_score ? "score" : "pathwise")});
    for (Index D : {1, 2, 4, 8, 16, 32}) {
      const auto got = slopes(by_score ? score : pathwise, N / D, D, chapter.seed);
      const auto want = predicted(by_score, double(D));
      for (std::size_t k : {0u, 1u}) {
        Series& line = chart.series[2 * by_score + k];
        line.x.push_back(double(D)), line.y.push_back(got.variance[k]);
        worst = std::max(worst, std::abs(got.variance[k] / want.variance[k] - 1));
        if (D > 1) continue;
        chapter.claim(by_score ? "(3.3)" : "(3.2)", line.title, got.mean[k], want.mean[k],
                      5 * std::sqrt(want.variance[k] / double(N)));
        chapter.note("variance", got.variance[k]);
      }
    }
  }
  chapter.claim("(3.4)", "variances: worst relative error", worst, 0, chapter.quick ? 0.3 : 0.15);
  draw(chart, chapter.figure("variance.png"));

  std::vector<Chart> both{{"The scale", "a", "σ"}, {"The price of a width", "a", "KL, nats"}};
  Tape tape;
  for (const Formula& f : formulas) {
    const auto kl_at = [&](Real a, Real mu) { return kl(mu, f.scale(tape.constant(a))).item(); };
    const auto integrand = [&](double t) {  // q(z) log(q(z) / p(z)) dz/dt at z = μ + σ t
      const double v = f.variance(-0.7), z = m + std::sqrt(v) * t;
      return std::exp(-t * t / 2) / std::sqrt(2 * M_PI) * (z * z - t * t - std::log(v)) / 2;
    };
    const double area = integral(integrand, 12);
    const auto name = concat(", σ = ", f.name);
    chapter.claim("(3.5)", "KL: closed form = quadrature" + name, kl_at(-0.7, m), area, 1e-10);
    // (3.9)  where training starts, a ≈ 0: KL ≈ −log σ − ½ when σ is small
    chapter.claim("(3.9)", "KL at a = 0.0001" + name, kl_at(1e-4, 0), f.at_0, 1e-4);
    // (3.10)  where it cannot end: the target N(0, 2²) is wider than the prior
    Parameters parameters;
    const Param A = parameters.add("a", {1, 1}, constant_fill(-0.5));
    Sgd optimiser(parameters, {.learning_rate = 0.2});
    for (int step = 0; step < 3000; ++step) {
      tape.reset();
      parameters.zero_gradient();
      tape.backward(kl(0, f.scale(tape(A)), 2));
      optimiser.step();
    }
    tape.reset();
    const Var end = f.scale(tape(A));
    chapter.claim("(3.10)", "KL to N(0, 4) left" + name, kl(0, end, 2).item(), f.left, 1e-3);
    chapter.note("σ ends at", end.item());

    for (Chart& chart : both) chart.series.push_back({f.name});
    for (double a = -3; a <= 3; a += 0.03125) {
      const double y[] = {f.scale(tape.constant(a)).item(), kl_at(a, 0)};
      for (std::size_t k : {0u, 1u})
        both[k].series.back().x.push_back(a), both[k].series.back().y.push_back(y[k]);
    }
  }
  both[1].y_range = {0, 3};
  draw(both, chapter.figure("scales.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "03-latent-distribution", chapter_3); }
