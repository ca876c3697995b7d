// How far apart two clouds of features lie, each taken for a Gaussian:
//   d² = ‖μ − m‖² + tr(C + S − 2 (C^½ S C^½)^½)
// Dowson and Landau, Journal of Multivariate Analysis 12 (1982), eq. 4; of a classifier's features it
// tells generators apart: Heusel et al., arXiv 1706.08500, section 2, which prints d² as we do.
#pragma once
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// d² of x (N, D) and y (M, D), ≥ 0. Errors: other D, fewer than two rows.
double frechet_distance(ConstMatrix x, ConstMatrix y);

}  // namespace vaegrad::inline VAEGRAD_ABI
