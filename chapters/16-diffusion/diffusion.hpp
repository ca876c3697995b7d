// What the three parts of chapter 16's program share: the encoder's layers, and the way back.
#pragma once
#include <functional>

#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/models/vae.hpp>

namespace vaegrad {

// (16.1)  z_t = α_t x + σ_t ε,  α² = sigmoid(l), σ² = sigmoid(−l)
inline Var alpha(Var l) { return sqrt(sigmoid(l)); }
inline Var sigma(Var l) { return sqrt(sigmoid(-l)); }

// (16.2)  q(z_s|z_t, x) = N(σ_s²/σ_t² α_t/α_s z_t + α_s (1 − r) x, σ_s² (1 − r)),  r = SNR_t/SNR_s
inline DiagonalGaussian back(Var z, Var x, Var s, Var t) {
  const Var rest = -expm1(t - s), keep = sigmoid(-s) / sigmoid(-t) * alpha(t) / alpha(s);
  return {keep * z + alpha(s) * rest * x, log_sigmoid(-s) + log(rest)};
}

// ---- bytes.cpp ----

// Bytes as numbers: the middles of 256 bins from −1 to 1
inline auto pixel(auto byte) { return (2 * byte + 1) / 256. - 1; }
constexpr double first_level = 13.3, last_level = -5;  // l of z_0 and of z_T

inline Var bits_per_dimension(Var nats, Index d) { return nats / (double(d) * std::log(2)); }

using Guess = std::function<Var(Var z, Var l)>;  // x̂, of z (B, d) and l (B, 1)
// n times from 0 to 1, each uniform, 1/n apart; (n, 1)
Var even_times(Tape& tape, Index n, Stream& noise);
// Bits per dimension, (B, 1): of the step that a time from 0 to 1 falls in, times T; −ELBO
Var step_bits(const Guess& guess, Var x, int T, Var time, Stream& noise);
Var bits(const Guess& guess, Var x, int T, Stream& noise);
void known_bits(Chapter& chapter);  // where the answer is derived
// Fills x (n, d) with bytes/255 that are drawn; sees z_t (n, d) and x̂ on the way, from t = T to 0.
void draw_bytes(const Guess& guess, int T, Stream noise, Matrix x,
                const std::function<void(int t, Var z, Var guess)>& see);

// ---- images.cpp ----

DataSet three_kinds(const Chapter& chapter);         // trousers, bags and boots
void images(Chapter& chapter, const DataSet& data);  // trains on them, beside a VAE

}  // namespace vaegrad
