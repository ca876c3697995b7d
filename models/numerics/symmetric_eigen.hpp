// Eigenvalues and eigenvectors of a symmetric matrix, by Eigen's tridiagonal QR: its headers are
// compiled in this one file.
#pragma once
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct SymmetricEigen {
  std::vector<double> values;   // rising
  std::vector<double> vectors;  // of value k: the D numbers from k D on, of length 1; or none
};

// Of a (D, D), of which the lower triangle is read; time goes with D³. Error: no finite numbers.
SymmetricEigen symmetric_eigen(const std::vector<double>& a, Index D, bool vectors = true);

}  // namespace vaegrad::inline VAEGRAD_ABI
