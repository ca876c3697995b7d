// Chapter 14: Richer posteriors and priors
//
// Question   When is a diagonal Gaussian the wrong family, and what do flows and learnt priors buy?
// Answer     Where the posterior is tilted, bent or a ring, which costs nats, known here on a grid;
//            a flow buys most of them back. A learnt prior buys what the decoder cannot shape.
// Symbols    x (B, 1 or 2) data     z (B, 2) code     ε noise     h step of a grid
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/models/evidence_on_grid.hpp>
#include <vaegrad/models/model.hpp>
#include <vaegrad/models/numerics/quadrature.hpp>

using namespace vaegrad;

namespace {
constexpr Index side = 320, N = 20000;  // a grid of side² squares over [-4, 4]²; examples
constexpr double h = 8. / side, v = 0.0324;
using Clouds = std::vector<std::vector<Chart>>;
Var grid(Tape& tape) { return middles_of_squares(tape, side, 4); }
// Learns q(z|x) and p(z), by their names in the library, for a given log p(x|z)
struct Learner {
  Chapter& chapter;
  std::function<Var(Var x, Var z)> log_px;
  Tape tape = {};
  Parameters learnt = {}, kept = {};
  std::unique_ptr<Inference> q = {};
  std::unique_ptr<Prior> p = {};
  // (14.3)  log w = log p(x|z) + log p(z) − log q(z|x),  log q = log N(ε; 0, I) − log |∂z/∂ε|
  std::array<Var, 2> draw(Var x, Stream noise, Index K) const {
    Draw d = q->draw({x, {}}, *p, noise, K, {.log_ratio = true});
    q->weigh(d, {.log_ratio = true});
    return {d.z, log_px(repeat_rows(x, K), d.z) + d.log_ratio};
  }
  void learn(ConstMatrix data, const std::string& of_q, const std::string& of_p, Index B, Index K) {
    const Index D = data.cols;
    const Activation a = activation("silu");
    const Network body = with_widths(network("mlp"), {8 * D * D});
    const PosteriorSpec z{2, &posterior_scale("log-variance"), 8, a, {chapter.seed}};
    q = one_layer({learnt, kept}, {body, {1, D, 1}, 0, a, z.initial, &posterior(of_q), z, {2}});
    p = prior(of_p).make(learnt, {2, 0, {32}, a, z.initial, 12, 6, D});
    Adam optimiser(learnt);
    for (std::uint32_t step = 0, steps = chapter.quick ? 1500 : 8000; step < steps; ++step) {
      tape.reset(), learnt.zero_gradient();
      const Var x = tape.constant(ConstMatrix{data.row(step * B % data.rows), B, D});
      tape.backward(-average(draw(x, {chapter.seed, Purpose::latent, step}, K)[1]));
      optimiser.rule.learning_rate = 0.02 * (1 - double(step) / steps), optimiser.step();
    }
    tape.reset();
  }
};
// x ~ N(m(z), ½²) was seen
void posteriors(Chapter& chapter, Clouds& to, const std::string& name, Real seen,
                Var (*m)(Var z_1, Var z_2)) {
  const auto log_px = [=](Var x, Var z) -> Var {
    return -2 * square(x - m(columns(z, 0, 1), columns(z, 1, 1))) - 0.5 * std::log(M_PI / 2);
  };
  Tape tape;
  const Var x = tape.constant(seen), chance = tape.constant(Shape{200000, 3});
  const auto joint = [&](Var z) { return Var(log_px(x, z) + StandardNormal{}.log_prob(z)); };
  // (14.1)  p(x) = ∫ p(x|z) p(z) dz ≈ Σ_ij p(x, z_ij) h²,  log p(x) − ELBO = KL(q(z|x) ‖ p(z|x))
  const double log_p = log_sum_exp(transpose(joint(grid(tape)))).item() + 2 * std::log(h);
  Stream(chapter.seed, Purpose::other).uniform(chance.val());
  const Var z = 6 * columns(chance, 0, 2) - 3, density = exp(joint(z) - log_p);
  for (Index i = 0, n = 0; i < 200000; ++i)  // p(z|x): of points anywhere, as many as it lets pass
    if (chance.val()(i, 2) < density.val()(i, 0)) std::copy_n(z.val().row(i), 2, z.val().row(n++));
  to[0].push_back(cloud(name + ": p(z|x)", z.val(), 3));
  double gaps[3];
  for (std::size_t i = 0; const std::string row : {"gaussian", "full-covariance", "planar"}) {
    Learner l{chapter, log_px};
    l.learn(x.val(), row, "standard-normal", 1, 60);
    const Var again = l.tape.constant(seen);
    const auto [drawn, log_w] = l.draw(again, {chapter.seed, Purpose::evaluate}, 100000);
    const double mean_w = average(exp(log_w - log_p)).item();
    chapter.note(name + ", " + row + ": gap", gaps[i] = log_p - average(log_w).item());
    to[++i].push_back(cloud(name + ": " + (row[0] == 'g' ? "diagonal" : row), drawn.val(), 3));
    if (i == 3 && seen < 3) chapter.claim("(14.3)", name + ": average of w/p(x)", mean_w, 1, 0.01);
  }
  const std::string text = name + ": gap, diagonal / planar";
  const double least = chapter.quick ? 1.5 : 2.5;
  if (seen != 2) return chapter.claim_between("(14.3)", text, gaps[0] / gaps[2], least, 1e4);
  chapter.claim("(14.1)", "tilted: log p(x) on the grid", log_p, log_normal(2, 0, 2.25), 1e-3);
  // (14.2)  diagonal q, tilted p(z|x):  gap −½ log(1 − ρ²)
  chapter.claim("(14.2)", "tilted, diagonal: gap", gaps[0], -0.5 * std::log(1 - 0.64), 0.03);
  chapter.claim("(14.2)", "tilted, full: gap", gaps[1], 0, 0.01);
}
// Places near a ring, each seen with noise: p(x|z) = N(z, v I). What p(z) and p(x) are, on the grid
void priors_of(Chapter& chapter, Clouds& clouds) {
  Tape tape;
  Stream noise(chapter.seed, Purpose::data);
  const double R = std::sqrt(2 - 2 * v);
  const auto ring = [&](Var a) { return Var(R * concatenate_columns(Var(cos(a)), Var(sin(a)))); };
  const Var turn = tape.constant(Shape{N, 1}), all = grid(tape), s2 = tape.constant(Real(v));
  const Var at = tape.constant(ConstMatrix{Var(transpose(columns(all, 1, 1))).val().data, 1, side});
  noise.uniform(turn.val());
  const Var data = ring(2 * M_PI * turn) + std::sqrt(2 * v) * standard_noise(tape, {N, 2}, noise);
  clouds[0].push_back(cloud("data", data.val(), 3, "x"));
  const auto nats = [](Var p, Var q) { return -h * h * sum(p * log(q + 1e-30)).item(); };
  const auto bell = [](Var at, Var mean, Var s2, Index j) -> Var {
    const Var of = columns(s2, j, 1);
    return exp(-0.5 * square(at - columns(mean, j, 1)) / of) / sqrt(2 * M_PI * of);
  };
  const auto mean_of = [&](Var at, Var mean, Var s2) -> Var {  // 1/n Σ_n N(z; mean_n, s2_n)
    return matmul(transpose(bell(at, mean, s2, 0)), bell(at, mean, s2, 1)) / mean.shape().rows;
  };
  const Var even = ring(M_PI / 4 * transpose(at)), truth = mean_of(at, even, 0 * even + 2 * v);
  const double H = nats(truth, truth);
  for (std::size_t i = 1; const std::string row : {"standard-normal", "mixture", "flow", "vamp"}) {
    Learner l{chapter, [](Var x, Var z) -> Var {
                return row_sums(-0.5 * (square(x - z) / v + std::log(2 * M_PI * v)));
              }};
    l.learn(data.val(), "gaussian", row, 100, 1);
    const auto here = [&](Var x) { return l.tape.constant(ConstMatrix(x.val())); };
    const PriorAt p = l.p->given(l.tape, {}, *l.q);
    const Var pz = exp(reshape(l.p->log_prob(p, grid(l.tape), 1), side, side));
    // (14.4)  −ELBO = H + KL(data ‖ p(x)) + average of KL(q(z|x) ‖ p(z|x)),  p(x) = ∫ p(x|z) p(z) dz
    const Var blur = h * here(bell(at, transpose(at), s2, 0)), x = here(data);
    const double far = nats(here(truth), matmul(matmul(blur, pz), blur)) - H;
    const Var log_w = l.draw(x, {chapter.seed, Purpose::evaluate}, 1)[1];
    chapter.note(row + ": gap of q", -average(log_w).item() - H - far);
    // (14.5)  average of KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z)),  q(z) = 1/N Σ_n q(z|x_n)
    const PosteriorAt q = l.q->code({x, {}});
    const Var qz = mean_of(here(at), q.mean, exp(q.log_variance));
    const double off = nats(qz, pz) - nats(qz, qz),
                 own = std::log(2 * M_PI) + average(q.log_variance).item() + 1;
    chapter.note(row + ": KL(q(z) ‖ p(z))", off);
    if (i == 1) {  // N(0, I): what p(x) and the KL are is known
      const double known = std::log(2 * M_PI * (1 + v)) + 1 - H;
      const double each =
          average(kl(DiagonalGaussian{q.mean, q.log_variance}, StandardNormal{})).item();
      chapter.claim("(14.4)", row + ": KL(data ‖ p(x))", far, known, 0.02);
      chapter.claim("(14.5)", row + ": I + KL(q(z) ‖ p(z))", nats(qz, qz) - own + off, each, 0.02);
    } else {
      chapter.claim_between("(14.4)", row + ": KL(data ‖ p(x))", far, 0, 0.5);
      chapter.claim_between("(14.5)", row + ": KL(q(z) ‖ p(z))", off, -0.01, 0.4);
    }
    clouds[i++].push_back(cloud("p(z), " + row, l.p->sample(p, l.tape, 1500, noise, 1).val(), 3));
  }
}
int chapter_14(Chapter& chapter) {
  Clouds clouds(4), of_priors(5);
  posteriors(chapter, clouds, "tilted", 2, [](Var a, Var b) -> Var { return a + b; });
  posteriors(chapter, clouds, "bent", 1, [](Var a, Var b) -> Var { return a * a + b; });
  posteriors(chapter, clouds, "ring", 3, [](Var a, Var b) -> Var { return a * a + b * b; });
  priors_of(chapter, of_priors);
  draw_columns(clouds, chapter.figure("posteriors.png"), 330, 870);
  draw_columns(of_priors, chapter.figure("priors.png"), 300, 260);
  return chapter.exit_status();
}
}  // namespace
int main(int n, char** v) { return run_chapter(n, v, "14-posteriors-and-priors", chapter_14); }
