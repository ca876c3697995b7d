// Chapter 6: Generation
//
// Question   What has it learnt: can it draw, where an autoencoder cannot?
// Answer     A decoder can draw from codes it has met. The KL gathers the codes of all images where
//            the prior is, so a draw from the prior is such a code; an autoencoder has more holes.
//
// Symbols    x (B, D) pixels, 0 or 1     z (N, Z) codes     q(z) average of the clouds N(μ, σ²)
#include <boost/math/distributions/normal.hpp>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/vae.hpp>

using namespace vaegrad;

namespace {
constexpr Index D = 784, H = 400, Z = 2, B = 128, cells = 16;
const boost::math::normal prior;  // p(z) of one latent

struct Model {
  bool vae;  // else an autoencoder: the same networks, but z = μ and no KL
  Parameters p;
  GaussianMlp encode;
  BernoulliMlp decode;
  Model(bool vae, std::uint64_t seed)
      : vae(vae),
        encode(p, "encoder", D, {H}, Z, activation("relu"), {seed, Initialiser::he}),
        decode(p, "decoder", Z, {H}, D, activation("relu"), {seed, Initialiser::he}) {}
};
void train(Model& model, const Examples& data, const Chapter& chapter) {
  Batches batches(data, B, chapter.seed);
  Adam optimiser(model.p);
  Tape tape;
  for (unsigned epoch = 0, epochs = chapter.quick ? 6 : 20; epoch < epochs; ++epoch) {
    batches.shuffle(epoch), optimiser.rule.learning_rate = 2e-3 * (1 - double(epoch) / epochs);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      tape.reset();
      const Var x = tape.constant(Shape{Index(batches[b].size()), D});
      fill(x.val(), *data.file, batches[b], Binarize::sample, chapter.seed, epoch);
      Stream noise(chapter.seed, Purpose::latent, epoch, batches[b]);
      const DiagonalGaussian q = model.encode(x);
      // (6.1)  maximise log p(x|z), z = μ;  a VAE: z drawn, and − KL(q(z|x) ‖ p(z))
      const Var z = model.vae ? q.sample(noise) : q.mean;
      const Var log_px = model.decode(z).log_prob(x),
                elbo = log_px - Real(model.vae) * kl(q, StandardNormal{});
      model.p.zero_gradient(), tape.backward(-average(elbo));
      optimiser.step();
    }
  }
}

// (6.7)  cells of the same share 1/256 of p(z); a hole has less than half of that of the codes
struct Cells {
  std::vector<bool> hole;
  double holes = 0, kl = 0;  // their share;  Σ r log(256 r),  r the share of codes in a cell
  Cells(ConstMatrix z, double N) {
    std::vector<double> in(cells * cells);
    const auto of = [](Real t) { return Index(cells * std::min(0.9999, cdf(prior, double(t)))); };
    for (Index i = 0; i < z.rows; ++i)  // z_2 up
      in[std::size_t(cells * (cells - 1 - of(z(i, 1))) + of(z(i, 0)))] += 1. / N;
    for (double r : in) {
      hole.push_back(r < 0.5 / (cells * cells)), holes += double(hole.back()) / (cells * cells);
      if (r > 0) kl += r * std::log(r * cells * cells);
    }
  }
};

// Of clouds q(z|x) of N images, and of one z of each
void aggregate(Chapter& chapter, const DiagonalGaussian& q, Var z, double cells_kl) {
  const double N = double(z.shape().rows), log_2pi = std::log(2 * M_PI);
  const Var mean = transpose(q.mean), log_variance = transpose(q.log_variance);
  const auto log_q = [&](Var z, Index j) {  // z (n, 1) by latent j of all clouds: (n, N)
    const Var m = rows(mean, j, 1), l = rows(log_variance, j, 1);
    return -0.5 * (square(z - m) * exp(-l) + l + log_2pi);
  };
  // (6.2)  q(z) = average of q(z|x) over images
  const Var log_q_z = log_mean_exp(log_q(columns(z, 0, 1), 0) + log_q(columns(z, 1, 1), 1));
  // (6.4)  I = average of log q(z|x) − log q(z)
  const Var told = q.log_prob(z) - log_q_z, I = average(told);
  const double error = std::sqrt(average(square(told - I)).item() / N);
  // (6.5)  KL(q(z) ‖ p(z)) = ∫∫ q log q/p,  on a grid; with two latents a cloud is a product
  const Var g = z.tape().constant(Shape{800, 1});
  const double h = 0.015;  // clouds as narrow as that are seen by at least two points
  for (Index i = 0; i < 800; ++i) g.val().data[i] = Real(h * (double(i) + 0.5) - 6);
  const Var density = matmul(exp(log_q(g, 0)), transpose(exp(log_q(g, 1)))) / N;
  const Var log_p = -0.5 * (square(g) + square(transpose(g))) - log_2pi;
  const double apart = h * h * sum(density * (log(density + 1e-30) - log_p)).item();
  const double rate = average(kl(q, StandardNormal{})).item();
  chapter.claim("(6.2)", "∫∫ q(z)", h * h * sum(density).item(), 1, 2e-3);
  // (6.3)  average of KL(q(z|x) ‖ p(z)) = I + KL(q(z) ‖ p(z))
  chapter.claim("(6.3)", "I + KL(q(z) ‖ p(z)) = average KL", I.item() + apart, rate, 5 * error);
  chapter.note("I", I.item());
  chapter.claim_between("(6.5)", "KL(q(z) ‖ p(z))", apart, 0.2, 0.9);
  chapter.claim_between("(6.7)", "of it seen in cells", cells_kl, 0, apart + 0.02);
}

