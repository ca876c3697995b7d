// Chapter 8: The conditional VAE
//
// Question   How do we ask for a 7?
// Answer     Tell both networks. What is told need not be coded, so the code says the rest: how
//            this one differs from others of its kind. What is told may be a part of the image.
//
// Symbols    x (B, D) pixels, 0 or 1     y (B, C) label     z (B, Z) code     v, h seen, hidden
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/models/bounds.hpp>

using namespace vaegrad;

namespace {

constexpr Index D = 784, C = 10, H = 400, Z = 20, B = 128;

// h from v: a guess, and a conditional VAE
struct Completion {
  BernoulliMlp guess, decode;
  GaussianMlp encode, prior;
  Completion(Parameters& p, Index D, Index H, Index Z, Initial first)
      : guess(p, "guess", D, {H}, D, activation("relu"), first),
        decode(p, "decoder", Z + D, {H}, D, activation("relu"), first),
        encode(p, "encoder", D, {H}, Z, activation("relu"), first),
        prior(p, "prior", D, {H}, Z, activation("relu"), first) {}
};
std::pair<Var, Var> complete(const Completion& m, Var x, Var hidden, Stream& noise) {
  const Var v = x * (1 - hidden);
  const auto log_p = [&](Bernoulli b) {
    return row_sums(hidden * (x * b.logits - softplus(b.logits)));
  };
  // (8.4)  log p(h|v) ≥ E_q[log p(h|z, v)] − KL(q(z|h, v) ‖ p(z|v))
  const DiagonalGaussian q = m.encode(x), p = m.prior(v);
  const Var z = q.sample(noise);
  return {log_p(m.guess(v)), log_p(m.decode(concatenate_columns(z, v))) - kl(q, p)};
}

// Four pixels, one of them lit, the first is seen: what is best is known
void four_pixels(Chapter& chapter) {
  Parameters p;
  const Completion m(p, 4, 32, 2, {chapter.seed});
  Adam optimiser(p);
  Tape tape;
  const auto pass = [&](Index n, std::uint32_t step, Purpose purpose) {
    tape.reset();
    const Var x = tape.constant(Shape{n, 4}), hidden = tape.constant({{0, 1, 1, 1}});
    for (Index i = 0; i < 4 * n; ++i) x.val().data[i] = i % 4 == i / 4 % 4;
    Stream noise(chapter.seed, purpose, step);
    return complete(m, x, hidden, noise);
  };
  for (std::uint32_t step = 0; step < 6000; ++step) {
    const auto [guess, elbo] = pass(B, step, Purpose::latent);
    p.zero_gradient(), tape.backward(-average(elbo + guess));
    optimiser.rule.learning_rate = 5e-3 * (1 - step / 6000.);
    optimiser.step();
  }
  const auto [guess, elbo] = pass(100000, 0, Purpose::evaluate);
  // (8.3)  ¾ log 27/4;  (8.5)  ¾ log 3 ≤ −ELBO
  chapter.claim("(8.3)", "guess, 4 pixels", -average(guess).item(), 0.75 * std::log(27 / 4.), 0.01);
  chapter.claim_between("(8.5)", "their −ELBO", -average(elbo).item(), 0.75 * std::log(3), 1.2);
}

int chapter_8(Chapter& chapter) {
  four_pixels(chapter);
  DataSet data = load_data_set(chapter.data, {.data_dir = chapter.data_dir, .validation = 0});
  if (chapter.quick) data.train.rows.resize(12000), data.test.rows.resize(1000);
  Parameters p;
  const Completion completion(p, D, H, Z, {chapter.seed});
  const GaussianMlp encode(p, "label.encoder", D + C, {H}, Z, activation("relu"), {chapter.seed});
  const BernoulliMlp decode(p, "label.decoder", Z + C, {H}, D, activation("relu"), {chapter.seed});
  // A label is one number among 800: it speaks up, or it is not heard.
  const auto with = [](Var v, Var y) { return concatenate_columns(v, Var(10 * y)); };
  // (8.1)  log p(x|y) ≥ E_q[log p(x|z, y)] − KL(q(z|x, y) ‖ p(z))
  const auto elbo = [&](Var x, Var y, Stream& noise) -> Var {
    const DiagonalGaussian q = encode(with(x, y));
    return decode(with(q.sample(noise), y)).log_prob(x) - kl(q, StandardNormal{});
  };
  // (8.2)  the judge, who learns from real images:  log p(y|x) = l_y − log Σ_c exp l_c
  const Mlp hidden_layer(p, "judge", D, {H}, activation("relu"), {chapter.seed});
  const Linear logits(p, "judge.logits", H, C, {chapter.seed});
  const auto judge = [&](Var x) { return log_softmax(logits(hidden_layer(x))); };
  Tape tape;
  const auto see = [&](const Examples& from, const auto& rows, std::uint32_t draw) {
    tape.reset();
    const Index n = Index(rows.size());
    const Var x = tape.constant(Shape{n, D}), grey = tape.constant(Shape{n, D});
    const Var y = tape.constant(Shape{n, C}), hidden = tape.constant(Shape{1, D});
    fill(x.val(), *from.file, rows, Binarize::sample, chapter.seed, draw);
    fill(grey.val(), *from.file, rows, Binarize::none, 0, 0);
    for (Index i = 0; i < n * C; ++i)
      y.val().data[i] = from.file->labels[rows[std::size_t(i / C)]] == i % C;
    for (Index j = 0; j < D; ++j) hidden.val().data[j] = j / 28 < 14 || j % 28 >= 14;
    return std::array{x, grey, y, hidden};
  };
  Batches batches(data.train, B, chapter.seed);
  Adam optimiser(p);
  for (unsigned epoch = 0, epochs = chapter.quick ? 6 : 15; epoch < epochs; ++epoch) {
    batches.shuffle(epoch);
    optimiser.rule.learning_rate = 2e-3 * (1 - double(epoch) / epochs);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      const auto [x, grey, y, hidden] = see(data.train, batches[b], epoch);
      Stream noise(chapter.seed, Purpose::latent, epoch, batches[b]);
      const auto [guess, completed] = complete(completion, x, hidden, noise);
      const Var right = row_sums(y * judge(grey)), labelled = elbo(x, y, noise);
      p.zero_gradient(), tape.backward(-average(labelled + completed + guess + right));
      optimiser.step();
    }
  }
  const auto [x, grey, y, hidden] = see(data.test, data.test.rows, fixed_draw(Split::test));
  Stream noise(chapter.seed, Purpose::evaluate, 0, data.test.rows);
  const auto [guess, completed] = complete(completion, x, hidden, noise);
  chapter.note("quadrants: −log p(x_T|x_S), guess", -average(guess).item());
  chapter.claim_between("(8.4)", "the ELBO gains on it", average(completed - guess).item(), 8, 40);
  const auto accuracy = [](Var scores, Var y) {  // share of the rows whose largest score is y's
    return average(1 - min(1e9 * (max(scores) - row_sums(scores * y)), 1)).item();
  };
  const Var styles = tape.constant(Shape{100, Z}), asked = tape.constant(Shape{1000, C});
  Stream(chapter.seed, Purpose::prior).normal(styles.val());
  for (Index i = 0; i < 1000 * C; ++i) asked.val().data[i] = i / C % C == i % C;
  const Var made = decode(with(Var(repeat_rows(styles, C)), asked)).mean();
  chapter.note("the judge, on real images: accuracy", accuracy(judge(grey), y));
  chapter.claim_between("(8.2)", "made to order: accuracy", accuracy(judge(made), asked), 0.8, 1);
  // (8.6)  log p(y|x) = log p(x|y) − log Σ_c p(x|c),  bounds in the place of log p(x|y)
  Var scores = 0 * y;
  for (Index k = 0; k < C; ++k)
    scores = scores + rows(asked, k, 1) * elbo(x, 0 * y + rows(asked, k, 1), noise);
  chapter.claim_between("(8.6)", "labels out: accuracy", accuracy(scores, y), 0.7, 0.95);
  // (8.7)  average of log p(y|x) + log 10
  const double worth = average(row_sums(y * log_softmax(scores))).item() + std::log(10);
  chapter.claim_between("(8.7)", "worth of a label", worth, -0.5, std::log(10));
  ImageGrid classes{"A row for a code", 28, 28, 10, {}, {}, class_names(chapter.data)};
  add_images(classes, rows(made, 0, 60).val()), draw(classes, chapter.figure("classes.png"));
  ImageGrid hides{"What is hidden: guessed, and drawn by the conditional VAE", 28, 28, 12};
  hides.row_labels = {"test image", "seen", "guess", "z ~ p(z|x_S)", "another z", "another z"};
  const Var v = x * (1 - hidden);
  const auto show = [&](Var image) { add_images(hides, rows(image, 0, 12).val()); };
  show(grey), show(v + 0.5 * hidden), show(v + hidden * completion.guess(v).mean());
  const DiagonalGaussian prior = completion.prior(v);
  for (int k = 0; k < 3; ++k)
    show(v + hidden * completion.decode(concatenate_columns(prior.sample(noise), v)).mean());
  draw(hides, chapter.figure("completions.png"));
  return chapter.exit_status();
}

}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "08-conditional-vae", chapter_8); }
