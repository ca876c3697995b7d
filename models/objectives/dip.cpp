// The ELBO − λ_o Σ_(i≠j) C_ij² − λ_d Σ_i (C_ii − 1)², with C the covariance over the batch of the
// codes' means (DIP-VAE-I), or of the codes: that plus the mean of diag σ² (DIP-VAE-II).
// Kumar, Sattigeri and Balakrishnan, arXiv 1711.00848, eq. 6 and 7
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr ObjectiveSetting off_diagonal{"dip-off-diagonal", "W", "of dip-1, -2 [10]", 10, 0, 1e6};
constexpr ObjectiveSetting diagonal{"dip-diagonal", "W", "of dip-1, -2 [10]", 10, 0, 1e6};

// (Z, Z) with those on the diagonal and beside it
Var square_matrix(Tape& tape, Index n, double on, double beside) {
  const Var to = tape.constant(Shape{n, n});
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) to.val()(i, j) = Real(i == j ? on : beside);
  return to;
}

template <bool of_codes>
Bound dip_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_likelihood = particle_mean(log_px, draw.particles), all = kl(draw);
  const Var mean = draw.q.mean;
  const double n = double(mean.shape().rows);
  const Index Z = mean.shape().cols;
  const Var one = square_matrix(mean.tape(), Z, 1, 0);
  const Var from_mean = mean - (1 / n) * column_sums(mean);
  Var from_one = (1 / n) * matmul(transpose(from_mean), from_mean) - one;  // C − 1
  if (of_codes) from_one = from_one + one * ((1 / n) * column_sums(exp(draw.q.log_variance)));
  const Var weights = square_matrix(mean.tape(), Z, s[diagonal], s[off_diagonal]);
  return {log_likelihood - s.beta * all - sum(weights * square(from_one)), log_likelihood, all};
}

}  // namespace

const Objective dip_1_objective{.name = "dip-1",
                                .what = "the ELBO - covariance of means (Kumar 2018)",
                                .bound = dip_bound<false>,
                                .wanted = {.kl = true, .diagonal = true},
                                .beta = false,
                                .scheduled = true,
                                .settings = {&diagonal, &off_diagonal},
                                .whole = compares_codes};
const Objective dip_2_objective{.name = "dip-2",
                                .what = "the ELBO - covariance of codes (Kumar 2018)",
                                .bound = dip_bound<true>,
                                .wanted = {.kl = true, .diagonal = true},
                                .beta = false,
                                .scheduled = true,
                                .settings = {&diagonal, &off_diagonal},
                                .whole = compares_codes};

}  // namespace vaegrad::inline VAEGRAD_ABI
