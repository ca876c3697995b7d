#include "hand_step.hpp"

#include <cmath>

#include <vaegrad/autodiff/elementwise.hpp>
#include <vaegrad/autodiff/kernels/denormals.hpp>
#include <vaegrad/autodiff/loops.hpp>

#include "frozen_product.hpp"

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// f(first, last, block) for consecutive rows, on all threads when there is enough work
template <class F>
void rows_in_blocks(Index rows, Index cols, F f) {
  const bool threaded = rows * cols >= (1 << 15);
  const Index blocks = threaded ? std::min<Index>(rows, threads()) : 1;
  parallel_for(blocks, threaded,
               [&](Index block) { f(rows * block / blocks, rows * (block + 1) / blocks, block); });
}

}  // namespace

Real* HandStep::buffer(Index n) {
  Real* p = memory_.allocate<Real>(n);
  std::fill_n(p, n, Real(0));
  return p;
}

HandStep::Dense HandStep::dense(const Parameters& from, std::size_t& number, Index rows) {
  const Param w = from.list()[number++].param, b = from.list()[number++].param;
  const Index out = w.shape.cols;
  return {w.shape.rows,         out,
          values_ + w.offset,   values_ + b.offset,
          gradient_ + w.offset, gradient_ + b.offset,
          buffer(rows * out),   buffer(rows * out)};
}

HandStep::HandStep(const BenchCase& what, const Images& images, const Parameters& from)
    : what_(what), images_(images), size_(from.size()), samples_(what.batch * what.particles) {
  values_ = buffer(size_), gradient_ = buffer(size_), m_ = buffer(size_), v_ = buffer(size_);
  std::copy(from.values().begin(), from.values().end(), values_);
  std::size_t number = 0;
  for (std::size_t k = 0; k < what.hidden.size(); ++k)
    encoder_.push_back(dense(from, number, what.batch));
  mean_ = dense(from, number, what.batch);
  log_variance_ = dense(from, number, what.batch);
  for (std::size_t k = 0; k <= what.hidden.size(); ++k)
    decoder_.push_back(dense(from, number, samples_));
  x_ = buffer(what.batch * what.dimensions);
  noise_ = buffer(samples_ * what.latent), z_ = buffer(samples_ * what.latent);
  dz_ = buffer(samples_ * what.latent), scale_ = buffer(what.batch * what.latent);
  log_weight_ = buffer(samples_), weight_ = buffer(samples_);
}

void HandStep::make_batch(std::span<const std::uint32_t> rows) {
  rows_in_blocks(what_.batch, what_.dimensions, [&](Index first, Index last, Index) {
    for (Index i = first; i < last; ++i) {
      const std::uint8_t* from = images_.image(rows[std::size_t(i)]).data();
      for (Index j = 0; j < what_.dimensions; ++j)
        x_[i * what_.dimensions + j] = Real(from[j]) / 255;
    }
  });
}

void HandStep::forward(const Dense& d, const Real* x, Index rows) {
  frozen_multiply({x, rows, d.in}, {d.w, d.in, d.out}, d.y, false);
  const bool plain = &d == &mean_ || &d == &log_variance_, rectified = what_.activation == "relu";
  if (&d == &decoder_.back()) return;  // its bias is added where it is used
  rows_in_blocks(rows, d.out, [&](Index first, Index last, Index) {
    for (Index i = first; i < last; ++i)
      over_lanes(0, d.out, [&](Index j, auto live) {
        Real* y = d.y + i * d.out + j;
        const Lanes a = load(y, live) + load(d.b + j, live);
        store(plain ? a : rectified ? max(a, Lanes(0)) : tanh(a), y, live);
      });
  });
}

void HandStep::backward(const Dense& d, const Real* x, Real* dx, Index rows, bool x_is_hidden) {
  frozen_multiply(transposed(Factor{x, rows, d.in}), {d.dy, rows, d.out}, d.dw, false);
  sum_columns({d.dy, rows, d.out}, d.db, false);
  if (!dx) return;
  frozen_multiply({d.dy, rows, d.out}, transposed(Factor{d.w, d.in, d.out}), dx,
                  &d == &log_variance_);  // the mean's share is there already
  if (!x_is_hidden) return;
  const bool rectified = what_.activation == "relu";
  rows_in_blocks(rows, d.in, [&](Index first, Index last, Index) {
    over_lanes(first * d.in, last * d.in, [&](Index i, auto live) {
      const Lanes y = load(x + i, live), dy = load(dx + i, live);
      store(rectified ? select(y > Lanes(0), dy, Lanes(0)) : dy * (Lanes(1) - y * y), dx + i, live);
    });
  });
}

