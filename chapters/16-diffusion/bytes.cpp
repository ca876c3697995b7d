// Chapter 16, second part: what bytes cost, and how they are drawn. Called by main.cpp.
//
// Symbols    x (B, d) pixels, −1 to 1     z (B, d) a layer     l log α²/σ² of it     T steps
#include "diffusion.hpp"

namespace vaegrad {
namespace {

constexpr double l_0 = first_level, l_T = last_level;

// (16.10)  p(x_j|z_0) = N(x_j; z_0j/α_0, 1/SNR_0) / Σ_b N(b; ..), b the 256 values;  (B, 1)
Var log_p(Var x, Var where) {  // where = z_0/α_0
  const auto log_n = [](double off) { return -0.5 * std::exp(l_0) * off * off; };
  const Var sum = x.tape().constant(Shape{x.shape().rows, 1});
  for (Index i = 0; i < x.shape().rows; ++i) {
    double row = 0;
    for (Index j = 0; j < x.shape().cols; ++j) {
      const double at = where.val()(i, j);
      const int near = int(std::lround(128 * at + 127.5));  // two bytes off are 12 σ off
      double all = 0;
      for (int byte = std::max(near - 2, 0); byte <= std::min(near + 2, 255); ++byte)
        all += std::exp(log_n(pixel(byte) - at));
      row += log_n(x.val()(i, j) - at) - std::log(all);
    }
    sum.val()(i, 0) = Real(row);
  }
  return sum;
}
}  // namespace

Var even_times(Tape& tape, Index n, Stream& noise) {
  const Var time = tape.constant(Shape{n, 1}), start = tape.constant(0);
  noise.uniform(start.val());
  for (Index i = 0; i < n; ++i) {
    const double at = start.item() + double(i) / double(n);
    time.val()(i, 0) = Real(at < 1 ? at : at - 1);
  }
  return time;
}

// (16.4)  T KL_t = ½ T (SNR_s − SNR_t) ‖x − x̂‖²
Var step_bits(const Guess& guess, Var x, int T, Var time, Stream& noise) {
  const Var t = x.tape().constant(time.shape());
  for (Index i = 0; i < t.shape().rows; ++i)
    t.val()(i, 0) = 1 + std::min(std::floor(Real(T) * time.val()(i, 0)), Real(T - 1));
  const Var l = l_0 + (l_T - l_0) / T * t, e = standard_noise(x.tape(), x.shape(), noise);
  const Var off = x - guess(alpha(l) * x + sigma(l) * e, l);
  const double ratio = std::expm1((l_0 - l_T) / T);  // SNR_s/SNR_t − 1
  const Var KL_t = 0.5 * ratio * exp(l) * row_sums(square(off));
  return bits_per_dimension(T * KL_t, x.shape().cols);
}
Var first_bits(Var x, Stream& noise) {  // −log p(x|z_0) of a z_0 that is drawn
  const Var e = standard_noise(x.tape(), x.shape(), noise);
  return bits_per_dimension(-log_p(x, x + std::exp(-l_0 / 2) * e), x.shape().cols);
}
// (16.11)  −ELBO/(d log 2), with T KL_t of a random t in place of the sum over t
Var bits(const Guess& guess, Var x, int T, Stream& noise) {
  const Var time = even_times(x.tape(), x.shape().rows, noise), end = x.tape().constant(l_T);
  const DiagonalGaussian q{alpha(end) * x, log_sigmoid(-end)};
  const Var KL_T = bits_per_dimension(kl(q, StandardNormal{}), x.shape().cols);
  return first_bits(x, noise) + KL_T + step_bits(guess, x, T, time, noise);
}

// (16.9)  z_T ~ p(z_T);  z_s ~ q(z_s|z_t, x̂);  at last x, the byte next to z_0/α_0
void draw_bytes(const Guess& guess, int T, Stream noise, Matrix x,
                const std::function<void(int t, Var z, Var guess)>& see) {
  const Matrix z = x;
  noise.normal(z);
  Tape tape;
  for (int t = T; t >= 0; --t) {
    tape.reset();
    const auto level = [&](int t) { return tape.constant(Real(l_0 + (l_T - l_0) / T * t)); };
    const Var l = level(t), at = tape.constant(z), there = guess(at, l + 0 * columns(at, 0, 1));
    see(t, at, there);
    const Var next = t ? back(at, there, level(t - 1), l).sample(noise) : at / alpha(l);
    std::ranges::copy(next.val(), z.begin());
  }
  for (Real& v : x) v = std::clamp<Real>(std::nearbyint(127.5f + 128 * v), 0, 255) / 255;
}

void known_bits(Chapter& chapter) {
  // Pixels that are −a or a, by the toss of a coin: 1 bit each. Best guess: a tanh(a α z/σ²)
  const double a = pixel(191);
  constexpr int N = 4000, T = 100;
  Tape tape;
  Stream noise(chapter.seed, Purpose::other);
  const Var x = tape.constant(Shape{N, 784});
  noise.uniform(x.val());
  for (Real& each : x.val()) each = Real(each < 0.5f ? -a : a);
  const Guess best = [a](Var z, Var l) { return a * tanh(a * alpha(l) / sigmoid(-l) * z); };
  // (16.12)  −ELBO ≈ H (1 + (l_0 − l_T)/2T) for data of whole numbers and the best guess
  const double cost = average(bits(best, x, T, noise)).item();
  const double last = average(first_bits(x, noise)).item();
  chapter.note("bits that p(x|z_0) costs", last);
  chapter.claim("(16.12)", "a coin's other bits", cost - last, 1 + (l_0 - l_T) / 2 / T, 0.02);
}

}  // namespace vaegrad
