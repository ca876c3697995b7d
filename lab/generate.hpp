// Many images from a trained model, as numbers: what pictures show a few of (lab/pictures.hpp).
#pragma once
#include <vaegrad/lab/pictures.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Generated {
  OwnedMatrix images;                 // E[x|z], 0..1;  (count, height x width)
  std::vector<std::uint8_t> classes;  // what a conditional model was asked for, or empty
};
// z as Sampling says. A conditional model is asked for its classes in turn, or for sampling's one;
// from the aggregate posterior it is given the label of the example that z comes from.
Generated generate(const Model& model, const Settings& settings, const Sampling& sampling);

}  // namespace vaegrad::inline VAEGRAD_ABI