// z = μ + σ ⊙ ε, and for importance weights log p(z) − log q(z|x) = ½ Σ (ε² + log σ² − z²)
void HandStep::sample() {
  const Index Z = what_.latent, K = what_.particles;
  rows_in_blocks(what_.batch, K * Z, [&](Index first, Index last, Index) {
    over_lanes(first * Z, last * Z, [&](Index i, auto live) {
      store(exp(Lanes(Real(0.5)) * load(log_variance_.y + i, live)), scale_ + i, live);
    });
    for (Index n = first * K; n < last * K; ++n) {
      Lanes sum(Real(0));
      over_lanes(0, Z, [&](Index j, auto live) {
        const Index at = n / K * Z + j;
        const Lanes e = load(noise_ + n * Z + j, live);
        const Lanes z = load(mean_.y + at, live) + load(scale_ + at, live) * e;
        store(z, z_ + n * Z + j, live);
        sum += e * e + load(log_variance_.y + at, live) - z * z;
      });
      log_weight_[n] = Real(0.5) * horizontal_sum(sum);
    }
  });
}

// log p(x|z) = Σ_j x l − log(1 + exp l), d/dl = x − sigmoid(l). With one particle the weight of a
// row is known, so that this pass finishes the adjoint.
double HandStep::likelihood() {
  const Dense& d = decoder_.back();
  const Index D = d.out, K = what_.particles;
  const Lanes weight = K == 1 ? Real(-1) / Real(what_.batch) : Real(1);
  const bool add = what_.importance_weighted;
  rows_in_blocks(samples_, D, [&](Index first, Index last, Index) {
    for (Index n = first; n < last; ++n) {
      const Real *l = d.y + n * D, *x = x_ + n / K * D;
      Lanes sum(Real(0));
      over_lanes(0, D, [&](Index j, auto live) {
        const Lanes a = load(l + j, live) + load(d.b + j, live), t = load(x + j, live);
        const Lanes e = exp(-abs(a));
        const Lanes positive = select(a < Lanes(0), Lanes(0), a);
        sum += dead_as(0, a * t - (positive + log1p_of_unit(e)), live);
        const Lanes p = select(a < Lanes(0), e, Lanes(1)) / (Lanes(1) + e);
        store(weight * (t - p), d.dy + n * D + j, live);
      });
      log_weight_[n] = horizontal_sum(sum) + (add ? log_weight_[n] : Real(0));
    }
  });
  if (K > 1) return weigh();
  double total = 0;
  for (Index n = 0; n < samples_; ++n) {
    weight_[n] = Real(-1) / Real(what_.batch);
    total -= double(log_weight_[n]);
  }
  return total / double(what_.batch);
}

// log (1/K) Σ_k w_k; each row of the logits' adjoint gets its share of the total weight
double HandStep::weigh() {
  const Dense& d = decoder_.back();
  const Index K = what_.particles;
  double total = 0;
  for (Index b = 0; b < what_.batch; ++b) {
    const Real* w = log_weight_ + b * K;
    const Real most = *std::max_element(w, w + K);
    Real sum = 0;
    for (Index k = 0; k < K; ++k) sum += weight_[b * K + k] = std::exp(w[k] - most);
    for (Index k = 0; k < K; ++k) weight_[b * K + k] /= -sum * Real(what_.batch);
    total -= double(most + std::log(sum / Real(K)));
  }
  rows_in_blocks(samples_, d.out, [&](Index first, Index last, Index) {
    for (Index n = first; n < last; ++n)
      over_lanes(0, d.out, [&](Index j, auto live) {
        Real* to = d.dy + n * d.out + j;
        store(Lanes(weight_[n]) * load(to, live), to, live);
      });
  });
  return total / double(what_.batch);
}

