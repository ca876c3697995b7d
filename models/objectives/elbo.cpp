// E_q[log p(x|z)] − β KL(q(z|x) ‖ p(z)), the KL in closed form where the draw has one, else by
// sampling.  β = 1: Kingma and Welling, arXiv 1312.6114, eq. 10. β ≠ 1: Higgins et al., ICLR 2017,
// eq. 4
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting free_bits{
    "free-bits", "L", "nats of KL per latent that cost nothing [0]", 0, 0, 1e6};

constexpr ObjectiveSetting layer_free_bits{
    "layer-free-bits", "L", "the same of each layer of latents [0]", 0, 0, 1e6};

Bound elbo_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  if (s[free_bits] > 0) {
    check<UsageError>(bool(draw.kl), "free bits: the KL of this posterior and prior has no value ",
                      "for each latent", hint, "a posterior with a closed form, such as gaussian");
    return {log_likelihood - s.beta * free_bits_kl(draw.kl, s[free_bits]), log_likelihood, all};
  }
  if (s[layer_free_bits] > 0)
    return {log_likelihood - s.beta * free_bits_kl(kl_per_layer(draw), s[layer_free_bits]),
            log_likelihood, all};
  return {log_likelihood - s.beta * all, log_likelihood, all};
}

// The mean over K particles of log w: the KL by sampling
const char* free_over_the_batch(const ObjectiveSettings& s) {
  return s[free_bits] > 0 || s[layer_free_bits] > 0 ? "has free bits, of the batch's mean KL"
                                                    : nullptr;
}

Bound elbo_mc_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  return {(1.0 / double(draw.particles)) * row_sums(log_w), particle_mean(log_px, draw.particles),
          kl(draw)};
}

}  // namespace

const Objective elbo_objective{.name = "elbo",
                               .what = "the ELBO, KL in closed form where there is one",
                               .bound = elbo_bound,
                               .wanted = {.kl = true},
                               .beta = false,
                               .scheduled = true,
                               .settings = {&free_bits, &layer_free_bits},
                               .whole = free_over_the_batch};
const Objective beta_objective{.name = "beta",
                               .what = "beta times the KL (Higgins 2017)",
                               .bound = elbo_bound,
                               .wanted = {.kl = true},
                               .beta = true,
                               .scheduled = true,
                               .settings = {&free_bits, &layer_free_bits},
                               .whole = free_over_the_batch};

const Objective elbo_mc_objective{"elbo-mc",     "the ELBO, KL by sampling",
                                  elbo_mc_bound, {.kl = true, .log_ratio = true},
                                  false,         true};

}  // namespace vaegrad::inline VAEGRAD_ABI
