// Chapter 12: Anomaly detection
//
// Question   Can it tell what it has never seen?
// Answer     Not by log p(x) alone: simple images are probable whatever was learnt. Subtract what
//            an image as simple costs anyway, and it can; but no score is best everywhere.
//
// Symbols    x (B, D) bytes     z (B, Z)     L log p̂(x), K draws     A area under the ROC curve
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>

#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/data/drawn/shapes.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/uses/detection.hpp>
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/likelihoods.hpp>
#include <vaegrad/models/metrics/roc.hpp>

using namespace vaegrad;

namespace {

constexpr Index D = 784, H = 200, Z = 10;
using Numbers = std::vector<double>;

// (12.1)  A = P(s' > s) + ½ P(s' = s) for scores s of normal and s' of anomalous examples
double area(const Numbers& normal, const Numbers& anomalous) {
  return detection_quality(normal, anomalous, 0).auroc.value;
}

// Where p(x) is known exactly, so that no model is to blame
void known(Chapter& chapter) {
  constexpr Index n = 20000, d = 100;
  Numbers one[2], all[2];
  for (std::uint32_t odd : {0u, 1u}) {
    Tape tape;
    const Var x = tape.constant(Shape{n, d});
    Stream(chapter.seed, Purpose::data, odd).normal(x.val());
    const Var first = columns(x, 0, 1) + odd, half = (odd ? 0.32 : 0.5) * row_sums(square(x));
    one[odd].assign(first.val().begin(), first.val().end());
    all[odd].assign(half.val().begin(), half.val().end());
  }
  const auto claim = [&](auto label, auto text, const Numbers* s, double A) {
    chapter.claim(label, text, area(s[0], s[1]), A, 5 * std::sqrt(A * (1 - A) / n));
  };
  // (12.2)  s ~ N(0, 1), s' ~ N(1, 1):  A = Φ(1/√2)
  claim("(12.2)", "two normal scores: A", one, cdf(boost::math::normal(), 1 / std::sqrt(2)));
  // (12.3)  x ~ N(0, I), x' ~ N(0, 0.8² I), s = −log p(x) = ½ ‖x‖² + ..:  A = P(V/U > 1/0.64)
  const boost::math::fisher_f F(d, d);
  claim("(12.3)", "−log p(x), p(x) exact: A", all, cdf(complement(F, 1 / 0.64)));
}

struct Encoder {  // bytes 0..255 are no input for a network
  GaussianMlp net;
  DiagonalGaussian operator()(Var x) const { return net(x / 255); }
};
struct Model {
  Parameters p;
  Vae<Encoder, LikelihoodMlp> vae;
  Model(std::uint64_t seed, Activation a = activation("relu"))
      : vae{{GaussianMlp(p, "encoder", D, {H}, Z, a, {seed})},
            LikelihoodMlp(p, "decoder", Z, {H}, likelihood("discretised-logistic"), D,
                          likelihood_scale("per-dimension"), a, {seed})} {}
};
void train(Model& m, const Examples& data, double spoilt, const Chapter& chapter) {
  Batches batches(data, 100, chapter.seed);
  Adam optimiser(m.p);
  Tape tape;
  for (unsigned epoch = 0, epochs = chapter.quick ? 4 : 8; epoch < epochs; ++epoch) {
    batches.shuffle(epoch), optimiser.rule.learning_rate = 2e-3 * (1 - double(epoch) / epochs);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      tape.reset();
      const Var x = tape.constant(Shape{Index(batches[b].size()), D});
      fill(x.val(), *data.file, batches[b], Binarize::none, 0, 0);
      for (Real& v : x.val()) v = std::nearbyint(255 * v);
      // (12.7)  the background model's bytes become, with this probability, any of 0 .. 255
      mutate(x.val(), spoilt, 256, 1, batches[b], chapter.seed, epoch);
      Stream noise(chapter.seed, Purpose::latent, epoch, batches[b]);
      // (12.4)  ELBO = E_q log p(x|z) − KL(q(z|x) ‖ p(z))
      const Bound elbo = analytic_bound(m.vae, x, noise, {});
      m.p.zero_gradient(), tape.backward(-average(elbo.objective)), optimiser.step();
    }
  }
}

