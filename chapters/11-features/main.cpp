// Chapter 11: Features
//
// Question   What is in the code?
// Answer     What the likelihood of pixels asks for; nobody asked for classes. Near codes are alike
//            images, so nearest neighbours gain by it. A linear probe of clothes loses by it.
//
// Symbols    x (N, D) pixels     z (N, Z) code     n labels of each class     δ distance of classes
#include <boost/math/distributions/normal.hpp>

#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/uses/features.hpp>
#include <vaegrad/models/metrics/pca.hpp>
#include <vaegrad/models/metrics/probe.hpp>
#include <vaegrad/models/vae.hpp>

using namespace vaegrad;

namespace {

double Phi(double t) { return cdf(boost::math::normal(), t); }
// Two classes N(±½ δ e₁, I) in d dimensions, told apart by the nearer of two averages of n examples
struct Classes {
  double d, delta;
  // (11.2)  P(right) ≈ Φ(½ δ / √((1 + 2d/nδ²)(1 + 1/2n)))
  double foretold(double n) const {
    return Phi(delta / 2 / std::sqrt((1 + 2 * d / (n * delta * delta)) * (1 + 1 / (2 * n))));
  }
  double found(double n, int draws, std::uint64_t seed) const {
    double right = 0;
    for (int draw = 0; draw < draws; ++draw) {
      // The averages' difference w = δ e₁ + √(2/n) ε and middle m = ε'/√(2n)
      OwnedMatrix e(2, Index(d));
      Stream(seed, Purpose::data, std::uint32_t(draw), std::uint32_t(n)).normal(e.view());
      double ww = 0, wm = 0, w_1 = 0;
      for (Index j = 0; j < e.cols; ++j) {
        const double w = (j ? 0 : delta) + std::sqrt(2 / n) * e.view()(0, j);
        ww += w * w, wm += w * e.view()(1, j) / std::sqrt(2 * n), w_1 += j ? 0 : w;
      }
      // w'(x − m) is normal: right for either class with probability Φ((½ δ w_1 ∓ w'm)/‖w‖)
      for (double side : {-1, 1})
        right += Phi((delta / 2 * w_1 + side * wm) / std::sqrt(ww)) / (2 * draws);
    }
    return right;
  }
};
Chart known(Chapter& chapter) {
  const Classes classes[] = {{10, 1.6}, {784, 2}};
  Series lines[] = {{"10 numbers, δ = 1.6"}, {"784 numbers, δ = 2"}}, dots[2];
  double worst = 0;
  for (double n = 2; n < 10000; n *= 4)
    for (std::size_t k : {0u, 1u}) {
      const double found = classes[k].found(n, chapter.quick ? 20 : 300, chapter.seed);
      lines[k].x.push_back(n), lines[k].y.push_back(classes[k].foretold(n));
      dots[k].x.push_back(n), dots[k].y.push_back(found);
      worst = std::max(worst, std::abs(found - lines[k].y.back()));
      lines[k].mark = Mark::line, dots[k].mark = Mark::points, dots[k].colour = int(k);
    }
  const auto gain = [](const Series* s, std::size_t i) { return s[0].y[i] - s[1].y[i]; };
  chapter.claim("(11.2)", "nearer average: found less foretold, worst", worst, 0, 0.03);
  chapter.claim("(11.2)", "10 numbers less 784, n = 8", gain(dots, 1), gain(lines, 1), 0.03);
  chapter.claim("(11.2)", "10 numbers less 784, n = 2048", gain(dots, 5), gain(lines, 5), 0.01);
  // (11.1)  no classifier is right more often than Φ(½ δ);  here δ = 2
  constexpr Index n = 2000, tests = 20000;
  OwnedMatrix x(n + tests, 10);
  Stream(chapter.seed, Purpose::test).normal(x.view());
  std::vector<Label> y;
  for (Index i = 0; i < x.rows; ++i)
    y.push_back(i % 2 == 1), x.view()(i, 0) += i % 2 ? Real(1) : Real(-1);
  const ConstMatrix train{x.numbers.data(), n, 10}, test{x.numbers.data() + 10 * n, tests, 10};
  const Features two[] = {{"two classes", train, test}};
  const auto labels = std::span(y).first(n), hidden = std::span(y).subspan(n);
  const double right = probe(two, labels, hidden, 2, {{0}, 1, chapter.seed})[0].accuracy[0];
  chapter.claim_between("(11.1)", "linear probe, δ = 2", right, Phi(1) - 0.02, Phi(1) + 0.013);
  Chart chart{"Two normal classes", "labels of each class", "share that is right"};
  chart.series = {lines[0], lines[1], dots[0], dots[1]}, chart.log_x = true;
  return chart;
}

int chapter_11(Chapter& chapter) {
  draw(known(chapter), chapter.figure("known.png"));
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(12000), data.test.rows.resize(2000);
  const Index D = Index(data.test.file->dimensions()), Z = 10;
  Parameters p;
  const GaussianMlp encode(p, "encoder", D, {500, 250}, Z, activation("relu"), {chapter.seed});
  const BernoulliMlp decode(p, "decoder", Z, {250, 500}, D, activation("relu"), {chapter.seed});
  Batches batches(data.train, 100, chapter.seed);
  Adam optimiser(p);
  Tape tape;
  for (unsigned epoch = 0, epochs = 8; epoch < epochs; ++epoch) {
    batches.shuffle(epoch), optimiser.rule.learning_rate = 1e-3 * (1 - double(epoch) / epochs);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      tape.reset();
      const Var x = tape.constant(Shape{Index(batches[b].size()), D});
      fill(x.val(), *data.train.file, batches[b], Binarize::sample, chapter.seed, epoch);
      Stream noise(chapter.seed, Purpose::latent, epoch, batches[b]);
      // (11.3)  maximise E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)); no label in it
      const DiagonalGaussian q = encode(x);
      const Var elbo = decode(q.sample(noise)).log_prob(x) - kl(q, StandardNormal{});
      p.zero_gradient(), tape.backward(-average(elbo)), optimiser.step();
    }
  }
  // (11.4)  the code: z = μ(x) of the grey image;  PCA of as many numbers beside it
  const auto codes = [&](const OwnedMatrix& x) {
    tape.reset();
    OwnedMatrix to(x.rows, Z);
    return std::ranges::copy(encode(tape.constant(x)).mean.val(), to.numbers.begin()), to;
  };
  const OwnedMatrix x = pixels(data.train), x_test = pixels(data.test);
  const OwnedMatrix z = codes(x), z_test = codes(x_test);
  const Pca plane = pca(x, Z);
  const OwnedMatrix c = plane.codes(x), c_test = plane.codes(x_test);
  const Features sets[] = {{"code", z, z_test}, {"PCA", c, c_test}, {"pixels", x, x_test}};
  // (11.5)  linear: log P(y|x) = l_y − log Σ_c exp l_c, l = x W + b;  (11.6)  k nearest vote
  ProbeSettings settings{{100, 300}, chapter.quick ? 4 : 5, chapter.seed};
  if (!chapter.quick) settings.label_counts = {50, 100, 300, 1000};
  const std::size_t each = 2 * settings.label_counts.size();
  const auto cells = probe(sets, labels_of(data.train), labels_of(data.test), 10, settings);
  std::vector<Chart> charts{{"Linear probe", "labels"}, {"Nearest neighbours", "labels"}};
  std::vector<double> lead[2];  // of the code: by sets of features, for rising numbers of labels
  for (std::size_t i = 0; i < cells.size(); ++i) {  // linear and k-NN in turn
    const ProbeCell &cell = cells[i], &code = cells[i % each];
    Chart& chart = charts[i % 2];
    if (i % each < 2) chart.series.push_back({sets[i / each].name});
    chart.series.back().x.push_back(double(cell.labels));
    chart.series.back().y.push_back(spread(cell.accuracy).mean);
    if (i < each) continue;
    // (11.7)  over the same draws of labels: average difference, and its standard error
    const Spread d = paired(code.accuracy, cell.accuracy);
    const auto text = concat(cell.classifier, ", ", cell.labels, ": code less ", cell.features);
    chapter.note(text, d.mean), chapter.note("its standard error", d.standard_error());
    lead[i % 2].push_back(d.mean);
  }
  const double knn = lead[1][each / 2 - 1];
  chapter.claim_between("(11.5)", "linear, code less pixels: LOST", lead[0].back(), -0.15, -0.005);
  chapter.claim_between("(11.6)", "k-NN, code less PCA, most labels", knn, 0, 0.15);
  for (Chart& chart : charts) chart.y_label = "share that is right", chart.log_x = true;
  draw(charts, chapter.figure("labels.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "11-features", chapter_11); }
