// Densities and integrals over one latent, in double and without a tape: what bounds and estimates
// are checked against.
#pragma once
#include <functional>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// log N(mean, variance) at z, nats
double log_normal(double z, double mean, double variance);

// ∫ f(z) dz over [-reach, reach] by the trapezoidal rule, the points doubled until that changes the
// integral by less than `tolerance` of ∫ |f|. For a smooth f that has died out at both ends the
// error falls exponentially with the number of points. Error: 65,536 intervals do not do, or f is
// not finite at an end of one. The first 17 points must meet what there is of f: a peak between them
// is not seen.
double integral(const std::function<double(double z)>& f, double reach = 14,
                double tolerance = 1e-12);

}  // namespace vaegrad::inline VAEGRAD_ABI
