// Chapter 16: From many layers to diffusion
//
// Question   What becomes of a VAE that has hundreds of layers of latents?
// Answer     Let the encoder only add noise, a little more in each layer, and learn nothing. The
//            bound is then a sum of regressions: guess the noise. The best guess is a score.
// Symbols    x (B, 2) data     z (B, 2) a layer     l log α²/σ² of it     ε noise     T steps
#include <vaegrad/lab/pictures/plot.hpp>

#include "diffusion.hpp"

using namespace vaegrad;

namespace {
constexpr double d = 2, v = 0.04, l_0 = 9, l_T = -7;  // z_0 is nearly x, z_T nearly noise
// Eight spots of variance v on a circle of radius 1.4, the k-th of share k/36
Var spots(Tape& tape) {
  const Var turn = M_PI / 4 * transpose(tape.constant({{0, 1, 2, 3, 4, 5, 6, 7}}));
  return concatenate_columns(Var(1.4 * cos(turn)), Var(1.4 * sin(turn)));
}
Var data(Tape& tape, Index n, Stream& stream) {
  const Var x = tape.constant(Shape{n, 2}), of = tape.constant(Shape{n, 8});
  stream.normal(x.val()), std::ranges::fill(of.val(), Real(0));
  for (Index i = 0; i < n; ++i)  // of 36 numbers 0 is of the first spot, 1 and 2 of the next
    of.val()(i, Index(std::sqrt(8 * double(stream.below(36)) + 1) - 1) / 2) = 1;
  return matmul(of, spots(tape)) + std::sqrt(v) * x;
}
// (16.6)  q(z_t) = Σ_k π_k N(α m_k, V I),  V = α² v + σ²;  E[ε|z_t] = −σ ∇ log q(z_t)
std::array<Var, 3> known(Var z, Var l) {  // log q(z_t), E[ε|z_t], how probably of which spot
  const Var m = spots(z.tape()), share = z.tape().constant({{1, 2, 3, 4, 5, 6, 7, 8}});
  const Var a = alpha(l), V = v * square(a) + sigmoid(-l);
  const Var of = (a * matmul(z, transpose(m)) - 0.98 * square(a)) / V + log(share / 36);
  return {log_sum_exp(of) - 0.5 * row_sums(square(z)) / V - log(2 * M_PI * V),
          sigma(l) * (z - a * matmul(softmax(of), m)) / V, softmax(of)};
}
void one_step(Chapter& chapter) {
  Tape tape;
  Stream noise(chapter.seed, Purpose::other);
  const Var x = data(tape, 1000, noise), s = tape.constant(1.5), t = tape.constant(0.5);
  const Var e = standard_noise(tape, x.shape(), noise), f = standard_noise(tape, x.shape(), noise);
  const Var z = alpha(t) * x + sigma(t) * e, z_s = alpha(s) * x + sigma(s) * f;
  // Bayes' rule: q(z_t|z_s) q(z_s|x)/q(z_t|x)
  const DiagonalGaussian forth{alpha(t) / alpha(s) * z_s, log(sigmoid(-t) * -expm1(t - s))};
  const DiagonalGaussian at_s{alpha(s) * x, log_sigmoid(-s)}, at_t{alpha(t) * x, log_sigmoid(-t)};
  const Var bayes = forth.log_prob(z) + at_s.log_prob(z_s) - at_t.log_prob(z);
  const DiagonalGaussian q = back(z, x, s, t), p = back(z, (z - sigma(t) * f) / alpha(t), s, t);
  const double apart = average(abs(q.log_prob(z_s) - bayes)).item();
  chapter.claim("(16.2)", "log q(z_s|z_t, x) = by Bayes' rule", apart, 0, 1e-3);
  // (16.4)  KL = ½ (SNR_s − SNR_t) ‖x − x̂‖² = ½ (SNR_s/SNR_t − 1) ‖ε − ε̂‖²
  const Var ratio = kl(q, p) / (0.5 * expm1(s - t) * row_sums(square(e - f)));
  chapter.claim("(16.4)", "KL / its form in ε", average(ratio).item(), 1, 1e-3);
}
int chapter_16(Chapter& chapter) {
  const DataSet kinds = chapter.quick ? DataSet{} : three_kinds(chapter);  // missing? known now
  one_step(chapter), known_bits(chapter);
  const int N = chapter.quick ? 4000 : 10000, T = chapter.quick ? 256 : 1024;
  Parameters p;
  const Mlp hidden(p, "hidden", 10, {64, 64, 64}, activation("silu"), {chapter.seed});
  const Linear out(p, "out", 64, 2, {chapter.seed});
  const auto guess = [&](Var z, Var l) {  // of ε; the time, 0 to 1, enters as four waves of it
    const Var time = (l - l_0) / (l_T - l_0) + 0 * columns(z, 0, 1);
    const Var angle = M_PI / 2 * time * z.tape().constant({{1, 2, 3, 4}});
    return out(hidden(concatenate_columns(z, Var(sin(angle)), Var(cos(angle)))));
  };
  Adam optimiser(p);
  Tape tape;
  for (std::uint32_t step = 0, steps = chapter.quick ? 8000 : 40000; step < steps; ++step) {
    tape.reset();
    Stream noise(chapter.seed, Purpose::latent, step);
    const Var x = data(tape, 256, noise), e = standard_noise(tape, x.shape(), noise);
    const Var time = tape.constant(Shape{256, 1});
    noise.uniform(time.val());
    const Var l = l_0 + (l_T - l_0) * time, z = alpha(l) * x + sigma(l) * e;
    // (16.5)  minimise E ‖ε − ε̂(z_t, t)‖²
    p.zero_gradient(), tape.backward(average(square(e - guess(z, l))));
    optimiser.rule.learning_rate = 4e-3 * (1 - double(step) / steps), optimiser.step();
  }
  const auto level = [&](int t) { return tape.constant(Real(l_0 + (l_T - l_0) / T * t)); };
  std::vector<std::vector<Chart>> clouds(4);
  const auto show = [&](const char* what, int t, ConstMatrix z) {
    if (t != 0 && t != T / 8 * 3 && t != T / 8 * 5 && t != T) return;
    clouds[std::min(3ul, 4ul * t / T)].push_back(
        cloud(concat(what, ", l = ", l_0 + (l_T - l_0) / T * t), z, 3));
  };
  // What is missed of ε at each level: by the best guess, by the network; how far these are apart
  Series missed[] = {{"best guess"}, {"network"}}, gaps[] = {{"best guess"}, {"network"}};
  double apart = 0, best = 0, more = 0, H = 0, end = 0;
  for (int t = 0; t <= T; ++t) {
    tape.reset();
    Stream noise(chapter.seed, Purpose::evaluate, std::uint32_t(t));
    const Var x = data(tape, N, noise), drawn = standard_noise(tape, x.shape(), noise);
    const Var e = drawn / sqrt(average(square(drawn)));  // so that chance adds less to the sum
    const Var l = level(t), z = alpha(l) * x + sigma(l) * e, ideal = known(z, l)[1];
    const auto miss = [&](Var a, Var b) { return d * average(square(a - b)).item(); };
    for (Series& s : missed)
      s.x.push_back(l.item()), s.y.push_back(miss(e, &s == missed ? ideal : guess(z, l)));
    apart += miss(ideal, guess(z, l)) / (T + 1), best += missed[0].y.back() / (T + 1);
    more += (missed[1].y.back() - missed[0].y.back()) / (T + 1), show("data", t, z.val());
    H -= average(known(x, tape.constant(40))[0]).item() / (T + 1.);
    end = average(kl(DiagonalGaussian{alpha(l) * x, log_sigmoid(-l)}, StandardNormal{})).item();
  }
  // (16.7)  E ‖ε − ε̂‖² = E ‖ε − E[ε|z]‖² + E ‖E[ε|z] − ε̂‖²
  chapter.claim("(16.7)", "network misses more, by", more, apart, 10 * std::sqrt(apart / N / T));
  chapter.claim_between("(16.7)", "score: square error, share", apart / (d - best), 0, 0.02);
  // (16.3)  −ELBO = ½ d (log(2π/SNR_0) + 1) + KL(q(z_T|x) ‖ p(z_T)) + Σ_t KL_t;  T/k steps, less H
  for (int k = T; k >= 1; k /= 2)
    for (std::size_t i : {0u, 1u}) {
      gaps[i].x.push_back(T / k);
      double& gap = gaps[i].y.emplace_back(0.5 * d * (std::log(2 * M_PI) - l_0 + 1) + end - H);
      for (auto t = std::size_t(k); t < missed[i].y.size(); t += std::size_t(k))
        gap += 0.5 * std::expm1((l_0 - l_T) * k / T) * missed[i].y[t];
    }
  // (16.8)  −ELBO − H ≈ (l_0 − l_T)/2T (H + ½ d (l_0 − 2 − log 2π))
  const double slope = 0.5 * (l_0 - l_T) * (H + 0.5 * d * (l_0 - 2 - std::log(2 * M_PI)));
  chapter.note("H, nats", H), chapter.note("−ELBO − H, 16 steps, best guess", gaps[0].y[4]);
  chapter.claim("(16.8)", "T (−ELBO − H), best guess", T * gaps[0].y.back(), slope, 0.15 * slope);
  chapter.claim_between("(16.3)", "−ELBO − H, network", gaps[1].y.back(), 0, 0.5);
  // (16.9)  z_T ~ p(z_T);  z_s ~ q(z_s|z_t, x̂), x̂ = (z_t − σ_t ε̂)/α_t;  x ~ p(x|z_0)
  std::vector<Real> numbers(std::size_t(2 * N));
  const Matrix z{numbers.data(), N, 2};
  Stream noise(chapter.seed, Purpose::prior);
  noise.normal(z);
  for (int t = T; t >= 0; --t) {
    tape.reset(), show("drawn", t, z);
    const Var l = level(t), at = tape.constant(z), x = (at - sigma(l) * guess(at, l)) / alpha(l);
    const auto p = t ? back(at, x, level(t - 1), l) : DiagonalGaussian{at / alpha(l), -l};
    std::ranges::copy(p.sample(noise).val(), z.begin());
  }
  const auto [log_q, unused, spot] = known(tape.constant(z), tape.constant(40));
  const Var off = abs(column_sums(spot) / N - tape.constant({{1, 2, 3, 4, 5, 6, 7, 8}}) / 36);
  chapter.claim_between("(16.9)", "drawn: worst share of a spot", max(off).item(), 0, 0.03);
  chapter.claim("(16.9)", "drawn: average log q(x)", average(log_q).item(), -H, 0.15);
  Chart bound{"The bound tightens", "T, steps", "−ELBO − H, nats", {gaps[0], gaps[1]}};
  bound.log_x = bound.log_y = true;
  const Chart misses{"What is missed of ε", "l, log SNR", "E ‖ε − ε̂‖²", {missed[0], missed[1]}};
  draw(std::vector{bound, misses}, chapter.figure("bound.png"));
  draw_columns(clouds, chapter.figure("clouds.png"), 330, 560);
  if (!chapter.quick) images(chapter, kinds);
  return chapter.exit_status();
}
}  // namespace

int main(int n, char** argv) { return run_chapter(n, argv, "16-diffusion", chapter_16); }
