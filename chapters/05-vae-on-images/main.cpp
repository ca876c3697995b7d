// Chapter 5: A VAE on images
//
// Question   What does the whole program look like: data, encoder, decoder, loss, training?
// Answer     Two small networks, one drawn z per image, a loss of two terms, a loop of 15 lines.
//
// Symbols    x (B, D) pixels, 0 or 1     z (B, Z) code     l (B, D) logits     B images per step
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

using namespace vaegrad;

namespace {

constexpr Index D = 784, H = 400, Z = 20, B = 128;

struct Layer {
  Param W, b;
  auto operator()(Var x) const { return matmul(x, x.tape()(W)) + x.tape()(b); }
};
struct Gaussian {
  Var mean, log_variance;
};

int chapter_5(Chapter& chapter) {
  Parameters parameters;
  const auto layer = [&](const char* name, Index in, Index out) {
    const auto first = initial(Initialiser::glorot, chapter.seed, parameters.list().size());
    return Layer{parameters.add(concat(name, ".W"), {in, out}, first),
                 parameters.add(concat(name, ".b"), {1, out})};
  };
  const Layer encoder = layer("encoder", D, H), mean = layer("mean", H, Z),
              log_variance = layer("log_variance", H, Z);
  const Layer decoder = layer("decoder", Z, H), logits = layer("logits", H, D);

  // (5.1)  q(z|x) = N(μ(x), diag σ²(x)),  the network gives μ and log σ²
  const auto encode = [&](Var x) {
    const Var h = relu(encoder(x));
    return Gaussian{mean(h), log_variance(h)};
  };
  // (5.2)  z = μ + σ ⊙ ε,  ε ~ N(0, I)
  const auto sample = [&](Gaussian q, Stream& noise) -> Var {
    const Var e = q.mean.tape().constant(q.mean.shape());
    noise.normal(e.val());
    return q.mean + exp(0.5 * q.log_variance) * e;
  };
  // (5.3)  p(x|z) = Bernoulli(sigmoid(l)),  the network gives the logits l
  const auto decode = [&](Var z) -> Var { return logits(relu(decoder(z))); };

  // (5.4)  log p(x|z) = Σ_j (x_j log π_j + (1 − x_j) log(1 − π_j)) = Σ_j (x_j l_j − log(1 + e^l_j))
  const auto log_likelihood = [](Var x, Var l) { return row_sums(x * l - softplus(l)); };
  // (5.5)  KL(q ‖ p) = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²)
  const auto kl = [](Gaussian q) {
    return row_sums(0.5 * (square(q.mean) + exp(q.log_variance) - 1 - q.log_variance));
  };

  const DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  Examples train = data.train, test = data.test;
  if (chapter.quick) train.rows.resize(12000), test.rows.resize(1000);
  Batches batches(train, B, chapter.seed);
  const auto images = [&](Tape& tape, const Examples& from, std::span<const std::uint32_t> rows,
                          std::uint32_t draw) {
    const Var x = tape.constant(Shape{Index(rows.size()), D});
    fill(x.val(), *from.file, rows, Binarize::sample, chapter.seed, draw);
    return x;
  };

  const auto evaluate = [&] {
    struct {
      double elbo = 0, kl = 0, at_mean = 0, monte_carlo = 0;
    } t;
    Tape tape;
    Batches all(test, 250);
    for (std::size_t b = 0; b < all.count(); ++b) {
      tape.reset();
      const Var x = images(tape, test, all[b], fixed_draw(Split::test));
      Stream noise(chapter.seed, Purpose::evaluate, 0, all[b]);
      const Gaussian q = encode(x);
      const Var z = sample(q, noise), log_px = log_likelihood(x, decode(z));
      // (5.7)  log q(z|x) − log p(z) = ½ Σ_j (z_j² − (z_j − μ_j)²/σ_j² − log σ_j²):  its average
      // is the KL
      const Var log_ratio =
          row_sums(0.5 * (square(z) - square(z - q.mean) * exp(-q.log_variance) - q.log_variance));
      t.elbo += sum(log_px - kl(q)).item() / double(test.count());
      t.kl += sum(kl(q)).item() / double(test.count());
      t.monte_carlo += sum(log_ratio).item() / double(test.count());
      t.at_mean += sum(log_likelihood(x, decode(q.mean)) - kl(q)).item() / double(test.count());
    }
    return t;
  };

  // (5.6)  ELBO = E_q[log p(x|z)] − KL(q ‖ p),  maximised by stochastic gradient ascent
  Chart chart{.title = "ELBO", .x_label = "epoch", .y_label = "nats per image"};
  chart.series = {{.title = "training, as met"}, {.title = "test"}};
  Adam optimiser(parameters, {.learning_rate = 1e-3});
  Tape tape;
  for (std::uint32_t epoch = 1; epoch <= (chapter.quick ? 3u : 10u); ++epoch) {
    batches.shuffle(epoch);
    double total = 0;
    for (std::size_t b = 0; b < batches.count(); ++b) {
      tape.reset();
      const Var x = images(tape, train, batches[b], epoch);
      Stream noise(chapter.seed, Purpose::latent, epoch, batches[b]);
      const Gaussian q = encode(x);
      const Var z = sample(q, noise);
      const Var elbo = log_likelihood(x, decode(z)) - kl(q);  // (B, 1)
      parameters.zero_gradient();
      tape.backward(-average(elbo));
      optimiser.step();
      total += sum(elbo).item();
    }
    const double now[] = {total / double(train.count()), evaluate().elbo};
    for (std::size_t k : {0u, 1u})
      chart.series[k].x.push_back(epoch), chart.series[k].y.push_back(now[k]);
  }

  const auto t = evaluate();
  // ELBO and KL from .. to; with --quick there are fewer images and epochs
  using Bands = std::array<double, 4>;
  const bool q = chapter.quick, digits = chapter.data == "mnist";
  const Bands clothes_band = q ? Bands{-285, -262, 11, 18} : Bands{-245, -240, 16, 20};
  const Bands digits_band = q ? Bands{-150, -128, 16, 24} : Bands{-106, -100, 24, 30};
  const auto [low, high, low_kl, high_kl] = digits ? digits_band : clothes_band;
  chapter.claim_between("(5.6)", "test ELBO, nats per image", t.elbo, low, high);
  chapter.claim_between("(5.5)", "of it the KL", t.kl, low_kl, high_kl);
  chapter.claim("(5.7)", "KL by sampling = KL in closed form", t.monte_carlo, t.kl, q ? 0.4 : 0.15);
  chapter.claim_between("(5.2)", "what z = mean would add to it", t.at_mean - t.elbo, 3, 12);

  draw(chart, chapter.figure("training.png"));
  tape.reset();
  const auto rows = std::span(test.rows).first(12);
  const Var x = images(tape, test, rows, fixed_draw(Split::test)),
            pixels = tape.constant(x.shape());
  fill(pixels.val(), *test.file, rows, Binarize::none, 0, 0);
  const Var z = tape.constant(Shape{12, Z});
  Stream(chapter.seed, Purpose::prior).normal(z.val());  // z ~ p(z) = N(0, I)
  Stream noise(chapter.seed, Purpose::evaluate, 0, rows);
  ImageGrid grid{"What the VAE is shown, and what it draws", 28, 28, 12};
  grid.row_labels = {"test image", "x, drawn", "E[x|z], z ~ q(z|x)", "E[x|z], z ~ p(z)"};
  const Var again = sigmoid(decode(sample(encode(x), noise))), drawn = sigmoid(decode(z));
  for (Var v : {pixels, x, again, drawn}) add_images(grid, v.val());
  draw(grid, chapter.figure("images.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int argc, char** argv) { return run_chapter(argc, argv, "05-vae-on-images", chapter_5); }
