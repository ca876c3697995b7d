// The model that a run's settings describe, and its numbers on a set of examples.
#pragma once
#include <functional>
#include <optional>

#include <vaegrad/lab/settings.hpp>
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/likelihoods.hpp>
#include <vaegrad/models/schedules.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// N(0, I), or a Gaussian per example.
struct AnyPrior {
  std::optional<DiagonalGaussian> given;  // (B, Z) each
};
inline Var kl_per_latent(const DiagonalGaussian& q, const AnyPrior& p) {
  return p.given ? kl_per_latent(q, *p.given) : Var(kl_per_latent(q, StandardNormal{}));
}
inline Var log_prob(const AnyPrior& p, Var z, Index particles) {
  return p.given ? log_prob(*p.given, z, particles) : StandardNormal{}.log_prob(z);
}

struct Model;

// q(z|x, y) and p(x|z, y) with the condition y filled in; without one it is an empty Var.
struct ConditionedEncoder {
  const Model* model;
  Var condition;
  DiagonalGaussian operator()(Var x) const;
};
struct ConditionedDecoder {
  const Model* model;
  Var condition;
  ChosenLikelihood operator()(Var z) const;
};
using AnyVae = Vae<ConditionedEncoder, ConditionedDecoder, AnyPrior>;

struct Model {
  Index height, width, conditions;  // conditions: how many numbers y has; 0 without
  Index latent;
  const PosteriorScale* posterior_scale;
  Parameters parameters;
  Mlp encoder;
  Linear mean, scale;
  LikelihoodMlp decoder;
  std::optional<GaussianMlp> prior;  // p(z|y)
  bool deterministic;                // an autoencoder: z is the mean, and there is no KL

  Model(const Settings& settings, Index height, Index width, Index conditions);
  Index dimensions() const { return height * width; }

  AnyVae given(Var condition) const;
  // The first output is the mean of the data (1, dimensions), in 0..1: what --output-bias data-mean
  // does.
  void start_at(std::span<const Real> data_mean);
};

// An example as the model sees it: x, and y when it is conditioned.
struct Batch {
  Var x, condition;
};
// How many numbers the condition of these settings has, for these data.
Index condition_size(const Settings& settings, const DataSet& data);
Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings, std::uint32_t draw);

const Objective<AnyVae>& objective(std::string_view name);
// With `share` of the factor on the KL in force (models/schedules.hpp).
ObjectiveSettings objective_settings(const Settings& settings, double share);

// Averages over examples of terms summed per example, in nats.
struct Terms {
  double objective = 0, log_likelihood = 0, kl = 0;
  std::uint64_t examples = 0;
  double elbo() const { return log_likelihood - kl; }

  void add(const Bound& batch);  // (B, 1) each; batches may differ in size
};

struct Evaluation : Terms {
  std::vector<double> kl_per_latent;  // nats
  // Latents whose posterior mean varies over the examples by more than 0.01 (Burda et al.,
  // arXiv 1509.00519, section 3)
  std::size_t active_units = 0;
};

// With one z ~ q(z|x) per example for the ELBO at beta = 1, the same at each call; the objective
// with the factor on the KL that training ends with.
Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings);

// log p(x) by importance sampling.
struct Evidence {
  double nll = 0;                    // nats, mean over the examples
  double standard_error = 0;         // of it, from sampling z, for these examples
  double examples_error = 0;         // of it, from the choice of examples
  double effective_sample_size = 0;  // mean, of the particles
};
// progress gets the number of examples done, from time to time.
Evidence evidence(const Model& model, const Examples& examples, const Settings& settings,
                  Index particles, const std::function<void(std::size_t)>& progress = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
