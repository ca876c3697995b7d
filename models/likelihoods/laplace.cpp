#include <vaegrad/models/likelihoods/laplace.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var Laplace::log_prob(Data x) const {
  const Var inverse = exp(-log_scale);
  return row_sums(-abs((x.rows() - location) * inverse) - log_scale - std::numbers::ln2);
}
// F inverted, from the nearer end
Var Laplace::sample(Stream& noise) const {
  return from_uniform(location.tape(), location.shape(), noise, [&](double u, Index i, Index j) {
    const double from_middle = u < 0.5 ? std::log(2 * u) : -std::log(2 * (1 - u));
    return double(location.val()(i, j)) + std::exp(entry(log_scale, i, j)) * from_middle;
  });
}

extern constinit const Likelihood laplace_row = likelihood_row(
    {.name = "laplace", .has_scale = true, .start = [](double mean) { return mean; }},
    [](const Outputs& o) {
      return Laplace{o.block(0), o.log_scale};
    });

}  // namespace vaegrad::inline VAEGRAD_ABI
