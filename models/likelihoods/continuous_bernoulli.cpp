#include <vaegrad/models/likelihoods/continuous_bernoulli.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var ContinuousBernoulli::log_prob(Data x) const {
  check_range("continuous-bernoulli", x.x.val(), 1, false);
  return row_sums((x.rows() - 0.5) * logits - log_sinhc(0.5 * logits));
}
// F(x) = (exp(l x) − 1) / (exp(l) − 1), inverted from the end where it is steep
Var ContinuousBernoulli::sample(Stream& noise) const {
  return from_uniform(logits.tape(), logits.shape(), noise, [&](double u, Index i, Index j) {
    const double l = double(logits.val()(i, j));
    if (std::abs(l) < 1e-9) return u;
    return l < 0 ? std::log1p(u * std::expm1(l)) / l : 1 + std::log1p((1 - u) * std::expm1(-l)) / l;
  });
}

extern constinit const Likelihood continuous_bernoulli_row =
    likelihood_row({.name = "continuous-bernoulli", .values = Values::unit},
                   [](const Outputs& o) { return ContinuousBernoulli{o.block(0)}; });

}  // namespace vaegrad::inline VAEGRAD_ABI
