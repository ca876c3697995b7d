// A variational autoencoder is an encoder q(z|x), a decoder p(x|z) and a prior p(z); the ELBO is a
// function of those. Kingma and Welling, arXiv 1312.6114.
#pragma once
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/layers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// x ↦ a distribution of rows: what an encoder and a decoder are.
template <class F>
concept ConditionalDistribution = requires(const F& f, Var x, Stream& noise) {
  { f(x).log_prob(x) } -> std::same_as<Var>;
  { f(x).sample(noise) } -> std::same_as<Var>;
};

// The three together.
template <ConditionalDistribution Encoder, ConditionalDistribution Decoder,
          class Prior = StandardNormal>
struct Vae {
  Encoder encode;  // x ↦ q(z|x)
  Decoder decode;  // z ↦ p(x|z)
  Prior prior{};   // p(z)
};
template <class E, class D>
Vae(E, D) -> Vae<E, D>;
template <class E, class D, class P>
Vae(E, D, P) -> Vae<E, D, P>;

// Both terms of the bound, one row per example, nats.
struct Elbo {
  Var log_likelihood, kl;
  // log_likelihood − β kl, (B, 1)
  Var operator()(double beta = 1) const { return log_likelihood - beta * kl; }
};

// log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)), with one z ~ q(z|x) per example
template <class E, class D, class P>
Elbo elbo(const Vae<E, D, P>& vae, Var x, Stream& noise) {
  const auto q = vae.encode(x);
  const Var z = q.sample(noise);
  return {vae.decode(z).log_prob(x), kl(q, vae.prior)};
}

// ---- networks that end in a distribution ----

struct GaussianMlp {  // x ↦ N(μ(x), σ²(x))
  Mlp hidden;
  Linear mean, log_variance;

  GaussianMlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
              Index out, Activation activation, Initial initial)
      : hidden(p, name, in, hidden, activation, initial),
        mean(p, name + ".mean", this->hidden.outputs(in), out, initial),
        log_variance(p, name + ".log_variance", this->hidden.outputs(in), out, initial) {}

  // x (B, in)
  DiagonalGaussian operator()(Var x) const {
    const Var h = hidden(x);
    return {mean(h), log_variance(h)};
  }
};

struct BernoulliMlp {  // z ↦ Bernoulli(sigmoid(l(z)))
  Mlp hidden;
  Linear logits;

  BernoulliMlp(Parameters& p, const std::string& name, Index in, const std::vector<Index>& hidden,
               Index out, Activation activation, Initial initial)
      : hidden(p, name, in, hidden, activation, initial),
        logits(p, name + ".logits", this->hidden.outputs(in), out, initial) {}

  // z (B, in)
  Bernoulli operator()(Var z) const { return {logits(hidden(z))}; }

  // The output before anything is learnt: logit of the mean of the data (1, D), kept off 0 and 1.
  void start_at(ConstMatrix data_mean) {
    const Matrix bias = logits.bias.owner->change_value(logits.bias);
    check(data_mean.shape() == bias.shape(), "start_at: the mean of the data is ",
          data_mean.shape(), ", the output ", bias.shape());
    for (Index j = 0; j < bias.cols; ++j) {
      const Real m = std::clamp(data_mean.data[j], Real(0.001), Real(0.999));
      bias.data[j] = std::log(m / (1 - m));
    }
  }
};

}  // namespace vaegrad::inline VAEGRAD_ABI
