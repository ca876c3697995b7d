// Steps that pull z towards a centre or push it away; centre and strength are each example's own.
// Rezende and Mohamed, Variational inference with normalizing flows, arXiv 1505.05770, section 4.1
#include <vaegrad/models/inference/posteriors/flow_posterior.hpp>
#include <vaegrad/models/inference/posteriors/radial_step.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

class RadialPosterior : public FlowPosterior {
 public:
  RadialPosterior(Parameters& p, const std::string& name, Index h, const PosteriorSpec& s)
      : FlowPosterior(p, name, h, s, RadialStep::numbers(s.latent)),
        numbers_(RadialStep::numbers(s.latent)) {}

  Var step(Index t, Var s, const PosteriorAt& q) const override {
    return record(RadialStep{t * numbers_}, s, q.more);
  }

 private:
  Index numbers_;
};

}  // namespace

const PosteriorRow radial_posterior{.name = "radial",
                                    .what = "radial flow of N steps",
                                    .make = make_posterior<RadialPosterior>,
                                    .scale = true,
                                    .flows = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
