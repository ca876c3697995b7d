#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/inference/prior.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

std::span<const PriorRow* const> priors() {
#define ROW(name) &name##_prior,
  static constexpr const PriorRow* table[] = {VAEGRAD_PRIORS(ROW)};
#undef ROW
  return table;
}
const PriorRow& prior(std::string_view name) { return row_named(priors(), name, "prior"); }

Var gaussian_kl(const DiagonalGaussian& q, const PriorAt& p) {
  if (p.standard_normal) return kl_per_latent(q, StandardNormal{});
  if (p.mean) return kl_per_latent(q, DiagonalGaussian{p.mean, p.log_variance});
  return {};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
