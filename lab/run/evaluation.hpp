// The numbers of a model on a set of examples: nats, per example.
#pragma once
#include <functional>

#include <vaegrad/lab/run/model.hpp>
#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Averages over examples of terms summed per example, in nats.
struct Terms {
  double objective = 0, log_likelihood = 0, kl = 0;
  std::uint64_t examples = 0;
  double elbo() const { return log_likelihood - kl; }

  void add(const Bound& batch);    // (B, 1) each; batches may differ in size
  void add(const Terms& of_more);  // of other examples
};

// The terms, and what the latents do.
struct Evaluation : Terms {
  std::vector<double> kl_per_latent;  // nats; empty where it has no closed form for each latent
  std::vector<double> kl_per_layer;   // nats; of several layers of latents, the one next to x first
  // Latents whose code without noise varies over the examples by more than 0.01 (Burda et al.,
  // arXiv 1509.00519, section 5.2); of several layers of latents those of them that have more than
  // 0.01 nats of KL, for where q(z1|x, z2) is p(z1|z2) z1 varies with z2 and says nothing of its own
  std::size_t active_units = 0;
  std::vector<double> elbos;  // of each example, in their order
};

// With one z ~ q(z|x) per example for the ELBO at beta = 1, the same at each call; the objective
// with the factor on the KL that training ends with.
Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings);

// How alike images and what the decoder makes of them are (models/likelihoods/ms_ssim.hpp), with one
// z ~ q(z|x) each: their mean MS-SSIM. NaN of tables, of images smaller than its window, and of
// numbers that are not 0..1.
double mean_ms_ssim(const Model& model, const Examples& examples, const Settings& settings);

// log p(x) by importance sampling.
struct Evidence {
  double nll = 0;                    // nats, mean over the examples
  double standard_error = 0;         // of it, from sampling z, for these examples; NaN of one draw
  double examples_error = 0;         // of it, from the choice of examples
  double effective_sample_size = 0;  // mean, of the particles
  // Of the tails of the weights (models/pareto.hpp): the mean over the examples, and the share of
  // those above 0.7. NaN of fewer draws than have a tail.
  double pareto_k = 0, pareto_k_share = 0;
  std::vector<double> log_px;  // of each example, in their order
  // Whether standard_error covers: a few heavy tails among many do little to their mean.
  bool trusted() const { return pareto_k_share <= 0.05; }
  bool judged() const { return pareto_k_share == pareto_k_share; }
};
// Of a model of one's own: log_weights puts examples on a tape and returns log p(x, z) − log q(z|x)
// of K draws for each, (B, K). progress gets the number of examples done, from time to time.
using RecordRows =
    std::function<Var(Tape&, std::span<const std::uint32_t> rows, Stream& noise, Index particles)>;
Evidence evidence(const Examples& examples, Index particles, std::uint64_t seed,
                  const RecordRows& log_weights,
                  const std::function<void(std::size_t)>& progress = {});
Evidence evidence(const Model& model, const Examples& examples, const Settings& settings,
                  Index particles, const std::function<void(std::size_t)>& progress = {});

// What the KL is made of, with the aggregate posterior over these examples, estimated from batches
// of them. Nothing for an autoencoder, and where p(z|y) is no standard normal.
std::optional<KlParts> kl_parts(const Model& model, const Examples& examples,
                                const Settings& settings);

}  // namespace vaegrad::inline VAEGRAD_ABI
