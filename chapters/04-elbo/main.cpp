// Chapter 4: The evidence lower bound
//
// Question   When is the ELBO equal to log p(x)?
// Answer     When q(z|x) is the true posterior p(z|x): the gap is KL(q(z|x) ‖ p(z|x)). A
//            linear-Gaussian VAE can close it; where the posterior has two modes, none can.
//
// Symbols    x (B, 1) data     z (B, 1) latent     q = N(μ, σ²)     p(x|z) = N(W z + b, s²)
// Equations  are those of README.md in this folder.
// Numbers    double
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/numerics/quadrature.hpp>

using namespace vaegrad;

namespace {

const double log_2pi = std::log(2 * M_PI);

struct Vae {
  Var mean, log_variance, w = {}, b = {}, log_s2 = {};
};
// (4.2)  log p(x|z) = −½ ((x − W z − b)²/s² + log 2π s²)
Var log_likelihood(Var x, Var z, const Vae& v) {
  return -0.5 * (square(x - v.w * z - v.b) * exp(-v.log_s2) + v.log_s2 + log_2pi);
}
// (4.5)  KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²)
Var kl(const Vae& v) { return 0.5 * (square(v.mean) + exp(v.log_variance) - 1 - v.log_variance); }
// (4.6)  E_q log p(x|z) = log p(x|μ) − ½ W² σ²/s²,  less the KL: the ELBO
Var elbo(Var x, const Vae& v) {
  const Var spread = 0.5 * square(v.w) * exp(v.log_variance - v.log_s2);
  return log_likelihood(x, v.mean, v) - spread - kl(v);
}

// One x and two q: the bound by three ways, and its gap
void bound(Chapter& chapter) {
  const double w = 1.5, b = -0.5, s2 = 0.6, x = 2, v = w * w + s2, evidence = log_normal(x, b, v);
  // (4.1)  p(x) = ∫ p(x|z) p(z) dz = N(b, W² + s²) at x
  const auto joint = [=](double z) { return log_normal(x, w * z + b, s2) + log_normal(z, 0, 1); };
  const double area = integral([&](double z) { return std::exp(joint(z)); });
  chapter.claim("(4.1)", "log p(x): closed form = quadrature", evidence, std::log(area), 1e-10);
  // (4.7)  p(z|x) = N(W (x − b) / (W² + s²), s² / (W² + s²))
  const double p_mean = w * (x - b) / v, p_variance = s2 / v;
  for (const std::string which : {", another q", ", q = p(z|x)"}) {
    const bool other = which == ", another q";
    const double mean = other ? 0.3 : p_mean, variance = other ? 0.5 : p_variance;
    const auto log_q = [&](double z) { return log_normal(z, mean, variance); };
    const auto expected = [&](auto f) {  // E_q (log q(z) − f(z))
      return integral([&](double z) { return std::exp(log_q(z)) * (log_q(z) - f(z)); });
    };
    Tape tape;
    const auto c = [&](Real value) { return tape.constant(value); };
    const Vae vae{c(mean), c(std::log(variance)), c(w), c(b), c(std::log(s2))};
    const double closed = elbo(c(x), vae).item(), exact = -expected(joint);
    chapter.claim("(4.6)", "ELBO: closed form = quadrature" + which, closed, exact, 1e-10);
    // (4.3)  ELBO = E_q[log p(x|z) + log p(z) − log q(z|x)],  z = μ + σ ε drawn
    const Var e = tape.constant(Shape{chapter.quick ? 100000 : 1000000, 1});
    Stream(chapter.seed, Purpose::latent).normal(e.val());
    const Var z = vae.mean + exp(0.5 * vae.log_variance) * e;
    const Var log_ratio = 0.5 * (square(z) - square(e) - vae.log_variance);  // log q − log p(z)
    const Var one = log_likelihood(c(x), z, vae) - log_ratio, drawn = average(one);
    const double spread = std::sqrt(average(square(one - drawn)).item());
    const double band = 5 * spread / std::sqrt(double(e.shape().rows)) + 1e-10;
    chapter.claim("(4.3)", "ELBO: drawn = closed form" + which, drawn.item(), closed, band);
    chapter.note("standard deviation of one draw", spread);
    // (4.4)  log p(x) − ELBO = KL(q ‖ p(z|x))
    const double lack = expected([&](double z) { return log_normal(z, p_mean, p_variance); });
    chapter.claim("(4.4)", "log p(x) − ELBO = KL" + which, evidence - closed, lack, 1e-10);
  }
}

// A VAE of six numbers learns data x ~ N(1, 2²): its bound becomes tight
Series train(Chapter& chapter) {
  constexpr Index B = 200, N = 10000;
  std::vector<Real> data(N);
  Stream(chapter.seed, Purpose::data).normal({data.data(), N, 1});
  double m1 = 0, m2 = 0;
  for (Real& x : data) x = 1 + 2 * x, m1 += x / N, m2 += x * x / N;
  // (4.8)  the average of log N(x) is at most −½ (log 2πV + 1), V the variance of the data
  const double best = -0.5 * (log_2pi + std::log(m2 - m1 * m1) + 1);
  Parameters p;
  const auto add = [&](const char* name, Real x) { return p.add(name, {1, 1}, constant_fill(x)); };
  const Param A = add("A", 0.1), c = add("c", 0), log_v = add("log_v", 0);
  const Param w = add("w", 0.5), b = add("b", 0), log_s2 = add("log_s2", 0);
  Tape tape;
  auto vae = [&](Var x) {
    return Vae{tape(A) * x + tape(c), tape(log_v), tape(w), tape(b), tape(log_s2)};
  };
  Series lack{"best log p(x) − ELBO"};
  Adam optimiser(p);
  for (int step = 1, steps = chapter.quick ? 4000 : 20000; step <= steps; ++step) {
    tape.reset();
    const Var x = tape.constant(ConstMatrix{&data[std::size_t(step * B % N)], B, 1});
    const Var e = tape.constant(x.shape());
    Stream(chapter.seed, Purpose::latent, std::uint32_t(step)).normal(e.val());
    const Vae v = vae(x);
    const Var z = v.mean + exp(0.5 * v.log_variance) * e;
    p.zero_gradient(), tape.backward(-average(log_likelihood(x, z, v) - kl(v)));
    optimiser.rule.learning_rate = 0.02 * (1 - double(step) / steps);
    optimiser.step();
    if (step % (step < 1000 ? 20 : steps / 100)) continue;
    tape.reset();
    const Var all = tape.constant(ConstMatrix{data.data(), N, 1});
    lack.x.push_back(step), lack.y.push_back(best - average(elbo(all, vae(all))).item());
  }
  const auto of = [&](const Param& param) { return *p.value(param).data; };
  const double posterior = of(w) / (of(w) * of(w) + std::exp(of(log_s2)));
  chapter.claim_between("(4.8)", "trained: best log p(x) − ELBO", lack.y.back(), 0, 0.002);
  chapter.claim("(4.7)", "trained: dμ/dx = the posterior's", of(A), posterior, 0.02);
  return lack;
}

// The decoder N(z², ½²) at x = 4 makes a posterior with two modes
Chart fork(Chapter& chapter) {
  double best = -1e9, mean = 0, variance = 0;
  for (double m = 1.7; m < 2.2; m += 0.001)  // the best q among many
    for (double v = 0.005; v < 0.05; v += 0.0001) {
      // (4.9)  E_q (x − z²)² = x² − 2x (μ² + σ²) + μ⁴ + 6μ²σ² + 3σ⁴
      const double d = 16 - 8 * (m * m + v) + m * m * m * m + 6 * m * m * v + 3 * v * v;
      const double elbo = -0.5 * (4 * d - std::log(4) + log_2pi + m * m + v - 1 - std::log(v));
      if (elbo > best) best = elbo, mean = m, variance = v;
    }
  const auto joint = [](double z) {
    return std::exp(log_normal(4, z * z, 0.25) + log_normal(z, 0, 1));
  };
  const double px = integral(joint), lack = std::log(px) - best;
  chapter.claim("(4.9)", "two modes: log p(x) − best ELBO = log 2", lack, std::log(2), 0.01);
  Series p{"p(z|x = 4)"}, q{"q(z|x = 4)"};
  for (double z = -3; z <= 3; z += 0.01) {
    p.x.push_back(z), p.y.push_back(joint(z) / px);
    q.x.push_back(z), q.y.push_back(std::exp(log_normal(z, mean, variance)));
  }
  return {"A posterior with two modes, and the best Gaussian", "z", "density", {p, q}};
}

int chapter_4(Chapter& chapter) {
  bound(chapter);
  Chart learning{"A linear-Gaussian VAE learns", "step", "nats", {train(chapter)}};
  learning.log_x = learning.log_y = true;
  draw(std::vector{learning, fork(chapter)}, chapter.figure("elbo.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int argc, char** argv) { return run_chapter(argc, argv, "04-elbo", chapter_4); }
