// Many images from a trained model, as numbers: what pictures show a few of
// (lab/pictures/pictures.hpp).
#pragma once
#include <optional>

#include <vaegrad/lab/run/evaluation.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How z is drawn.
struct Sampling {
  std::size_t count = 100;
  std::optional<Index> of_class = {};  // of a conditional model; default: a row for each class
  double temperature = 1;              // the factor on z
  std::uint64_t seed = 1;
  std::string prior = "the prior";  // what it is called in a title
  // When given: z ~ q(z|x) of random ones of these examples, instead of the prior.
  const Examples* aggregate = nullptr;
  // Of these, a model that is given a part of an image draws the rest.
  const Examples* completed = nullptr;
  std::vector<std::string> class_names = {};  // in pictures; those there are none of are numbers
  bool unasked = false;  // also of an autoencoder, which was never asked to put its codes there
};
// UsageError: a temperature that takes codes off their sphere
void check_temperature(const Model& model, const Sampling& sampling);

// What was drawn.
struct Generated {
  OwnedMatrix images;          // E[x|z], 0..1;  (count, height x width)
  std::vector<Label> classes;  // what a conditional model was asked for, or empty
};
// z as Sampling says. A conditional model is asked for its classes in turn, or for sampling's one;
// from the aggregate posterior it is given the label of the example that z comes from.
Generated generate(const Model& model, const Settings& settings, const Sampling& sampling);

}  // namespace vaegrad::inline VAEGRAD_ABI
