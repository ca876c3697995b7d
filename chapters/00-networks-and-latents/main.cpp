// Chapter 0: Networks and latent variables
//
// Question   What does a network learn, and what if the causes of the data were never observed?
// Answer     It follows the gradient of a loss. Causes are guessed by a second network, since to
//            try them at random would take too many tries.
//
// Symbols    x (B, D) pixels, 0 or 1     z (B, Z) place of the disc     l (B, D) logits
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

using namespace vaegrad;

namespace {
constexpr Index side = 12, D = side * side, Z = 2, H = 64, B = 128, M = 100, K = 1000;

struct Network {
  Param W, b, V, c;
  Network(Parameters& p, Index in, Index out, std::uint64_t seed) {
    const auto start = [&](std::uint32_t n) { return initial(Initialiser::glorot, seed, n); };
    W = p.add("W", {in, H}, start(0)), b = p.add("b", {1, H});
    V = p.add("V", {H, out}, start(1)), c = p.add("c", {1, out});
  }
  Var operator()(Var x) const {
    Tape& t = x.tape();
    const Var h = relu(matmul(x, t(W)) + t(b));  // (0.1)  a layer: h = max(0, x W + b)
    return matmul(h, t(V)) + t(c);               // (0.2)  the network: h V + c
  }
};
// (0.3)  J = average of (y − w t − b)²,  here of two points of y = 2t + 1
Series straight_line(Chapter& chapter, double eta) {
  double w = 0, b = 0;
  Series distance{concat("η = ", eta), {}, {}, Mark::line};
  for (int step = 0; step <= 20; ++step) {
    distance.x.push_back(step), distance.y.push_back(std::hypot(w - 2, b - 1));
    double dw = 0, db = 0;  // ∂J/∂w, ∂J/∂b
    for (const auto& [t, y] : {std::pair(-1, -1), std::pair(1, 3)})
      dw -= (y - w * t - b) * t, db -= y - w * t - b;
    // (0.4)  w ← w − η ∂J/∂w,  b ← b − η ∂J/∂b
    w -= eta * dw, b -= eta * db;
  }
  // (0.5)  each step multiplies the distance from the best w, b by |1 − 2η|
  const double kept = distance.y[8] / distance.y[7];
  chapter.claim("(0.5)", concat("η = ", eta, ": a step keeps"), kept, std::abs(1 - 2 * eta), 1e-9);
  return distance;
}
void descend(Parameters& p, double rate, std::uint64_t steps, auto loss) {
  Tape tape;
  Adam optimiser(p);
  for (std::uint32_t step = 0; step < steps; ++step) {
    tape.reset(), p.zero_gradient(), tape.backward(loss(tape, step));
    optimiser.rule.learning_rate = rate * (1 - double(step) / double(steps)), optimiser.step();
  }
}
Var normal(Tape& tape, Index n, Stream noise) {
  const Var e = tape.constant(Shape{n, Z});
  return noise.normal(e.val()), e;
}
// The truth: a disc of light at z; pixel j at u_j is lit with probability sigmoid(3 − 4 ‖u_j − z‖²)
Var true_logits(Var z) {
  const Var u = z.tape().constant(Shape{1, D}), v = z.tape().constant(Shape{1, D});
  for (Index j = 0; j < D; ++j)
    u.val()(0, j) = Real(j % side) / 2 - 2.75f, v.val()(0, j) = 2.75f - Real(j / side) / 2;
  return 3 - 4 * (square(columns(z, 0, 1) - u) + square(columns(z, 1, 1) - v));
}
std::pair<Var, Var> examples(Tape& tape, Index n, std::uint64_t seed, std::uint32_t draw) {
  const Var z = normal(tape, n, {seed, Purpose::prior, draw}), pi = sigmoid(true_logits(z));
  const Var x = tape.constant(pi.shape());
  Stream(seed, Purpose::data, draw).uniform(x.val());
  for (Index i = 0; i < n * D; ++i) x.val().data[i] = x.val().data[i] < pi.val().data[i];
  return {z, x};
}
// (0.6)  log p(x|z) = Σ_j (x_j l_j − log(1 + exp l_j))
Var log_likelihood(Var x, Var l) { return row_sums(x * l - softplus(l)); }
int chapter_0(Chapter& chapter) {
  const std::uint64_t seed = chapter.seed, steps = chapter.quick ? 3000 : 20000;
  Chart line{"Gradient descent: a straight line", "step", "distance from the best w, b"};
  for (double eta : {0.05, 0.3, 0.9, 1.1}) line.series.push_back(straight_line(chapter, eta));
  line.log_y = true, draw(line, chapter.figure("line.png"));
  // z is known: a decoder learns to draw the disc at z
  Parameters of_decoder, of_q, of_encoder;
  const Network decode(of_decoder, Z, D, seed), encode(of_encoder, D, 2 * Z, seed);
  descend(of_decoder, 5e-3, steps, [&](Tape& tape, std::uint32_t step) -> Var {
    const auto [z, x] = examples(tape, B, seed, step);
    return -average(log_likelihood(x, decode(z)));
  });
  Tape tape;
  const auto [z, x] = examples(tape, M, seed, ~0u);  // nobody has trained on these
  const Var l = true_logits(z), pi = sigmoid(l), again = decode(z);
  const Var excess = average(row_sums(pi * (l - again) + softplus(again) - softplus(l)));
  const double most = chapter.quick ? 2 : 1;  // one that does not hear z is 19 nats above
  chapter.claim_between("(0.6)", "J above the least possible, nats", excess.item(), 0, most);
  // z is not known: p(x) by a grid, 0.05 apart from −4 to 4, and by draws from the prior
  const Var grid = tape.constant(Shape{160 * 160, Z});
  for (Index i = 0; i < grid.shape().rows; ++i)
    grid.val()(i, 0) = Real(i % 160) / 20 - 4, grid.val()(i, 1) = Real(i / 160) / 20 - 4;
  const auto given = [&](Var z, Var x) {  // log p(x|z) for each x (rows) and each z (columns)
    const Var l = decode(z), dark = transpose(row_sums(softplus(l)));
    return Var(matmul(x, transpose(l)) - dark);
  };
  // (0.7)  p(x) = ∫ p(x|z) p(z) dz;   (0.9)  χ² = ∫ p(z|x)²/p(z) dz − 1
  const Var prior = transpose(-0.5 * row_sums(square(grid)) - std::log(2 * M_PI * 400));
  const Var joint = given(grid, x) + prior, log_px = log_sum_exp(joint);
  const double chi2 = Var(exp(log_sum_exp(2 * joint - prior - 2 * log_px))).val()(0, 0) - 1;
  // (0.8)  p(x) ≈ average of p(x|z_k), z_k from the prior: 400 times 1000 tries for one x
  const Var tries = normal(tape, 400 * K, {seed, Purpose::generate});
  const Var ratio = exp(given(tries, rows(x, 0, 1)) - rows(log_px, 0, 1));
  const Var p_hat = row_sums(reshape(ratio, 400, K)) / double(K), mean = average(p_hat);
  const double spread = std::sqrt(average(square(p_hat - mean)).item()), by = std::sqrt(chi2 / K);
  chapter.claim("(0.8)", "average of 400 estimates over p(x)", mean.item(), 1, by / 4);
  chapter.claim("(0.9)", "spread of an estimate by 1000 tries", spread, by, by / 3);
  chapter.note("of 1000 tries count", K / (1 + chi2));
  chapter.note("ten discs: log10 of the tries for one that counts", 10 * std::log10(1 + chi2));
  // (0.10)  log p(x) ≥ E_q log p(x|z) − ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²),  z = μ + σ ε
  const auto bound = [&](Var x, Var q, Stream noise) -> Var {
    const Var m = columns(q, 0, Z), a = columns(q, Z, Z);
    const Var z = m + exp(0.5 * a) * normal(x.tape(), x.shape().rows, noise);
    return log_likelihood(x, decode(z)) - row_sums(0.5 * (square(m) + exp(a) - 1 - a));
  };
  const Param each = of_q.add("q", {M, 4});
  descend(of_q, 0.05, steps / 3, [&, x = x](Tape& t, std::uint32_t step) -> Var {
    return -average(bound(t.constant(x.val()), t(each), {seed, Purpose::latent, step}));
  });
  // (0.11)  one network for all x:  μ, log σ² = encode(x)
  descend(of_encoder, 5e-3, steps, [&](Tape& t, std::uint32_t step) -> Var {
    const Var x = examples(t, B, seed, step).second;
    return -average(bound(x, encode(x), {seed, Purpose::latent, step}));
  });
  const auto gap = [&, x = x](Var q) {  // log p(x) − bound, by 200 draws for each x
    const Var each_x = repeat_rows(x, 200), each_q = repeat_rows(q, 200);
    const Var drawn = bound(each_x, each_q, {seed, Purpose::evaluate});
    return average(log_px).item() - average(drawn).item();
  };
  const double of_each = gap(tape.constant(of_q.value(each))), of_one = gap(encode(x));
  chapter.claim_between("(0.10)", "log p(x) − bound, a q for each x", of_each, -0.02, 0.3);
  chapter.claim_between("(0.11)", "log p(x) − bound, one network", of_one, -0.02, 1);
  ImageGrid images{"z is known", side, side, 12, {}, {"true π", "x", "learnt π"}};
  for (Var v : {pi, x, Var(sigmoid(again))}) add_images(images, rows(v, 0, 12).val());
  Chart map{"A thousand tries for one image", "z_1", "z_2"};
  map.square = true, map.series = {{"of no use"}, {"explains x"}};
  for (Index k = 0; k < K; ++k) {  // is x more probable with this z than on average?
    Series& its = map.series[ratio.val().data[k] > 1];
    its.mark = Mark::points, its.x.push_back(tries.val()(k, 0)), its.y.push_back(tries.val()(k, 1));
  }
  draw(images, chapter.figure("discs.png")), draw(map, chapter.figure("tries.png"));
  return chapter.exit_status();
}
}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "00-networks-and-latents", chapter_0); }