int chapter_6(Chapter& chapter) {
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(12000);
  Model models[] = {{false, chapter.seed}, {true, chapter.seed}};
  ImageGrid way{"From one test image to another", 28, 28, 12, {}, {"autoencoder", "VAE", "pixels"}};
  double holes[2], N = double(data.test.count());
  for (Model& model : models) {
    train(model, data.train, chapter);
    Tape tape;
    const Var x = tape.constant(Shape{Index(N), D});
    fill(x.val(), *data.test.file, data.test.rows, Binarize::sample, chapter.seed, ~0u);
    Stream noise(chapter.seed, Purpose::evaluate, 0, data.test.rows);
    const DiagonalGaussian raw = model.encode(x);
    // (6.6)  m = average of μ,  s² = average of (μ − m)² + σ²;  then z ← (z − m)/s
    const Var m = column_sums(raw.mean) / N, v = Real(model.vae) * exp(raw.log_variance);
    const Var s = sqrt(column_sums(square(raw.mean - m) + v) / N);
    const DiagonalGaussian q{(raw.mean - m) / s, raw.log_variance - 2 * log(s)};
    const Var z = ((model.vae ? raw.sample(noise) : raw.mean) - m) / s;
    const auto decode = [&](Var z) { return model.decode(m + s * z).mean(); };
    const Var z_1 = columns(z, 0, 1), z_2 = columns(z, 1, 1);  // uncorrelated, as in chapter 1:
    const double rho = average(z_1 * z_2).item(), rest = std::sqrt(1 - rho * rho);
    const Cells seen(Var(concatenate_columns(z_1, Var((z_2 - rho * z_1) / rest))).val(), N);
    const auto name = model.vae ? "vae" : "autoencoder";
    chapter.note(concat(name, ": share of cells that are holes"), holes[model.vae] = seen.holes);
    if (model.vae) {
      const Var saved = average(Var(kl(raw, StandardNormal{}) - kl(q, StandardNormal{})));
      const Var known = row_sums(0.5 * (square(m) + square(s) - 1 - log(square(s))));
      chapter.claim("(6.6)", "saved by moving and scaling", saved.item(), known.item(), 1e-3);
      aggregate(chapter, q, z, seen.kl);
    }
    const Var grid = tape.constant(Shape{cells * cells, Z});
    for (Index i = 0; i < cells * cells; ++i) {
      const auto middle = [](Index k) { return quantile(prior, (double(k) + 0.5) / cells); };
      const double right = middle(i % cells), up = middle(cells - 1 - i / cells);
      grid.val()(i, 0) = Real(right), grid.val()(i, 1) = Real(rho * right + rest * up);
    }
    ImageGrid map{concat(name, ": z_1 right, z_2 up; holes are framed"), 28, 28, cells};
    add_images(map, decode(grid).val());
    frame(map, seen.hole);
    draw(map, chapter.figure(concat("map-", name, ".png")));
    const Var t = tape.constant(Shape{12, 1});  // from one image to another, in 12 steps
    for (Index i = 0; i < 12; ++i) t.val().data[i] = Real(i) / 11;
    add_images(way, decode(rows(z, 0, 1) + t * (rows(z, 1, 1) - rows(z, 0, 1))).val());
    if (model.vae) add_images(way, Var(rows(x, 0, 1) + t * (rows(x, 1, 1) - rows(x, 0, 1))).val());
  }
  chapter.claim_between("(6.7)", "holes: autoencoder less VAE", holes[0] - holes[1], 0.05, 0.5);
  draw(way, chapter.figure("way.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "06-generation", chapter_6); }
