// A mixture of Gaussians with full covariances, fitted to points by expectation maximisation.
// Dempster, Laird and Rubin 1977; Bishop, Pattern recognition and machine learning, section 9.2.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include <vaegrad/autodiff/autodiff.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct GaussianMixture {
  Index components = 0, dimensions = 0;
  std::vector<double> weights;  // π_k, (K)
  std::vector<double> means;    // m_k, (K, D)
  std::vector<double> factors;  // L_k, lower triangular with Σ_k = L_k L_kᵀ, (K, D, D)

  // log Σ_k π_k N(x; m_k, Σ_k) of each row, nats; x (B, D)
  void log_density(ConstMatrix x, std::span<double> to) const;
  // One draw for each row of `to` (B, D): the component by u (B, 1) in (0, 1), the place by
  // standard normal numbers e (B, D).
  void draw(ConstMatrix u, ConstMatrix e, Matrix to) const;
};

// What a fit is asked for ..
struct MixtureSettings {
  Index components = 10;
  std::uint64_t seed = 1;
  int iterations = 200;
  double tolerance = 1e-3;  // stops when a point's log-density gains less, nats
};
// .. and what it gives.
struct FittedMixture {
  GaussianMixture mixture;
  double log_density = 0;  // mean over the points, nats
  int iterations = 0;
  bool converged = false;
};
// Starts at k-means++ centres moved by ten rounds of k-means. Each covariance is pulled, with the
// weight of a hundredth of a point, towards the diagonal one of all points divided by K^(2/D), so
// that a component of few points stays a density. The same numbers for any number of threads.
// Errors: fewer points than components; a number that is none; points that are all the same.
FittedMixture fit_mixture(
    ConstMatrix points, const MixtureSettings& settings,
    const std::function<void(int iteration, double log_density)>& progress = {});

// How many components, of 1, 2, 5, 10, 20, 50, .. up to `most`, give a twelfth of the points that is
// held out the highest density; `seed` says which. For few points: many components fit these alone.
// Errors: fewer than two points, and those of fit_mixture.
Index choose_components(ConstMatrix points, Index most, std::uint64_t seed,
                        const std::function<void(int, double)>& progress = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
