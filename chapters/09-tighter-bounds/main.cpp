// Chapter 9: Tighter bounds
//
// Question   How good is the model really?
// Answer     Draw K codes, average their weights before the logarithm: the bound rises with K
//            towards log p(x); its gap is χ²/2K, if q finds every z that counts.
//
// Symbols    w (n, K) weights     L_K bound     χ² variance of w/p(x)
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/evidence_on_grid.hpp>
#include <vaegrad/models/numerics/quadrature.hpp>

using namespace vaegrad;

namespace {
const double log_2pi = std::log(2 * M_PI);
// One datum x = 4, one latent z ~ N(0, 1), x ~ N(z², ½²): two tops, z = 2 and z = −2 (chapter 4)
double log_joint(double z) { return log_normal(4, z * z, 0.25) + log_normal(z, 0, 1); }
const double p_x = integral([](double z) { return std::exp(log_joint(z)); });

struct Q {  // q(z|x) = N(μ, σ²)
  const char* name;
  double mean, std;
  double log(double z) const { return log_normal(z, mean, std * std); }
  // (9.5)  χ² = ∫ p(z|x)² / q(z|x) dz − 1
  double v() const {
    const auto f = [&](double z) { return std::exp(2 * log_joint(z) - log(z)); };
    return integral(f) / (p_x * p_x) - 1;
  }
};
// log p(x) − L_K from n draws, and the average of p̂(x)/p(x)
std::pair<double, double> lack(Q q, Index K, Index n, std::uint64_t seed) {
  Tape tape;
  const Var e = tape.constant(Shape{n / K, K});
  Stream(seed, Purpose::evaluate, std::uint32_t(K)).normal(e.val());
  // (9.1)  log w = log p(x|z) + log p(z) − log q(z|x),  z = μ + σ ε;  (n/K, K)
  const Var z = q.mean + q.std * e;
  const Var log_px = -2 * square(4 - square(z)) - 0.5 * (log_2pi + std::log(1. / 4));
  const Var log_w = log_px + 0.5 * (square(e) - square(z)) + std::log(q.std);
  // (9.2)  L_K = E log p̂(x),  p̂(x) = 1/K Σ_k w_k
  const Var log_ratio = log_mean_exp(log_w - std::log(p_x));
  return {-average(log_ratio).item(), average(exp(log_ratio)).item()};
}
Chart two_tops(Chapter& chapter) {
  constexpr Index n = 1 << 22;
  const Q q[] = {{"q on one mode", 1.958, 0.127}, {"q over both", 0, 2}};
  Chart chart{"Two modes: the gap of the bound", "K", "log p(x) − L_K, nats"};
  chart.log_x = chart.log_y = true;
  for (std::size_t k : {0u, 1u}) {
    Series line{q[k].name};
    double ratio = 0, rise = 1e9, at_64 = 0;
    for (Index K = 1; K <= 256; K *= 2) {
      const auto [lacks, average_ratio] = lack(q[k], K, n, chapter.seed);
      if (K == 64) at_64 = lacks + average_ratio - 1;  // E p̂/p = 1: as in (9.4), less noise
      if (K > 1) rise = std::min(rise, line.y.back() / lacks);
      line.x.push_back(double(K)), line.y.push_back(lacks), ratio += average_ratio / 9;
    }
    chart.series.push_back(line);
    const double v = q[k].v(),
                 kl = integral([&](double z) {
                   return std::exp(q[k].log(z)) * (q[k].log(z) + std::log(p_x) - log_joint(z));
                 });
    chapter.claim("(9.2)", concat("log p(x) − L_1 = KL, ", q[k].name), line.y[0], kl, kl / 100);
    if (k == 0) {  // (9.6)  log p(x) − L_K ≈ log 2
      chapter.claim("(9.6)", "on one mode: log p(x) − L_256 = log 2", line.y[8], std::log(2), 0.01);
    } else {  // (9.3)  L_1 ≤ L_2 ≤ ..;  (9.4)  log p(x) − L_K ≈ χ²/2K
      chapter.claim("(9.1)", "average of p̂(x)/p(x)", ratio, 1, 5 * std::sqrt(v / 9 / n));
      chapter.claim_between("(9.3)", "over both: least fall of log p(x) − L_K", rise, 1.5, 20);
      chapter.claim("(9.4)", "log p(x) − L_64, in units of χ²/2K", at_64 * 128 / v, 1, 0.15);
    }
  }
  return chart;
}
// A VAE of images with a code of two numbers, so that log p(x) can be computed
Chart images(Chapter& chapter) {
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  data.train.rows.resize(chapter.quick ? 6000 : 12000);
  data.test.rows.resize(chapter.quick ? 50 : 500);
  const Index D = Index(data.test.file->dimensions());
  const auto see = [&](Tape& t, const Examples& from, auto rows, std::uint32_t draw) {
    const Var x = t.constant(Shape{Index(rows.size()), D});
    return fill(x.val(), *from.file, rows, Binarize::sample, chapter.seed, draw), x;
  };
  Chart chart{"Images: the bound rises to log p(x)", "K", "L_K, nats per image"};
  chart.log_x = true;
  for (Index trained : {1, 10}) {
    Parameters p;
    const Activation a = activation("tanh");
    const Vae vae{GaussianMlp(p, "encoder", D, {200}, 2, a, {chapter.seed}),
                  BernoulliMlp(p, "decoder", 2, {200}, D, a, {chapter.seed})};
    Batches batches(data.train, 100, chapter.seed);
    Adam optimiser(p);
    Tape tape;
    for (unsigned epoch = 0, epochs = chapter.quick ? 8 : 20; epoch < epochs; ++epoch) {
      batches.shuffle(epoch);
      optimiser.rule.learning_rate = 3e-3 * (1 - double(epoch) / epochs);
      for (std::size_t b = 0; b < batches.count(); ++b) {
        tape.reset();
        const Var x = see(tape, data.train, batches[b], epoch);
        Stream noise(chapter.seed, Purpose::latent, epoch, batches[b], std::uint32_t(trained));
        const Bound L = importance_weighted_bound(vae, x, noise, {.particles = trained});
        p.zero_gradient(), tape.backward(-average(L.objective));
        optimiser.step();
      }
    }
    const std::span<const std::uint32_t> rows = data.test.rows;
    const auto model_and_x = [&](Tape& t) {
      return std::pair(vae, see(t, data.test, rows, fixed_draw(Split::test)));
    };
    // (9.7)  log p(x) = log ∫∫ p(x|z) p(z) dz, by sums over a grid;  (9.8)  L_1000 ≤ it
    double log_p = 0, error = 0;
    tape.reset();
    const Var x = model_and_x(tape).second;
    for (double v : log_evidence_on_grid(vae.decode, x.val(), chapter.quick ? 300 : 600))
      log_p += v / double(rows.size());
    Series L{concat("trained with K = ", trained), {1, 10, 100, 1000}};
    for (double K : L.x) {
      std::vector<LogWeights> draws;
      const auto log_w = [&](Tape& t, Stream& noise, Index k) {
        const auto [vae, x] = model_and_x(t);
        return log_weights(vae, x, noise, k);
      };
      importance_sample(log_w, rows, Index(K), chapter.seed, draws);
      L.y.push_back(0), error = 0;
      for (const LogWeights& w : draws)
        L.y.back() += w.log_mean() / double(rows.size()), error += w.variance();
    }
    error = 4 * std::sqrt(error) / double(rows.size());
    const auto text = concat("log p(x), trained with K = ", trained);
    chapter.claim_between("(9.8)", "L_1000 − " + text, L.y.back() - log_p, -1, error);
    chart.series.push_back(L), chart.references.push_back({log_p, text});
  }
  const double gain = chart.references[1].y - chart.references[0].y;  // (9.9)  of L_10 over L_1
  if (chapter.quick)
    chapter.note("log p(x) gained by K = 10", gain);  // 1.6 ± 1.0: too few images
  else
    chapter.claim_between("(9.9)", "log p(x) gained by K = 10", gain, 0.3, 10);
  return chart;
}
int chapter_9(Chapter& chapter) {
  draw(std::vector{two_tops(chapter), images(chapter)}, chapter.figure("bounds.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "09-tighter-bounds", chapter_9); }
