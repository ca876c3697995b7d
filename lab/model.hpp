// The model that a run's settings describe, and its numbers on a set of examples.
#pragma once
#include <memory>

#include <vaegrad/lab/settings.hpp>
#include <vaegrad/models/models.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Model {
  Index height, width;  // of an image
  Parameters parameters;
  Vae<GaussianMlp, BernoulliMlp> vae;

  Model(const Settings& settings, Index height, Index width);
  Index dimensions() const { return height * width; }
};

// How this run's bytes become x, with the draw of `step`; see lab/batches.hpp.
void fill_batch(Matrix x, const Examples& from, std::span<const std::uint32_t> rows,
                const Settings& settings, std::uint32_t draw);

// The mean over examples of each pixel (1, dimensions), in 0..1.
std::vector<Real> pixel_mean(const Examples& examples);

// Averages over examples of terms summed per example, in nats.
struct Terms {
  double log_likelihood = 0, kl = 0;
  std::size_t examples = 0;
  double elbo() const { return log_likelihood - kl; }

  void add(const Elbo& batch);  // (B, 1) each; batches may differ in size
};

struct Evaluation : Terms {
  std::vector<double> kl_per_latent;  // nats
  // Latents whose posterior mean varies over the examples by more than 0.01 (Burda et al.,
  // arXiv 1509.00519, section 3)
  std::size_t active_units = 0;
};

// At beta = 1, with one z ~ q(z|x) per example, the same at each call.
Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings);

}  // namespace vaegrad::inline VAEGRAD_ABI
