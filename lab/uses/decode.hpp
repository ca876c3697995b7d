// From codes to data, as numbers in the data's own units: 0..1 for pixels, columns as in the file.
#pragma once
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/uses/generate.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (count, height, width), and channels where there are three; (count, columns) of a table
std::vector<std::size_t> shape_of_many(const Model& model, std::size_t count);

// E[x|z] of each row of z; of a conditional model with a label for each row, or one for all. Errors:
// rows of another length, labels that are missing or were not met, a model that completes images.
OwnedMatrix decode(const Model& model, ConstMatrix z, std::span<const Label> labels);

// x̂ = E[x|z] with z ~ q(z|x), the same at each call, of these rows of the examples' file; of an
// autoencoder z is its code.
OwnedMatrix reconstruct(const Model& model, const Examples& examples, const Settings& settings);

// Draws from the model: E[x|z] of images, x ~ p(x|z) of rows of a table.
OwnedMatrix sample(const Model& model, const Settings& settings, const Sampling& sampling);

}  // namespace vaegrad::inline VAEGRAD_ABI
