// The pictures of a run: what a model draws, and what it makes of images it is shown.
#pragma once
#include <vaegrad/lab/data_set.hpp>
#include <vaegrad/lab/model.hpp>
#include <vaegrad/lab/plot.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// `count` pictures E[x|z] with z ~ p(z), on a grid.
bool draw_samples(const Model& model, std::size_t count, std::uint64_t seed,
                  const std::filesystem::path& path);

// Pairs of rows: test images above E[x|z] with z ~ q(z|x).
bool draw_reconstructions(const Model& model, const Examples& examples, const Settings& settings,
                          const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
