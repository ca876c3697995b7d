// The ELBO − γ TC(q(z)), the total correlation by a critic: the logit l(z) of being a code and not
// one whose latents were drawn from different codes is log q(z) / Π_j q(z_j) where the critic is at
// its best.          Kim and Mnih, Disentangling by factorising, arXiv 1802.05983, algorithm 2; the
// latents are permuted within the batch that the codes come from.
#include <utility>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/critic.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting weight{"factor-weight", "G", "on the TC [10]", 10, 0, 1e6};

// Each column in an order of its own (Fisher and Yates), as a constant
Var permuted(Var z, std::uint64_t seed, std::uint32_t step) {
  const Var to = z.tape().constant(ConstMatrix(z.val()));
  const Matrix m = to.val();
  Stream stream(seed, Purpose::other, step);
  for (Index j = 0; j < m.cols; ++j)
    for (Index i = m.rows; i > 1; --i)
      std::swap(m(i - 1, j), m(Index(stream.below(std::uint64_t(i))), j));
  return to;
}

Bound factor_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  Bound b{log_likelihood - s.beta * all, log_likelihood, all};
  const auto* critic = dynamic_cast<const Critic*>(s.opponent);
  if (!critic) return b;  // of a stored model, which has none: the ELBO alone
  Tape& tape = draw.z.tape();
  {
    const Frozen theirs(tape, s.opponent->parameters);
    b.objective = b.objective - s[weight] * particle_mean((*critic)(draw.z), draw.particles);
  }
  const Var real = (*critic)(stop_gradient(draw.z));
  const Var mixed = (*critic)(permuted(draw.z, s.seed, s.step));
  b.opponent_loss = average(0.5 * (softplus(-real) + softplus(mixed)));
  return b;
}

}  // namespace

const Objective factor_objective{
    .name = "factor",
    .what = "the ELBO - G total correlation, by a critic (Kim 2018)",
    .bound = factor_bound,
    .wanted = {.kl = true},
    .beta = false,
    .scheduled = true,
    .settings = {&weight},
    .opponent = [](const OpponentSpec& s) -> std::unique_ptr<Opponent> {
      return std::make_unique<Critic>(s);
    },
    .whole = compares_codes};

}  // namespace vaegrad::inline VAEGRAD_ABI