int chapter_12(Chapter& chapter) {
  known(chapter);
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(12000);
  Model model(chapter.seed), background(chapter.seed);
  train(model, data.train, 0, chapter), train(background, data.train, 0.3, chapter);
  const std::uint32_t n = chapter.quick ? 500 : 2000;
  const auto any = permutation(std::uint32_t(ShapeGrid{}.count()), chapter.seed, Purpose::data);
  const Images shapes = draw_shapes({}, std::span(any).first(n));
  const auto own = [&](auto i, auto y, auto x) { return data.test.file->image(i)[28 * y + x]; };
  const std::pair<const char*, std::function<std::uint8_t(unsigned, unsigned, unsigned)>> sets[] = {
      {"own kind", own},
      {"shapes", [&](auto i, auto y, auto x) { return shapes.image(i)[32 * y + x + 66]; }},
      {"dim", [&](auto i, auto y, auto x) { return own(i, y, x) / 4; }},
      {"upside down", [&](auto i, auto y, auto x) { return own(i, 27 - y, x); }},
      {"noise",
       [s = Stream(chapter.seed, Purpose::other)](auto...) mutable { return s.below(256); }}};
  const char* const names[] = {"−log p", "−ELBO", "−log p(x|z)", "KL", "ratio", "complexity"};
  Chart chart{"How probable are they?", "−log p(x), nats", "share of the images, per 100 nats"};
  ImageGrid grid{"What it was trained on, and what it was not", 28, 28, 12};
  Numbers scores[5][6], A[6];
  Tape tape;
  for (std::size_t k = 0; k < 5; ++k) {
    Series share{sets[k].first, {}, Numbers(60), Mark::line};
    for (int at = 0; at < 60; ++at) share.x.push_back(100 * at + 50);
    for (std::uint32_t i = 0; i < n; ++i) {
      std::vector<std::uint8_t> image;
      for (unsigned j = 0; j < D; ++j) image.push_back(sets[k].second(i, j / 28, j % 28));
      const auto bound = [&, K = chapter.quick ? 5u : 20u](const Model& m) {
        tape.reset();
        const Var x = tape.constant(Shape{1, D});
        std::ranges::copy(image, x.val().begin());
        Stream noise(chapter.seed, Purpose::evaluate, 0, i, K);
        // (12.5)  L = log 1/K Σ_k w_k,  w = p(x|z) p(z)/q(z|x)
        return importance_weighted_bound(m.vae, x, noise, {.particles = K});
      };
      const double other = bound(background).objective.item();
      const Bound b = bound(model);
      const double L = b.objective.item(), missed = -b.log_likelihood.item(), rate = b.kl.item();
      // (12.6)  −L − size of the compressed image;  (12.7)  L of the background model − L
      const double s[] = {-L, missed + rate, missed, rate, other - L, -L - complexity(image, 28)};
      for (std::size_t j = 0; j < 6; ++j) scores[k][j].push_back(s[j]);
      share.y[std::size_t(std::clamp(-L / 100, 0., 59.))] += 1. / n;
      if (i < 12) grid.pixels.insert(grid.pixels.end(), image.begin(), image.end());
    }
    chart.series.push_back(share), grid.row_labels.push_back(sets[k].first);
    for (std::size_t j = 0; j < 6; ++j) A[j].push_back(area(scores[0][j], scores[k][j]));
    for (std::size_t j = 0; j < 6 && k > 0; ++j)
      chapter.note(concat("A, ", sets[k].first, ", ", names[j]), A[j][k]);
  }
  const double least = std::min({A[5][1], A[5][2], A[5][3], A[5][4]});
  chapter.claim_between("(12.5)", "−log p fails: A, shapes", A[0][1], 0, 0.2);
  chapter.claim_between("(12.5)", "and does not: A, noise", A[0][4], 0.9, 1);
  chapter.claim_between("(12.7)", "ratio: A, upside down", A[4][3], 0.55, 1);
  chapter.claim_between("(12.6)", "complexity: least A of the four", least, 0.55, 1);
  draw(chart, chapter.figure("scores.png")), draw(grid, chapter.figure("images.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "12-anomaly-detection", chapter_12); }
