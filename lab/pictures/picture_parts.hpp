// What pictures of a run have in common: which examples they show, and their codes.
#pragma once
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One-hot rows of these labels; empty where the model is not given a class.
Var one_hot(Tape& tape, const Model& model, const std::vector<Index>& labels);

// The posterior means of some examples, and their conditions.
struct Codes {
  Var z, condition;
};
Codes codes_of(Tape& tape, const Model& model, const Examples& examples, const Settings& settings,
               std::span<const std::uint32_t> rows);

// The latents, most informative first: by their KL in nats over 1000 examples; where it has
// none for each, as an autoencoder's, by the variance of the code.
struct RankedLatent {
  Index latent;
  double kl;  // NaN where there is none
};
std::vector<RankedLatent> rank_latents(const Model& model, const Examples& examples,
                                       const Settings& settings);
// The same by numbers that are known; in their order where they are not.
std::vector<RankedLatent> rank_latents(const Model& model, std::span<const double> kl);
// The layer of latents, 0 next to x, and its place there.
struct PlaceOfLatent {
  std::size_t layer;
  Index latent;
};
PlaceOfLatent place_of(const Model& model, Index latent);
// z3; of several layers z2[3], the third of z₂ counted from 0
std::string name_of(const Model& model, Index latent);
// An empty grid for images as the model's, and images, one per row, at its end.
ImageGrid grid_for(const Model& model, std::string title);
void append_images(ImageGrid& grid, ConstMatrix images);
// E[x|z] as shown() has it, with the pixels that are given in y.
Var shown_mean(const Model& model, const ChosenLikelihood& p, Var condition);
// UsageError: the run's data are a table.
void check_images(const Model& model);
// Scales all of z but z_j so that its length is 1.
void make_way(std::span<Real> z, Index j);

inline const char* split_name(Split split) {
  return split == Split::train ? "training" : split == Split::validation ? "validation" : "test";
}

// A table is a file of rows of numbers: it has no pictures of its examples.
// By the name that the data gave it, else its number
inline std::string class_name(std::span<const std::string> names, Index c) {
  return std::size_t(c) < names.size() ? names[std::size_t(c)] : std::to_string(c);
}
inline bool is_table(const Model& model) { return model.image.height == 1; }

}  // namespace vaegrad::inline VAEGRAD_ABI
