// The ELBO by sampling, the encoder's gradient along the path of z alone: log q is a function of z
// whose numbers are held fixed, for the slope in them is 0 in the mean. Where q is the posterior,
// log w is the same at every z and the encoder's gradient is 0, not only its mean.
// Roeder, Wu and Duvenaud, Sticking the landing, arXiv 1703.09194, eq. 8
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/objectives/objective.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Bound stl_bound(Var log_px, const Draw& draw, const ObjectiveSettings& s) {
  const Var log_w = log_weights(log_px, draw, s.beta);
  return {(1.0 / double(draw.particles)) * row_sums(log_w), particle_mean(log_px, draw.particles),
          kl(draw)};
}

}  // namespace

const Objective stl_objective{.name = "stl",
                              .what = "elbo-mc, along the path of z (Roeder 2017)",
                              .bound = stl_bound,
                              .wanted = {.kl = true, .log_ratio = true, .held = true},
                              .beta = false,
                              .scheduled = true};

}  // namespace vaegrad::inline VAEGRAD_ABI
