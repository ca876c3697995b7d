#include <vaegrad/models/likelihoods/gaussian.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var Gaussian::log_prob(Data x) const {
  const Var inverse = exp(-log_scale);
  return row_sums(-0.5 * square((x.rows() - location) * inverse) - log_scale - 0.5 * log_2pi);
}
Var Gaussian::sample(Stream& noise) const {
  const Var e = standard_noise(location.tape(), location.shape(), noise);
  return location + exp(log_scale) * e;
}

extern constinit const Likelihood gaussian_row = likelihood_row(
    {.name = "gaussian", .has_scale = true, .start = [](double mean) { return mean; }},
    [](const Outputs& o) {
      return Gaussian{o.block(0), o.log_scale};
    });

}  // namespace vaegrad::inline VAEGRAD_ABI
