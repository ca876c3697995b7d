// The model that a run's settings describe, and what it is shown of the data.
#pragma once
#include <vaegrad/lab/data/condition.hpp>
#include <vaegrad/lab/run/settings/settings.hpp>
#include <vaegrad/models/model.hpp>
#include <vaegrad/models/schedules.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// For data of this shape, with so many numbers in a condition.
Architecture architecture(const Settings& settings, ImageShape image, Index conditions);

// z is the mean of q(z|x), without noise: an autoencoder, also by its objective, or a baseline.
bool is_deterministic(const Settings& settings);

// Before training: with the numbers that are the data's, as the settings ask for them.
std::unique_ptr<Model> new_model(const Settings& settings, const DataSet& data);
// The settings of the baseline that belongs to a model given a part of an image.
Settings baseline_settings(const Settings& settings);

// How many numbers the condition of these settings has, for these data.
Index condition_size(const Settings& settings, const DataSet& data);

// These rows, as the model is shown them; pixels that are drawn are those of `draw` (batches.hpp).
Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings, std::uint32_t draw);

// With `share` of the factor on the KL in force (models/schedules.hpp).
ObjectiveSettings objective_settings(const Settings& settings, double share);

}  // namespace vaegrad::inline VAEGRAD_ABI
