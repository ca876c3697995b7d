// Scores of how anomalous an example is to a trained run; the larger, the more anomalous. One row
// of a table per score. How well a score tells two sets apart is models/metrics/roc.hpp's.
#pragma once
#include <vaegrad/lab/uses/features.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One number per example, nats, from the same K samples z ~ q(z|x).
struct ExampleTerms {
  std::vector<double> log_px;          // log 1/K Σ_k p(x|z_k) p(z_k) / q(z_k|x)
  std::vector<double> elbo;            // log_likelihood − kl
  std::vector<double> log_likelihood;  // 1/K Σ_k log p(x|z_k)
  std::vector<double> kl;              // KL(q(z|x) ‖ p(z))
};
// progress gets the number of examples done, from time to time. An autoencoder has one code and
// log_likelihood alone. All are finite: rows too far for a float come behind the others, by distance.
ExampleTerms example_terms(const LoadedRun& run, const Examples& examples, Index particles,
                           const std::function<void(std::size_t)>& progress = {});

// How many nats a general compressor needs for an image of bytes: the bytes, the differences to the
// left, upper, average or Paeth neighbour (PNG's five filters), deflated; the shortest of the five.
// `width` is that of a row in bytes, `pixel` how many of them are a pixel.
double complexity(std::span<const std::uint8_t> image, std::size_t width, std::size_t pixel = 1);
// For each image as the model is shown it. Error: real numbers.
std::vector<double> complexity(const LoadedRun& run, const Examples& examples);

// What scores are made of.
struct Measured {
  ExampleTerms model, background;
  std::vector<double> complexity;  // nats
  // In pixels, or in columns standardised as the model sees them: squared distances
  std::vector<double> plane;       // to the PCA plane of the training examples
  std::vector<double> neighbours;  // to the 5th nearest training example
};
// A row of the table: its name and the help's words for it, and what it is made of.
struct AnomalyScore {
  const char *name, *what;
  enum Needs { evidence, latent, code, background, bytes, plane, neighbours } needs;
  bool of_log_px() const { return needs == evidence || needs == background || needs == bytes; }
  std::vector<double> (*of)(const Measured&);
};
// The table.
std::span<const AnomalyScore> anomaly_scores();

// Measures what these scores need. `train`: the run's own training examples; `background`: null
// when no score needs it.
Measured measure(const LoadedRun& run, const LoadedRun* background, const Examples& train,
                 const Examples& examples, std::span<const AnomalyScore> scores, Index particles,
                 const std::function<void(const std::string&)>& progress = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
