// E_q[log p(x|z)] + λ E_q[log D(z)]: codes that a critic D takes for draws of the prior. No density
// is in it; those that give the KL are for the report alone. At its best D = p(z) / (p(z) + q(z)),
// with q(z) that of all codes together.
// Makhzani et al., Adversarial autoencoders, arXiv 1511.05644; Tolstikhin et al., Wasserstein
// auto-encoders, arXiv 1711.01558, algorithm 1
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/critic.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound adversarial_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles);
  Bound b{log_likelihood, log_likelihood, kl(draw)};
  const auto* critic = dynamic_cast<const Critic*>(s.opponent);
  if (!critic) return b;  // of a stored model, which has none: log p(x|z) alone
  {
    const Frozen theirs(draw.z.tape(), s.opponent->parameters);
    const Var taken_for_code = softplus(-(*critic)(draw.z));  // −log D(z)
    b.objective =
        log_likelihood - s[regulariser_weight] * particle_mean(taken_for_code, draw.particles);
  }
  const Var of_prior = (*critic)(draw.prior_draws), of_code = (*critic)(stop_gradient(draw.z));
  b.opponent_loss = 0.5 * average(softplus(-of_prior)) + 0.5 * average(softplus(of_code));
  return b;
}

}  // namespace

const ObjectiveSetting regulariser_weight{
    "regulariser-weight", "W", "on codes, or of rae-l2, rae-gp on the decoder [10]", 10, 0, 1e6};

const Objective adversarial_objective{
    .name = "adversarial",
    .what = "codes that pass for the prior's (AAE, WAE-GAN)",
    .bound = adversarial_bound,
    .wanted = {.kl = true, .prior_draws = true},
    .beta = false,
    .scheduled = false,
    .settings = {&regulariser_weight},
    .opponent = [](const OpponentSpec& s) -> std::unique_ptr<Opponent> {
      return std::make_unique<Critic>(s);
    }};

}  // namespace vaegrad::inline VAEGRAD_ABI
