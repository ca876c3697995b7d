// The Bernoulli of models/distributions.hpp as a likelihood.
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

extern constinit const Likelihood bernoulli_row =
    likelihood_row({.name = "bernoulli", .values = Values::binary, .start = first_logit},
                   [](const Outputs& o) { return Bernoulli{o.block(0)}; });

}  // namespace vaegrad::inline VAEGRAD_ABI