// The weights of the bound are weight_; the ELBO has KL = ½ Σ (μ² + σ² − 1 − log σ²) instead, here
// summed in log_weight_, which has served.
double HandStep::pull_sample() {
  const Index Z = what_.latent, K = what_.particles;
  const bool closed_form = !what_.importance_weighted;
  const Lanes half(Real(0.5)), share(Real(1) / Real(what_.batch));
  rows_in_blocks(what_.batch, K * Z, [&](Index first, Index last, Index) {
    for (Index b = first; b < last; ++b) {
      Lanes kl(Real(0));
      over_lanes(0, Z, [&](Index j, auto live) {
        const Index at = b * Z + j;
        const Lanes s = load(scale_ + at, live), m = load(mean_.y + at, live);
        Lanes dm(Real(0)), dv(Real(0));
        if (closed_form) {
          const Lanes more = s * s - Lanes(1);
          kl += dead_as(0, half * (m * m + more - load(log_variance_.y + at, live)), live);
          dm = share * m, dv = share * half * more;
        }
        for (Index n = b * K; n < (b + 1) * K; ++n) {
          Lanes dz = load(dz_ + n * Z + j, live);
          if (!closed_form) {
            dz -= Lanes(weight_[n]) * load(z_ + n * Z + j, live);
            dv += half * Lanes(weight_[n]);
          }
          dm += dz;
          dv += half * dz * load(noise_ + n * Z + j, live) * s;
        }
        store(dm, mean_.dy + at, live);
        store(dv, log_variance_.dy + at, live);
      });
      log_weight_[b] = horizontal_sum(kl);
    }
  });
  double kl = 0;
  for (Index b = 0; closed_form && b < what_.batch; ++b) kl += double(log_weight_[b]);
  return kl / double(what_.batch);
}

double HandStep::operator()(std::span<const std::uint32_t> rows, std::uint32_t number) {
  make_batch(rows);
  Stream stream(1, Purpose::latent, number, rows, std::uint32_t(what_.particles));
  stream.normal({noise_, samples_, what_.latent});

  const Real* h = x_;
  for (const Dense& d : encoder_) forward(d, h, what_.batch), h = d.y;
  forward(mean_, h, what_.batch);
  forward(log_variance_, h, what_.batch);
  sample();
  h = z_;
  for (const Dense& d : decoder_) forward(d, h, samples_), h = d.y;
  const FlushDenormals flush;
  double loss = likelihood();

  for (std::size_t k = decoder_.size(); k-- > 1;)
    backward(decoder_[k], decoder_[k - 1].y, decoder_[k - 1].dy, samples_, true);
  backward(decoder_[0], z_, dz_, samples_, false);
  loss += pull_sample();
  const Dense& last = encoder_.back();
  backward(mean_, last.y, last.dy, what_.batch, false);
  backward(log_variance_, last.y, last.dy, what_.batch, true);
  for (std::size_t k = encoder_.size(); k-- > 1;)
    backward(encoder_[k], encoder_[k - 1].y, encoder_[k - 1].dy, what_.batch, true);
  backward(encoder_[0], x_, nullptr, what_.batch, false);
  optimise();
  return loss;
}

void HandStep::optimise() {
  const double n = double(++steps_);
  const Lanes rate(Real(1e-3 / (1 - std::pow(0.9, n))));
  const Lanes root(Real(1 / std::sqrt(1 - std::pow(0.999, n))));
  const Lanes b1(Real(0.9)), r1(Real(0.1)), b2(Real(0.999)), r2(Real(0.001)), tiny(Real(1e-8));
  rows_in_blocks(size_ / Lanes::size, Lanes::size, [&](Index first, Index last, Index) {
    for (Index i = first * Lanes::size; i < last * Lanes::size; i += Lanes::size) {
      const Lanes g = Lanes::load(gradient_ + i);
      const Lanes m = b1 * Lanes::load(m_ + i) + r1 * g;
      const Lanes v = b2 * Lanes::load(v_ + i) + r2 * g * g;
      m.store(m_ + i);
      v.store(v_ + i);
      (Lanes::load(values_ + i) - rate * m / (sqrt(v) * root + tiny)).store(values_ + i);
    }
  });
}

void HandStep::products() {
  const auto both = [](const Dense& d, const Real* x, Real* dx, Index rows) {
    frozen_multiply({x, rows, d.in}, {d.w, d.in, d.out}, d.y, false);
    frozen_multiply(transposed(Factor{x, rows, d.in}), {d.dy, rows, d.out}, d.dw, false);
    if (dx) frozen_multiply({d.dy, rows, d.out}, transposed(Factor{d.w, d.in, d.out}), dx, false);
  };
  const Real* h = x_;
  Real* dh = nullptr;
  for (const Dense& d : encoder_) both(d, h, dh, what_.batch), h = d.y, dh = d.dy;
  both(mean_, h, dh, what_.batch);
  both(log_variance_, h, dh, what_.batch);
  h = z_, dh = dz_;
  for (const Dense& d : decoder_) both(d, h, dh, samples_), h = d.y, dh = d.dy;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
