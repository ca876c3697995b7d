#include <Eigen/Eigenvalues>
#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/models/numerics/symmetric_eigen.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

SymmetricEigen symmetric_eigen(const std::vector<double>& a, Index D, bool vectors) {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd A = Eigen::Map<const Rows>(a.data(), D, D);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(
      A, vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  check(solved.info() == Eigen::Success && solved.eigenvalues().allFinite(),
        "no eigenvalues were found: the matrix of ", D, " x ", D, " numbers is not finite", hint,
        "are the examples finite?");
  SymmetricEigen to;
  to.values.assign(solved.eigenvalues().begin(), solved.eigenvalues().end());
  if (vectors) {
    const Eigen::MatrixXd& v = solved.eigenvectors();
    to.vectors.assign(v.data(), v.data() + v.size());
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
