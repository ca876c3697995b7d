// Chapter 7: The beta-VAE
//
// Question   What does beta trade?
// Answer     Nats of the code (rate) for nats of the image (distortion): at the optimum a nat less
//            of rate costs β nats of distortion, and what is worth less than its price is given up.
//
// Symbols    x (B, D)     z (B, Z)     R rate     D distortion     β price of a nat of rate
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/metrics/factors/disentanglement.hpp>
#include <vaegrad/models/metrics/pca.hpp>
#include <vaegrad/models/vae.hpp>

using namespace vaegrad;

namespace {

// (7.1)  R = KL(q(z|x) ‖ p(z)) = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²)
Var rate(const DiagonalGaussian& q) {
  return row_sums(0.5 * (square(q.mean) + exp(q.log_variance) - 1 - q.log_variance));
}
// (7.3)  β (R − R') ≤ D' − D ≤ β' (R − R') from each β to the next; by how much that is missed
double misses(const std::vector<double>& beta, const Series& rd) {
  double most = 0;
  for (std::size_t i = 1; i < beta.size(); ++i) {
    const double fall = rd.x[i - 1] - rd.x[i], rise = rd.y[i] - rd.y[i - 1];
    most = std::max({most, beta[i - 1] * fall - rise, rise - beta[i] * fall});
  }
  return most;
}

// Six factors, mixed by a reflection; encoder and decoder are linear, and the optimum is known
Chart linear(Chapter& chapter) {
  constexpr Index d = 6, N = 1000;
  const double s2 = 0.1, log_norm = 0.5 * d * std::log(2 * M_PI * s2);
  Tape made, tape;
  const Var f = made.constant(Shape{N, d});
  Stream(chapter.seed, Purpose::data).normal(f.val());
  for (Index i = 0; i < N * d; ++i) f.val().data[i] *= Real(std::sqrt(4.8 / (1 << i % d)));
  const Var mixed = f - (2.0 / d) * row_sums(f), data = mixed - column_sums(mixed) / double(N);
  const Pca axes = pca(data.val(), d);  // of these data: variances λ_i along axes u_i
  const std::vector<double> betas{1, 2, 4, 8, 16, 32}, zero(6), flat(6, log_norm);
  Series trained{"trained", zero, zero, Mark::points}, best{"optimum", zero, flat};
  double wrong = 0, along = 1, H = 0.5 * d * (std::log(2 * M_PI) + 1);
  for (double lambda : axes.variances) H += 0.5 * std::log(lambda);
  for (std::size_t k = 0; k < 6; ++k) {
    Parameters p;
    const auto first = initial(Initialiser::glorot, chapter.seed, 0);
    const Param A = p.add("A", {d, d}, first), W = p.add("W", {d, d}, first);
    const Param V = p.add("V", {1, d});
    Adam optimiser(p);
    for (int step = 0, steps = chapter.quick ? 5000 : 20000; step < steps; ++step) {
      tape.reset();
      const Var x = tape.constant(data.val()), w = tape(W);
      const DiagonalGaussian q{matmul(x, tape(A)), tape(V)};
      // (7.5)  D = (E ‖x − μ W‖² + Σ_j σ_j² ‖W_j‖²)/2s² + ½ d log 2πs²
      const Var missed = average(row_sums(square(x - matmul(q.mean, w)))), R = average(rate(q));
      const Var D = (missed + sum(matmul(exp(tape(V)), square(w)))) / (2 * s2) + log_norm;
      p.zero_gradient(), tape.backward(D + betas[k] * R);
      optimiser.rule.learning_rate = 0.02 * (1 - double(step) / steps), optimiser.step();
      trained.x[k] = R.item(), trained.y[k] = D.item();
    }
    // (7.6)  R = Σ_i ½ max(0, log λ_i/βs²),  D = Σ_i ½ (min(λ_i, βs²)/s² + log 2πs²)
    for (double lambda : axes.variances)
      best.x[k] += 0.5 * std::max(0., std::log(lambda / (betas[k] * s2))),
          best.y[k] += 0.5 * std::min(lambda, betas[k] * s2) / s2;
    wrong = std::max(wrong, std::hypot(trained.x[k] - best.x[k], trained.y[k] - best.y[k]));
    // (7.7)  of Σ_j ‖W_j‖² the share along the axis nearest to W_j
    const Var w = made.constant(p.value(W)), u = made.constant(axes.components);
    const Var squares = square(matmul(w, transpose(u)));
    along = std::min(along, double(sum(max(squares)).item() / sum(squares).item()));
  }
  chapter.claim("(7.6)", "linear: R and D against the optimum, worst", wrong, 0, 0.005);
  // (7.4)  R + D ≥ average of −log p(x) ≥ H
  chapter.claim("(7.4)", "linear, β = 1: R + D = H", trained.x[0] + trained.y[0], H, 0.005);
  chapter.claim_between("(7.7)", "linear: share along the axes", along, 0.99, 1.0001);
  return {"Six factors, β = 1, 2, 4 .. 32", "R, nats", "Δ, nats", {best, trained}};
}

// Images of known factors; for each β and seed the same networks, batches and noise
int chapter_7(Chapter& chapter) {
  const Chart of_linear = linear(chapter);
  const DataSet set = load_data_set("shapes-16", {.validation = 0});
  const Images& file = *set.train.file;
  const Index D = Index(file.dimensions()), Z = 6;
  const std::vector<double> betas{0.5, 1, 2, 4, 8, 32}, zero(6);
  const std::size_t seeds = chapter.quick ? 1 : 5;
  Series rd{"trained", zero, zero}, mig{"MIG of each training", {}, {}, Mark::points};
  Chart known{"What is known of the factors", "β", "gap of a factor, and MIG, as shares of H(F)"};
  for (const auto& v : file.factors.names) known.series.push_back({v, betas, zero, Mark::line});
  ImageGrid grid{
      "What is left of an image", 16, 16, 12, {}, {"x", "β = ½", "1", "2", "4", "8", "32"}};
  double empty = 0, gain = 0;
  for (std::size_t i = 0; i < 6 * seeds; ++i) {
    const std::size_t k = i / seeds;
    const std::uint64_t seed = 100 * chapter.seed + i % seeds;
    Parameters p;
    const GaussianMlp encode(p, "encoder", D, {128, 128}, Z, activation("relu"), {seed});
    const BernoulliMlp decode(p, "decoder", Z, {128, 128}, D, activation("relu"), {seed});
    Tape tape;
    const auto terms = [&](std::span<const std::uint32_t> rows, Purpose purpose, unsigned epoch) {
      tape.reset();
      const Var x = tape.constant(Shape{Index(rows.size()), D});
      fill(x.val(), file, rows, Binarize::threshold, 0, 0);
      Stream noise(seed, purpose, epoch, rows);
      const DiagonalGaussian q = encode(x);
      const Var l = decode(q.sample(noise)).logits;
      // (7.1)  D = −log p(x|z) = Σ_j (log(1 + exp l_j) − x_j l_j)
      return std::tuple(x, q.mean, l, rate(q), row_sums(softplus(l) - x * l));
    };
    Batches batches(set.train, 100, seed);
    Adam optimiser(p);
    for (unsigned epoch = 0, epochs = chapter.quick ? 3 : 10; epoch < epochs; ++epoch) {
      batches.shuffle(epoch), optimiser.rule.learning_rate = 2e-3 * (1 - double(epoch) / epochs);
      for (std::size_t b = 0; b < batches.count(); ++b) {
        const auto [x, mean, l, R, D] = terms(batches[b], Purpose::latent, epoch);
        // (7.2)  minimise D + β R
        p.zero_gradient(), tape.backward(average(D + betas[k] * R)), optimiser.step();
      }
    }
    const auto [x, mean, l, R, D] = terms(set.train.rows, Purpose::evaluate, 0);
    rd.x[k] += average(R).item() / Real(seeds), rd.y[k] += average(D).item() / Real(seeds);
    // (7.8)  an empty code: D = Σ_j (−π_j log π_j − (1 − π_j) log(1 − π_j)),  π = average of x
    const Var pi = column_sums(x) / double(set.train.count()), rest = 1 - pi;
    empty = -double(sum(pi * log(pi + 1e-9) + rest * log(rest + 1e-9)).item());
    // (7.9)  MIG: average over factors F of (I(z_a; F) − I(z_b; F))/H(F), z_a knows most, then z_b
    const auto gap = mutual_information_gap(mean.val(), {file.factors.sizes, file.factors.indices});
    mig.x.push_back(betas[k]), mig.y.push_back(gap.score);
    for (std::size_t v = 0; v < 5; ++v) known.series[v].y[k] += gap.of_factor[v] / double(seeds);
    if (i == 0) add_images(grid, rows(x, 0, 12).val());
    if (i % seeds == 0) add_images(grid, rows(sigmoid(l), 0, 12).val());
  }
  const double least = rd.x[1] + rd.y[1], near = std::min(rd.x[0] + rd.y[0], rd.x[2] + rd.y[2]);
  for (const Series& factor : known.series) gain += (factor.y[3] - factor.y[1]) / 5;
  chapter.claim("(7.3)", "shapes: slopes miss β .. β', nats", misses(betas, rd), 0, 0.2);
  chapter.claim_between("(7.4)", "R + D, β = 1 less its neighbours", least - near, -5, 0);
  chapter.claim("(7.8)", "β = 32: D of an empty code", rd.y[5], empty, 0.3);
  if (!chapter.quick) chapter.claim_between("(7.9)", "MIG, β = 4 less β = 1", gain, 0, 0.5);
  known.log_x = true, known.series.push_back(mig);
  const Chart of_shapes{"Shapes, β = ½, 1, 2, 4, 8, 32", "R, nats", "Δ, nats", {rd}};
  draw(std::vector{of_linear, of_shapes}, chapter.figure("curves.png"));
  draw(known, chapter.figure("factors.png"));
  draw(grid, chapter.figure("images.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "07-beta-vae", chapter_7); }
