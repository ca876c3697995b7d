// Chapter 13: Harder, better, cheaper
//
// Question   Why does training go wrong, and what makes it easier and cheaper?
// Answer     Latents that earn less than they cost are given up: rightly, or before they can earn.
//
// Symbols    x (B, D) data     z (B, Z) code     λ variances of the data     R KL of a latent
#include <ctime>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/bounds.hpp>

using namespace vaegrad;

namespace {

struct How {
  double warm_up = 0, free_bits = 0, s2 = 1.5;  // share of training; nats per latent; variance
  bool sees = false;
  std::size_t batch = 128;
  // (13.3)  β Σ_j KL_j, β rising from 0 to 1;  free bits: β Σ_j max(f, average of KL_j)
  Var cost(Var kl, double at) const {
    const double beta = warm_up > 0 ? std::min(1., at / warm_up) : 1;
    return beta * (free_bits > 0 ? free_bits_kl(kl, free_bits) : row_sums(kl));
  }
};
// A linear VAE, x ~ N(0, λ), z = A x + σ ε, p(x|z) = N(W z, s²), in each of five directions
constexpr double lambda[] = {8, 4, 2, 1, 0.5};
double linear_vae(const Chapter& chapter, const How& how, Chart* chart = nullptr) {
  Parameters p;
  const auto first = [&](std::uint32_t n) { return initial(Initialiser::glorot, chapter.seed, n); };
  const Param A = p.add("a", {1, 5}, first(0)), W = p.add("w", {1, 5}, first(1));
  const Param C = p.add("log σ²", {1, 5});
  Adam optimiser(p);
  Tape tape;
  double worst = 0;
  for (int step = 0, steps = 4000; step <= steps; ++step) {
    tape.reset();
    const Var l = tape.constant({{8, 4, 2, 1, 0.5}}), a = tape(A), w = tape(W), c = tape(C);
    // (13.1)  E log p(x|z) = −½ (log 2πs² + ((1 − A W)² λ + W² σ²)/s²)
    const Var missed = square(1 - a * w) * l + square(w) * exp(c);
    const Var log_px = -0.5 * (std::log(2 * M_PI * how.s2) + missed / how.s2);
    const Var kl = 0.5 * (square(a) * l + exp(c) - 1 - c);
    p.zero_gradient(), tape.backward(how.cost(kl, double(step) / steps) - sum(log_px));
    optimiser.rule.learning_rate = 0.03 * (1 - double(step) / steps);
    optimiser.step();
    for (std::size_t j = 0; step == steps && j < 5; ++j) {
      // (13.2)  R = max(0, ½ log λ/s²), with free bits max(f, ..)
      const double got = kl.val().data[j], r = 0.5 * std::log(lambda[j] / how.s2);
      worst = std::max(worst, std::abs(got - std::max(how.free_bits, r)));
      if (chart) chart->series[j].x.push_back(how.s2), chart->series[j].y.push_back(got);
    }
  }
  return worst;
}
// The slope of the bound in μ where q = N(μ, σ²) is the posterior: log p(x, z) = −½ z²/σ² + const
void noise(Chapter& chapter, bool drawn) {
  const double N = 200000, s = 0.5, want = drawn ? 1 / (s * s) : (1 / s - s) * (1 / s - s);
  Tape tape;
  Stream stream(chapter.seed, Purpose::latent);
  const Var mean = tape.variable(ConstMatrix{std::vector<Real>(Index(N)).data(), Index(N), 1});
  const Var z = mean + s * standard_noise(tape, mean.shape(), stream);
  const Var log_ratio = 0.5 * (square(z) - square((z - mean) / s)), closed = 0.5 * square(mean);
  tape.backward(sum(0.5 * square(z) - 0.5 * square(z / s) - (drawn ? log_ratio : closed)));
  double variance = 0;  // (13.4)  (1/σ − σ)²;  if the KL is drawn 1/σ²
  for (Real slope : mean.adj()) variance += double(slope) * double(slope) / N;
  chapter.claim("(13.4)", concat("variance, KL ", drawn ? "drawn" : "in closed form"), variance,
                want, 5 * want * std::sqrt(2 / N));
}
constexpr Index D = 784, H = 200, Z = 20;
using Trained = std::array<double, 3>;  // ELBO, KL, seconds of processor time
Trained train(const Chapter& chapter, const DataSet& data, unsigned epochs, const How& how) {
  Parameters p;
  const GaussianMlp encode(p, "encoder", D, {H}, Z, activation("relu"), {chapter.seed});
  const BernoulliMlp decode(p, "decoder", Z, {H}, D, activation("relu"), {chapter.seed});
  const Param M = p.add("M", {how.sees ? D : 1, D});
  Tape tape;
  const auto see = [&](const Examples& from, auto rows, Purpose purpose, std::uint32_t draw) {
    tape.reset();
    const Var x = tape.constant(Shape{Index(rows.size()), D});
    fill(x.val(), *from.file, rows, Binarize::sample, chapter.seed, draw);
    Stream noise(chapter.seed, purpose, draw, rows);
    const DiagonalGaussian q = encode(x);
    Var l = decode(q.sample(noise)).logits;
    if (how.sees) l = l + matmul(x, tape(M));  // (13.5)  logits l(z) + x M,  M_ij = 0 unless i < j
    return std::pair(Bernoulli{l}.log_prob(x), Var(kl_per_latent(q, StandardNormal{})));
  };
  Batches batches(data.train, how.batch, chapter.seed);
  Adam optimiser(p);
  const auto start = std::clock();
  for (unsigned epoch = 0; epoch < epochs; ++epoch) {
    batches.shuffle(epoch);
    optimiser.rule.learning_rate = (how.sees ? 5e-3 : 2e-3) * (1 - double(epoch) / epochs);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      const auto [log_px, kl] = see(data.train, batches[b], Purpose::latent, epoch);
      const double at = (epoch + double(b) / double(batches.count())) / epochs;
      p.zero_gradient(), tape.backward(-average(log_px - how.cost(kl, at)));
      for (Index i = 0; how.sees && i < D; ++i) std::fill_n(p.gradient(M).row(i), i + 1, Real(0));
      optimiser.step();
    }
  }
  const double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
  const auto [log_px, kl] = see(data.test, data.test.rows, Purpose::evaluate, ~0u);
  const double rate = average(row_sums(kl)).item();
  return {average(log_px).item() - rate, rate, seconds};
}
int chapter_13(Chapter& chapter) {
  Chart rates{"A linear VAE gives up latents", "s², variance of the decoder", "KL, nats"};
  rates.log_x = true;
  for (double l : lambda) rates.series.push_back({concat("λ = ", l)});
  double worst = 0;
  for (double s2 = 0.2; s2 < 8; s2 *= chapter.quick ? 2 : 1.25)
    worst = std::max(worst, linear_vae(chapter, {.s2 = s2}, &rates));
  chapter.claim("(13.2)", "linear: worst error of the KL", worst, 0, 1e-3);
  chapter.claim("(13.3)", "linear: warmed up", linear_vae(chapter, {.warm_up = 0.5}), 0, 1e-3);
  chapter.claim("(13.3)", "linear: f = 0.3", linear_vae(chapter, {.free_bits = 0.3}), 0, 1e-3);
  noise(chapter, false), noise(chapter, true);
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(8000), data.test.rows.resize(1000);
  const unsigned epochs = chapter.quick ? 4 : 6;
  const auto run = [&](const char* name, const How& how) {
    const Trained t = train(chapter, data, epochs, how);
    chapter.note(concat("images, ", name, ": ELBO"), t[0]);
    chapter.note(concat("images, ", name, ": KL"), t[1]);
    chapter.note(concat("images, ", name, ": seconds of a processor"), t[2]);
    return t;
  };
  const Trained blind = run("blind", {}), sees = run("sees", {.sees = true});
  const Trained warm = run("sees, warmed up", {.warm_up = 0.5, .sees = true});
  const Trained freed = run("sees, free bits", {.free_bits = 0.5, .sees = true});
  chapter.claim_between("(13.5)", "images: KL, sees / blind", sees[1] / blind[1], 0.05, 0.6);
  chapter.claim_between("(13.3)", "images: KL, warmed up / not", warm[1] / sees[1], 1.3, 6);
  chapter.claim_between("(13.3)", "images: ELBO gained by that", warm[0] - sees[0], -0.5, 5);
  chapter.claim_between("(13.3)", "images: KL, free bits", freed[1], 0.9 * 0.5 * Z, Z);
  const Trained small = run("of 16", {.batch = 16}), large = run("of 1024", {.batch = 1024});
  // (13.6)  floating point operations of an image: 6 (D H + 2 H Z + Z H + H D) − 2 D H
  const double flop = (10. * D * H + 18 * H * Z) * epochs * double(data.train.count());
  chapter.note("images, of 1024: GFLOP/s", 1e-9 * flop / large[2]);
  chapter.claim_between("(13.6)", "images: time, 16 / 1024", small[2] / large[2], 1.1, 30);
  chapter.claim_between("(13.6)", "images: ELBO, 16 less 1024", small[0] - large[0], 1, 300);
  draw(rates, chapter.figure("rates.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** v) { return run_chapter(n, v, "13-harder-better-cheaper", chapter_13); }
