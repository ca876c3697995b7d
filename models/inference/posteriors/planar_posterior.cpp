// Steps that push z along a direction u, by how far it lies along another, w; both for each example
// (van den Berg et al., arXiv 1803.05649, section 4.1).
// Rezende and Mohamed, Variational inference with normalizing flows, arXiv 1505.05770, section 4.1
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/inference/posteriors/planar_step.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

const PosteriorRow planar_posterior{.name = "planar",
                                    .what = "planar flow of N steps",
                                    .make = make_posterior<FlowOf<PlanarStep>>,
                                    .scale = true,
                                    .flows = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
