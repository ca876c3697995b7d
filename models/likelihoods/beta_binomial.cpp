#include <vaegrad/models/likelihoods/beta_binomial.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace {

// log ⟨a, x⟩ = log Γ(a+x) / (Γ(a) Γ(x+1)) by Stirling's formula and what it leaves, S. The large
// terms of the three gamma functions are taken together: with a = 1000, x = 128, log Γ(a + x) is
// 6800, but no term here is above 400, and float keeps its digits.
template <Operand A, class X>
auto log_multichoose(const A& a, const X& x) {
  return (a - 0.5) * log1p(x / a) + (x + 0.5) * log1p((a - 1) / (x + 1)) - 0.5 * log(a + x) +
         (1 - 0.5 * log_2pi) + lgamma_remainder(a + x) - lgamma_remainder(a) -
         lgamma_remainder(x + 1);
}
Var stored_multichoose(Var a, Data data) {
  const Repeated x = data.rows();
  return log_multichoose(a, x);
}

}  // namespace

Var BetaBinomial::log_prob(Data data) const {
  check_range("beta-binomial", data.x.val(), byte_levels - 1, true);
  const Var successes = stored_multichoose(alpha, data);
  const Var failures = stored_multichoose(beta, Data{repeat_rows(Var(255 - data.x), data.times)});
  const Var all = stored_multichoose(Var(alpha + beta), alpha.tape().constant(Real(255)));
  return row_sums(successes + failures - all);
}
// p(k+1) / p(k) = (n−k) (k+α) / ((k+1) (n−k−1+β))
Var BetaBinomial::sample(Stream& noise) const {
  return from_uniform(alpha.tape(), alpha.shape(), noise, [&](double u, Index i, Index j) {
    const double a = double(alpha.val()(i, j)), b = double(beta.val()(i, j));
    std::array<double, byte_levels> log_p{};
    for (std::size_t k = 0; k + 1 < byte_levels; ++k) {
      const double n = byte_levels - 1, at = double(k);
      log_p[k + 1] = log_p[k] + std::log((n - at) * (at + a) / ((at + 1) * (n - at - 1 + b)));
    }
    return inverse_cdf(u, log_p);
  });
}

extern constinit const Likelihood beta_binomial_row =
    likelihood_row({.name = "beta-binomial", .outputs = 2, .values = Values::grey, .unit = 1},
                   [](const Outputs& o) {
                     return BetaBinomial{exp(bounded(o.block(0))), exp(bounded(o.block(1)))};
                   });

}  // namespace vaegrad::inline VAEGRAD_ABI
