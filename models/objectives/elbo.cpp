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
Bound elbo_mc_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  return {(1.0 / double(draw.particles)) * row_sums(log_w), particle_mean(log_px, draw.particles),
          kl(draw)};
}

}  // namespace

const Objective elbo_objective{"elbo",
                               "the ELBO, KL in closed form where there is one",
                               elbo_bound,
                               {.kl = true},
                               false,
                               true,
                               {&free_bits, &layer_free_bits}};
const Objective beta_objective{
    "beta", "beta times the KL (Higgins 2017)", elbo_bound, {.kl = true}, true,
    true,   {&free_bits, &layer_free_bits}};

const Objective elbo_mc_objective{"elbo-mc",     "the ELBO, KL by sampling",
                                  elbo_mc_bound, {.kl = true, .log_ratio = true},
                                  false,         true};

}  // namespace vaegrad::inline VAEGRAD_ABI
