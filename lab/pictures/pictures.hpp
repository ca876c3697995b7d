// The pictures of a run: what a model draws, and what it makes of images it is shown.
#pragma once
#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/pictures/plot.hpp>
#include <vaegrad/lab/run/evaluation.hpp>
#include <vaegrad/lab/uses/generate.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// E[x|z] for z so drawn, on a grid.
bool draw_samples(const Model& model, const Settings& settings, const Sampling& sampling,
                  const std::filesystem::path& path);

// Rows in groups: test images, what the model is shown of them, E[x|z] with z ~ q(z|x).
bool draw_reconstructions(const Model& model, const Examples& examples, const Settings& settings,
                          const std::filesystem::path& path);

// A row for each latent, most informative first: E[x|z] while that latent goes from -3 to 3 and the
// others keep the mean of one of the examples. Without examples: of the prior's mean (of that class),
// which is a latent more informative by `kl`, one number each, or in their order.
bool draw_traversal(const Model& model, const Examples* examples, const Settings& settings,
                    const std::filesystem::path& path, std::span<const double> kl = {},
                    Index of_class = 0);

// Between pairs of test images: E[x|z] for z on the line, or on the great circle with the norm
// following.
bool draw_interpolation(const Model& model, const Examples& examples, const Settings& settings,
                        bool spherical, const std::filesystem::path& path, Index steps = 11);
// The same as numbers: for each pair `steps` rows.
OwnedMatrix interpolated(const Model& model, const Examples& examples, const Settings& settings,
                         bool spherical, Index steps);

// The plane of z0 and z1, or of the two most informative latents: the posterior means of up to 2000
// examples, coloured by label.
bool draw_scatter(const Model& model, const Examples& examples, const Settings& settings,
                  const std::filesystem::path& path);

// Of a model with two latents: E[x|z] for z on a grid at equal steps of the prior's probability.
bool draw_manifold(const Model& model, std::optional<Index> of_class,
                   const std::filesystem::path& path);

// For tables, whose examples are no images. The share of each column's variance that E[x|z]
// explains, z ~ q(z|x) ..
bool draw_table_reconstructions(const Model& model, const Examples& examples,
                                const Settings& settings, const std::filesystem::path& path);
// .. and the two columns that depend on each other most, in the data and drawn from the model;
// without examples: drawn from the model.
bool draw_table_samples(const Model& model, const Examples* examples, const Settings& settings,
                        const Sampling& sampling, const std::filesystem::path& path);

// What a run leaves beside its numbers: curves.png, reconstructions.png, samples.png, scatter.png,
// and manifold.png where there are two latents; those that make sense for the model and its data.
void draw_run(const Model& model, const DataSet& data, const Settings& settings,
              const Curves& curves, const std::filesystem::path& folder);

}  // namespace vaegrad::inline VAEGRAD_ABI
