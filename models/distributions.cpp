#include <vaegrad/models/distributions.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var DiagonalGaussian::log_prob(Var z, Index particles) const {
  const auto m = repeat_rows(mean, particles), l = repeat_rows(log_variance, particles);
  return row_sums(-0.5 * (square(z - m) * exp(-l) + l + log_2pi));
}

Var kl_per_latent(const DiagonalGaussian& q, const DiagonalGaussian& p) {
  return 0.5 * (expm1(q.log_variance - p.log_variance) + p.log_variance - q.log_variance +
                square(q.mean - p.mean) * exp(-p.log_variance));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
