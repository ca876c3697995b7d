// E_q[log p(x|z)] − β KL − λ MMD²(q(z), p(z)), the codes of the batch against as many draws of the
// prior by the unbiased estimate
//   1/n(n−1) Σ_(i≠j) k(z_i, z_j) + 1/n(n−1) Σ_(i≠j) k(p_i, p_j) − 2/n² Σ_ij k(z_i, p_j).
// InfoVAE with β = 1 − α, whose factor α + λ − 1 on the divergence is all of λ here: Zhao, Song and
// Ermon, arXiv 1706.02262, eq. 6; β = 0 is WAE-MMD with its kernel: Tolstikhin et al., arXiv
// 1711.01558, section 4. The MMD: Gretton et al., JMLR 13 (2012), eq. 3. Of several particles the
// first counts.
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting mmd_weight{"mmd-weight", "W", "of mmd [10]", 10, 0, 1e6};
constexpr ObjectiveSetting kernel{.name = "kernel",
                                  .value = "NAME",
                                  .what = "rbf, imq [rbf]",
                                  .initial = 0,
                                  .least = 0,
                                  .most = 1,
                                  .choices = {"rbf", "imq"}};

// Of the scale c = 2 Z, the mean of |z − z'|² under N(0, I), and d = |z − z'|²:
//   rbf   exp(−d / c)
//   imq   Σ_s c s / (c s + d),  s = 0.1, 0.2, 0.5, 1, 2, 5, 10
constexpr double scales[] = {0.1, 0.2, 0.5, 1, 2, 5, 10};

struct Kernel {
  bool imq;
  double c;
  double at_zero() const { return imq ? double(std::size(scales)) : 1; }
  // (n, Z), (m, Z) -> the sum over all pairs, (1, 1)
  Var total(Var a, Var b) const {
    const Var aa = row_sums(square(a)), bb = row_sums(square(b));
    const Var d = aa + transpose(bb) - 2 * matmul(a, transpose(b));
    if (!imq) return sum(exp((-1 / c) * d));
    Var to = sum(scales[0] * c / (scales[0] * c + d));
    for (std::size_t k = 1; k < std::size(scales); ++k)
      to = to + sum(scales[k] * c / (scales[k] * c + d));
    return to;
  }
};

Var first_particles(Var z, Index particles) {
  if (particles == 1) return z;
  const Index examples = z.shape().rows / particles;
  auto* rows = z.tape().memory_for<std::uint32_t>(examples);
  for (Index i = 0; i < examples; ++i) rows[i] = std::uint32_t(i * particles);
  return gather_rows(z, {rows, std::size_t(examples)});
}

Bound mmd_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  Bound b{log_likelihood - s.beta * all, log_likelihood, all};
  const Var z = first_particles(draw.z, draw.particles), p = draw.prior_draws;
  const double n = double(z.shape().rows);
  if (n < 2) return b;  // one code has no distance from a distribution
  const Kernel k{s[kernel] == 1, 2 * double(z.shape().cols)};
  const Var own = k.total(z, z) + k.total(p, p) - 2 * n * k.at_zero();
  const Var mmd = (1 / (n * (n - 1))) * own - (2 / (n * n)) * k.total(z, p);
  b.objective = b.objective - s[mmd_weight] * mmd;
  return b;
}

}  // namespace

const Objective mmd_objective{.name = "mmd",
                              .what = "the ELBO - MMD of codes and prior (InfoVAE)",
                              .bound = mmd_bound,
                              .wanted = {.kl = true, .prior_draws = true},
                              .beta = true,
                              .scheduled = true,
                              .settings = {&mmd_weight, &kernel},
                              .whole = compares_codes};

}  // namespace vaegrad::inline VAEGRAD_ABI
