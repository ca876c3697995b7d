// The model that a run's settings describe, and what it is shown of the data.
#pragma once
#include <memory>
#include <optional>

#include <vaegrad/lab/data/condition.hpp>
#include <vaegrad/lab/run/settings.hpp>
#include <vaegrad/models/bounds.hpp>
#include <vaegrad/models/networks.hpp>
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

struct Encoder {
  EncoderBody body;
  Linear mean, scale;
};

// Real numbers as distances from their mean in deviations, column by column.
struct Standard {
  std::vector<double> mean, deviation;
};

struct Model {
  ImageShape image;
  Index conditions;  // how many numbers y has; 0 without
  Index latent;      // 0: of a baseline, which has no code
  const PosteriorScale* posterior_scale;
  // Pixels of the image: those that x is made of, and those that are given in y instead.
  std::vector<std::uint32_t> modelled, given_pixels;
  bool deterministic;  // an autoencoder or a baseline: z is the mean, and there is no KL
  Parameters parameters;
  std::optional<Encoder> encoder;  // not of a baseline, whose z is y
  LikelihoodNetwork decoder;
  std::optional<GaussianMlp> prior;  // p(z|y)
  std::optional<Standard> standard;  // of the modelled data, before they are x
  // Given a part of an image, y is that part and then what this deterministic model, trained before
  // and fixed, makes of the rest. The encoder sees the image, p(z|y) all of y, the decoder z alone.
  std::shared_ptr<Model> baseline;

  Model(const Settings& settings, ImageShape image, Index conditions);
  Index dimensions() const { return Index(modelled.size()); }  // of x
  Index classes() const { return given_pixels.empty() ? conditions : 0; }

  AnyVae given(Var condition) const;
  // The first output is the mean of the data (1, dimensions), in units of x: what --output-bias
  // data-mean does.
  void start_at(std::span<const Real> data_mean);
};
// Before training: with the numbers that are the data's, as the settings ask for them.
std::unique_ptr<Model> new_model(const Settings& settings, const DataSet& data);
// The settings of the baseline that belongs to a model given a part of an image.
Settings baseline_settings(const Settings& settings);

// An example as the model sees it: x, and y when it is conditioned.
struct Batch {
  Var x, condition;
};
// How many numbers the condition of these settings has, for these data.
Index condition_size(const Settings& settings, const DataSet& data);
Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings, std::uint32_t draw);

// E[x|z] as the data are: 0..1 for pixels.
Var shown(const Model& model, const ChosenLikelihood& p);

const Objective<AnyVae>& objective(std::string_view name);
// With `share` of the factor on the KL in force (models/schedules.hpp).
ObjectiveSettings objective_settings(const Settings& settings, double share);

}  // namespace vaegrad::inline VAEGRAD_ABI
