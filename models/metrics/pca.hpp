// Principal component analysis: the plane of K dimensions closest to the data.
#pragma once
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Pca {
  OwnedMatrix mean;               // (1, D)
  OwnedMatrix components;         // (K, D), orthonormal rows; the entry largest in size is positive
  std::vector<double> variances;  // all D of them, falling: eigenvalues of the covariance (over n)

  OwnedMatrix codes(ConstMatrix x) const;           // (x − m) Uᵀ;  (B, K)
  std::vector<double> errors(ConstMatrix x) const;  // ‖x − m − Uᵀ U (x − m)‖², one per row
};

// Time and memory go with D³ and D²: about a second for D = 784. Errors: no rows, more components
// than D.
Pca pca(ConstMatrix x, Index components);

}  // namespace vaegrad::inline VAEGRAD_ABI
