#include <algorithm>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/models/coding/latent_buckets.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// x with Φ(x) = mass / 2^32, to the precision of the grid, which is all that edges need: a bucket
// is what lies between two of them, and its mass is computed from them.
double normal_quantile(std::uint64_t mass) {
  double low = -8, high = 8;
  while (high - low > 0x1p-20) {
    const double middle = 0.5 * (low + high);
    (normal_cdf()(middle) < mass ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

LatentBuckets::LatentBuckets() : edges_(count), centres_(count) {
  constexpr std::uint64_t width = std::uint64_t{1} << (32 - prior_bits);
  for (std::uint32_t b = 0; b < count; ++b) {
    edges_[b] = normal_quantile(b * width);
    centres_[b] = to_grid(normal_quantile(b * width + width / 2), activation_bits);
  }
}

std::pair<std::uint32_t, CodeInterval> LatentBuckets::find(std::uint32_t c, double mean,
                                                           double inverse_scale) const {
  std::uint32_t low = 0, high = count, start = 0, end = 1u << posterior_bits;
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2, at = cumulative(middle, mean, inverse_scale);
    if (at <= c)
      low = middle, start = at;
    else
      high = middle, end = at;
  }
  return {low, {start, end - start}};
}

namespace {

constexpr double least_variance = 1e-6;  // as in models/distributions.hpp

// clang-format off
constexpr ExactPosteriorScale scale_table[] = {
    {"log-variance", [](double h) { return exact_exp(std::clamp(-0.5 * h, -20.0, 20.0)); }},
    {"log-std",      [](double h) { return exact_exp(std::clamp(-h, -20.0, 20.0)); }},
    {"softplus",     [](double h) { const double s = exact_softplus(h); return 1 / std::sqrt(s * s + least_variance); }},
    {"hard-tanh",    [](double h) { return exact_exp(-0.5 * std::clamp(h, -6.0, 2.0)); }},
    {"tanh",         [](double h) { const double s = exact_tanh(h); return 1 / std::sqrt(s * s + least_variance); }},
};
// clang-format on

}  // namespace

const ExactPosteriorScale& exact_posterior_scale(std::string_view name) {
  return row_named<Error>(scale_table, name, "coding: exact posterior scale");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
