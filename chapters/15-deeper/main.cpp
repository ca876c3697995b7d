// Chapter 15: Deeper
//
// Question   Why do the upper layers of a VAE fall silent, and what keeps them awake?
// Answer     Being awake has a price in the bound where each layer's q looks at x alone. A ladder
//            pays none. Log p(x), which is known here, says what silence costs.
// Symbols    x (B, 1) data    z_1, z_2 (B, 1) the layers    v variance of p(x|z_1)    h grid step
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/vae.hpp>

using namespace vaegrad;
namespace {
constexpr double v = 0.1, width = 0.05 + v, h = 0.05;  // of the decoder, of a cluster, of a grid
const double c = std::sqrt(0.95);                      // clusters at ±c: x has variance 1 + v
struct How {
  const char* name;
  bool ladder = false;
  double warm_up = 0, free_bits = 0;  // share of training; nats, in its first half
  double w = 0;                       // unless 0: p(z_1|z_2) = N(w z_2, 1 − w²), not learnt
};
// (15.6)  1/σ² = 1/σ̂² + 1/s²,  μ = σ² (μ̂/σ̂² + m/s²)
DiagonalGaussian weighed(const DiagonalGaussian& up, const DiagonalGaussian& p) {
  const Var share = sigmoid(p.log_variance - up.log_variance);  // σ²/σ̂²
  return {p.mean + share * (up.mean - p.mean), up.log_variance + log(share)};
}
struct Layers {
  Var log_px, kl_1, kl_2;        // (B, 1), nats
  DiagonalGaussian q_1, q_2, p;  // p(z_1|z_2) at the z_2 that was drawn
};
struct Model {
  How how;
  Initial i;
  Activation tanh = activation("tanh");
  Parameters p = {};
  GaussianMlp see_1{p, "1", 1, {16}, 1, tanh, i}, see_2{p, "2", 1, {16}, 1, tanh, i};  // of x
  Mlp hidden{p, "m", 1, {16}, tanh, i};
  Linear m{p, "out", 16, 1, i};
  Param a = p.add("log s²", {1, 1});
  // (15.1)  p(z_2) = N(0, 1),  p(z_1|z_2) = N(m(z_2), s²),  p(x|z_1) = N(z_1, v)
  DiagonalGaussian below(Var z_2) const {
    if (how.w > 0) return {how.w * z_2, 0 * z_2 + std::log(1 - how.w * how.w)};
    return {m(hidden(z_2)), 0 * z_2 + z_2.tape()(a)};
  }
  Layers operator()(Var x, Stream noise) const {
    const DiagonalGaussian up = see_1(x), q_2 = see_2(x), p = below(q_2.sample(noise));
    const DiagonalGaussian q_1 = how.ladder ? weighed(up, p) : up;
    // (15.2)  ELBO = E log p(x|z_1) − KL(q(z_1|..) ‖ p(z_1|z_2)) − KL(q(z_2|x) ‖ p(z_2))
    const Var missed = square(x - q_1.mean) + exp(q_1.log_variance);
    const Var log_px = -0.5 * (missed / v + std::log(2 * M_PI * v));
    return {log_px, kl(q_1, p), kl(q_2, StandardNormal{}), q_1, q_2, p};
  }
};
// log N(x; mean, s2)
Var bell(Var x, Var mean, Var s2) { return -0.5 * (square(x - mean) / s2 + log(2 * M_PI * s2)); }
Var log_data(Var x) {  // log of the density that the data are drawn from
  const Var at = x.tape().constant({{Real(c), Real(-c)}}), s2 = x.tape().constant(Real(width));
  return log_sum_exp(bell(x, at, s2)) - std::log(2);
}
Var examples(Tape& tape, Index n, Stream stream) {
  const Var x = standard_noise(tape, {n, 1}, stream);
  for (Real& e : x.val()) e = Real(std::sqrt(width)) * e + Real(stream.below(2) ? c : -c);
  return x;
}
void add(Series& to, double x, double y) { to.x.push_back(x), to.y.push_back(y); }
struct Found {
  Series awake, density, data;
  double kl_2 = 0, upper = 0, lower = 0, elbo = 0, log_p = 0, round = 0;
};
Found run(Chapter& chapter, const How& how) {
  Model model{how, {chapter.seed}};
  Adam optimiser(model.p);
  Tape tape;
  Found f{{how.name}, {how.name}, {"data", {}, {}, Mark::dashes, 7}};
  const std::uint32_t steps = (chapter.quick ? 6000 : 20000) / (how.w > 0 ? 2 : 1);
  for (std::uint32_t step = 1; step <= steps; ++step) {
    tape.reset();
    const Var x = examples(tape, 200, {chapter.seed, Purpose::data, step});
    const Layers l = model(x, {chapter.seed, Purpose::latent, step});
    // (15.7)  β (KL_1 + max(f, KL_2)),  β rising from 0 to 1
    const double beta = how.warm_up > 0 ? std::min(1., step / how.warm_up / steps) : 1;
    const Var floor = 2 * step < steps ? free_bits_kl(l.kl_2, how.free_bits) : l.kl_2;
    model.p.zero_gradient(), tape.backward(beta * average(l.kl_1 + floor) - average(l.log_px));
    optimiser.rule.learning_rate = 0.01 * (1 - double(step) / steps), optimiser.step();
    if (step % (steps / 100) == 0) add(f.awake, step, average(l.kl_2).item());
  }
  tape.reset();
  const Var x = examples(tape, 30000, {chapter.seed, Purpose::other});
  const Var grid = tape.constant(Shape{Index(12 / h), 1});
  for (Index i = 0; i < grid.shape().rows; ++i) grid.val()(i, 0) = Real(h * (double(i) + 0.5) - 6);
  // log p(x, z_2) on the grid of z_2:  p(x|z_2) = N(m(z_2), s² + v)
  const DiagonalGaussian p = model.below(grid);
  const Var m = transpose(p.mean), s2 = transpose(exp(p.log_variance) + v);
  const Var prior = transpose(StandardNormal{}.log_prob(grid)), known = log_data(x);
  const auto log_joint = [&](Var x) -> Var { return bell(x, m, s2) + prior; };
  const Var joint = log_joint(x), log_px = log_sum_exp(joint) + std::log(h);
  const Layers l = model(x, {chapter.seed, Purpose::evaluate});
  // (15.3)  log p(x) − ELBO = KL(q(z_2|x) ‖ p(z_2|x)) + E_q KL(q(z_1|..) ‖ p(z_1|z_2, x))
  const Var log_q = bell(transpose(grid), l.q_2.mean, exp(l.q_2.log_variance));
  f.upper = average(row_sums(h * exp(log_q) * (log_q - joint)) + log_px).item();
  f.lower = average(kl(l.q_1, weighed({x, 0 * x + std::log(v)}, l.p))).item();
  const Var round = bell(x, tape.constant(0), tape.constant(Real(1 + v)));
  f.elbo = average(l.log_px - l.kl_1 - l.kl_2 - known).item(), f.kl_2 = average(l.kl_2).item();
  f.log_p = average(log_px - known).item(), f.round = average(round - known).item();
  const Var at = 0.5 * grid, its = h * exp(log_sum_exp(log_joint(at))), data = exp(log_data(at));
  for (Index i = 0; i < grid.shape().rows; ++i)
    add(f.density, at.val()(i, 0), its.val()(i, 0)), add(f.data, at.val()(i, 0), data.val()(i, 0));
  if (how.w > 0) return f;
  const std::string name = how.name;
  chapter.note(name + ": KL of z_2", f.kl_2), chapter.note(name + ": ELBO + H", f.elbo);
  chapter.note(name + ": log p(x) + H", f.log_p), chapter.note(name + ": gap of z_2", f.upper);
  chapter.note(name + ": gap of z_1", f.lower), chapter.note(name + ": s²", s2.val()(0, 0) - v);
  chapter.claim("(15.3)", name + ": gap", f.log_p - f.elbo, f.upper + f.lower, 0.02);
  return f;
}
// (15.4)  the price of w:  ½ log (1 + v − w²)/((1 + v) (1 − w²))
double price(double w) { return 0.5 * std::log((1 + v - w * w) / ((1 + v) * (1 - w * w))); }
int chapter_15(Chapter& chapter) {
  constexpr auto dots = Mark::points;
  Series prices[] = {{"separate", {}, {}, dots}, {"ladder", {}, {}, dots}, {"(15.4)"}};
  for (double w = 0; w < 0.97; w += 0.01) add(prices[2], w, price(w));
  for (std::size_t ladder : {0u, 1u})
    for (double w : {0.3, 0.6, 0.9}) {
      const Found f = run(chapter, {ladder ? "ladder" : "separate", ladder > 0, 0, 0, w});
      const std::string name = concat(prices[ladder].title, ", w = ", w);
      add(prices[ladder], w, f.upper + f.lower);
      const double want = ladder ? 0 : price(w), off = 0.002 + 0.02 * price(w);
      chapter.claim("(15.4)", name + ": gap", f.upper + f.lower, want, off);
      if (w == 0.9) chapter.claim("(15.1)", name + ": log p(x) + H", f.log_p, f.round, 1e-4);
    }
  const Found q[] = {run(chapter, {"separate"}), run(chapter, {"free bits", false, 0, 0.6}),
                     run(chapter, {"ladder", true}), run(chapter, {"warm ladder", true, 0.5})};
  // (15.5)  silence is a local optimum:  ELBO(m) ≤ ELBO(0) − ½ v/(V + v) E m²/V + ..
  chapter.claim_between("(15.5)", "separate: KL of z_2", q[0].kl_2, 0, 0.01);
  chapter.claim("(15.5)", "separate: log p(x) + H", q[0].log_p, q[0].round, 0.01);
  chapter.claim_between("(15.7)", "free bits: KL of z_2", q[1].kl_2, 0.4, 0.8);
  chapter.claim_between("(15.7)", "warm ladder: KL of z_2", q[3].kl_2, 0.7, 1.4);
  chapter.claim_between("(15.6)", "ladder: gap of z_1", q[2].lower, 0, 0.002);
  chapter.claim_between("(15.7)", "free bits: ELBO gained", q[1].elbo - q[0].elbo, -0.04, 0);
  chapter.claim_between("(15.7)", "free bits: log p gained", q[1].log_p - q[0].log_p, 0.05, 0.15);
  chapter.claim_between("(15.6)", "warm ladder: ELBO gained", q[3].elbo - q[0].elbo, 0.08, 0.25);
  chapter.claim_between("(15.6)", "warm ladder: log p gained", q[3].log_p - q[0].log_p, 0.15, 0.3);
  Chart awake{"Is z_2 awake?", "training step", "KL of z_2, nats"};
  Chart says{"What the models say of x", "x", "p(x)"};
  for (const Found& f : q) awake.series.push_back(f.awake), says.series.push_back(f.density);
  says.series.push_back(q[0].data), draw(std::vector{awake, says}, chapter.figure("awake.png"));
  draw({"What z_2 costs", "w", "gap, nats", {prices, prices + 3}}, chapter.figure("price.png"));
  return chapter.exit_status();
}
}  // namespace
int main(int n, char** argv) { return run_chapter(n, argv, "15-deeper", chapter_15); }
