// The Bernoulli of models/distributions.hpp as a likelihood.
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

extern constinit const Likelihood bernoulli_row =
    likelihood_row({.name = "bernoulli",
                    .values = Values::binary,
                    .start =
                        [](double mean) {
                          const double m = std::clamp(mean, 0.001, 0.999);
                          return std::log(m / (1 - m));
                        }},
                   [](const Outputs& o) { return Bernoulli{o.block(0)}; });

}  // namespace vaegrad::inline VAEGRAD_ABI
