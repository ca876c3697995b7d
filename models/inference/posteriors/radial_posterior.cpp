// Steps that pull z towards a centre or push it away; centre and strength are each example's own.
// Rezende and Mohamed, Variational inference with normalizing flows, arXiv 1505.05770, section 4.1
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/inference/posteriors/radial_step.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const PosteriorRow radial_posterior{.name = "radial",
                                    .what = "radial flow of N steps",
                                    .make = make_posterior<FlowOf<RadialStep>>,
                                    .scale = true,
                                    .flows = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
