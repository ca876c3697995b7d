// A model by name: every choice of network, posterior, prior and likelihood behind one type, with
// or without a condition. Plain structs for one model alone are in models/vae.hpp.
#pragma once
#include <memory>
#include <optional>

#include <vaegrad/models/inference/hierarchy.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What a model is made of.
struct Architecture {
  ImageShape image;
  Index conditions = 0;  // how many numbers y has; 0 without
  // Pixels of the image that are given in y instead of modelled.
  std::vector<std::uint32_t> given_pixels = {};
  std::vector<Index> trained_classes = {};  // where y is a class: those that training chose [all]
  bool encoder = true;                      // a baseline has none: its z is y
  bool deterministic = false;  // an autoencoder or a baseline: z is the mean, and there is no KL
  Network network;             // mirrored in the decoder
  std::vector<Index> hidden;   // of the prior's own networks
  Activation activation;
  Initial initial;
  Index latent;  // numbers of z
  const PosteriorRow* posterior;
  PosteriorSpec latents;
  const PriorRow* prior;
  Index components = 1, prior_flows = 8;
  const Likelihood* likelihood;
  std::optional<LikelihoodScale> scale;
  double distance_weight = 1;      // of what is no likelihood but a distance
  std::vector<Index> layers = {};  // latents of each layer, next to x first; one or none: one layer
  std::vector<Index> between = {};  // InferenceSpec::between
  const HierarchyRow* hierarchy = hierarchies()[0];
};

// Real numbers as distances from their mean in deviations, column by column.
struct Standard {
  std::vector<double> mean, deviation;
};

// An example as the model sees it: x, and y when it is conditioned.
struct Batch {
  Var x, condition;
  Pass pass = Pass::buffers();  // Pass::batch(..) in training
};

// What is learnt, and what can be asked of it.
struct Model {
  ImageShape image;
  Index conditions;  // how many numbers y has; 0 without
  Index latent;      // 0: of a baseline, which has no code
  // Pixels of the image: those that x is made of, and those that are given in y instead.
  std::vector<std::uint32_t> modelled, given_pixels;
  std::vector<Index> trained_classes;  // where y is a class: those that training chose
  bool deterministic;  // an autoencoder or a baseline: z is the mean, and there is no KL
  const PosteriorRow* posterior;
  bool standard_normal;       // the prior, whatever y is
  bool fitted_prior = false;  // the prior was fitted to codes after training
  // What is learnt, in the order of a file; and what a model keeps besides, which no optimiser
  // moves (running averages).
  Parameters parameters, buffers;
  std::unique_ptr<Inference> inference;  // not of a baseline
  LikelihoodNetwork decoder;
  std::unique_ptr<Prior> prior;
  std::optional<Standard> standard;  // of the modelled data, before they are x
  // Given a part of an image, y is that part and then what this deterministic model, trained before
  // and fixed, makes of the rest. The encoder sees the image, p(z|y) all of y, the decoder z alone.
  std::shared_ptr<Model> baseline;

  explicit Model(const Architecture& a);
  // How many numbers its parameters would be, the baseline's among them, without memory for them.
  static Index count_parameters(const Architecture& a);
  // Several layers of latents lie between x and the prior.
  bool hierarchical() const { return inference && inference->layers().size() > 1; }
  Index dimensions() const { return Index(modelled.size()); }  // of x

  Index classes() const { return given_pixels.empty() ? conditions : 0; }
  // The i-th of the classes that training chose, which follow one another again and again.
  Index class_in_turn(std::size_t i) const { return trained_classes[i % trained_classes.size()]; }
  // Error: the model is given no class, or training left this one out.
  void check_class(Index y) const;
  // x is a byte times so much, where the data are bytes.
  double unit() const { return decoder.head.row->unit; }
  // log p(x|z) is one, and not a distance in its place.
  bool has_likelihood() const { return !decoder.head.row->instead; }

  // x and y of images as numbers 0..1, or of a table (B, image.size()), and of labels where the
  // model is given them. Errors: a label that was not met in training.
  Batch see(Var images, std::span<const std::uint32_t> labels = {}) const;

  // z ~ q(z|x, y); the z of a deterministic model is the mean.
  Draw draw(const Batch& batch, Stream& noise, Index particles = 1,
            const Wanted& wanted = {}) const;
  // Fills in kl and log_ratio as wanted, once z is decoded.
  void weigh(Draw& draw, const Wanted& wanted) const;
  PosteriorAt code(const Batch& batch) const;  // its mean: the code without noise, (B, Z)
  // `count` draws of z ~ p(z|y), or K for each of `count` conditions, (count K, Z)
  Var sample_prior(Tape& tape, Var condition, Index count, Stream& noise,
                   Index particles = 1) const;
  // p(x|z, y);  z (B K, Z)
  ChosenLikelihood decode(Var z, Var condition, Pass pass = Pass::buffers()) const;

  // The objective's terms; a deterministic model has only its reconstruction.
  Bound bound(const Objective& objective, const Batch& batch, Stream& noise,
              const ObjectiveSettings& settings) const;
  // log w = log p(x|z) + log p(z) − log q(z|x), (B, K), nats. UsageError: there is no log p(x|z)
  Var log_weights(const Batch& batch, Stream& noise, Index particles) const;

  // The first output is the mean of the data (1, dimensions), in units of x.
  void start_at(std::span<const Real> data_mean);
  // The prior's pseudo-inputs are these examples, prior->examples() of them, and a little noise.
  void start_prior_at(const Batch& examples);

 private:
  Model(const Architecture& a, bool only_count);
};

// x of the model (B, dimensions()), or E[x|z], as the data are: 0..1 for pixels, in their own units where
// the model standardises them.
Var shown(const Model& model, Var x);
Var shown(const Model& model, const ChosenLikelihood& p);
// Standardised numbers in the data's units, in place: column j of x is the number of[j] of an example.
void unstandardise(const Model& model, Matrix x, std::span<const std::uint32_t> of);
// The whole image: x as shown() has it, and the pixels that are given in y.
Var whole(const Model& model, Var x, Var condition);

}  // namespace vaegrad::inline VAEGRAD_ABI
