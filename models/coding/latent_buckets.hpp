// The latent, made discrete: 2^12 buckets of equal mass under the prior N(0, 1), so that a bucket
// costs 12 even bits; and the mass of a posterior N(μ, σ²) on them, as counts of 2^24 (Townsend et
// al., arXiv 1901.04866, section 2.5). How many buckets does not matter for the length, because a
// finer bucket that costs a bit more in the prior gives that bit back; it matters for the bits that
// the first image has to borrow (about 11 per latent), and coarse buckets make narrow posteriors
// wider: at |z| = 2.5 a bucket of 2^-8 mass is 0.22 wide, one of 2^-12 0.014.
#pragma once
#include <vaegrad/models/coding/exact_math.hpp>
#include <vaegrad/models/coding/rans.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class LatentBuckets {
 public:
  static constexpr int prior_bits = 12, posterior_bits = 24;
  static constexpr std::uint32_t count = 1u << prior_bits;

  LatentBuckets();
  double centre(std::uint32_t bucket) const { return centres_[bucket]; }  // on the grid
  double bound() const { return centres_.back(); }                        // |centre| at most

  // Counts of a bucket under N(mean, 1/inverse_scale²): at least one.
  CodeInterval interval(std::uint32_t bucket, double mean, double inverse_scale) const {
    const std::uint32_t start = cumulative(bucket, mean, inverse_scale);
    return {start, cumulative(bucket + 1, mean, inverse_scale) - start};
  }
  // The bucket whose interval holds c.
  std::pair<std::uint32_t, CodeInterval> find(std::uint32_t c, double mean,
                                              double inverse_scale) const;

 private:
  // Σ of the counts of the buckets before this one: Φ((edge − μ)/σ) of what is not given away as
  // the one count that each bucket keeps
  std::uint32_t cumulative(std::uint32_t bucket, double mean, double inverse_scale) const {
    constexpr std::uint64_t total = 1u << posterior_bits;
    if (bucket == 0) return 0;
    if (bucket == count) return total;
    const std::uint64_t mass = cdf_((edges_[bucket] - mean) * inverse_scale);
    return std::uint32_t((mass * (total - count) >> 32) + bucket);
  }

  const CdfTable& cdf_ = normal_cdf();
  std::vector<double> edges_, centres_;
};

// How the numbers h that a network gave for a latent's scale become 1/σ, by the name that the scale
// has in training (models/distributions.hpp).
struct ExactPosteriorScale {
  std::string_view name;
  double (*inverse)(double h);
};
const ExactPosteriorScale& exact_posterior_scale(std::string_view name);  // Error: the names

}  // namespace vaegrad::inline VAEGRAD_ABI
