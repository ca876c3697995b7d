#include <Eigen/Eigenvalues>
#include <vaegrad/models/metrics/frechet.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

struct Moments {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;  // over n − 1
};
Moments moments(ConstMatrix x) {
  using Rows = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::MatrixXd c = Eigen::Map<const Rows>(x.data, x.rows, x.cols).cast<double>();
  Moments m{c.colwise().mean().transpose(), {}};
  c.rowwise() -= m.mean.transpose();
  m.covariance = Eigen::MatrixXd::Zero(x.cols, x.cols);
  m.covariance.selfadjointView<Eigen::Lower>().rankUpdate(c.transpose(), 1 / double(x.rows - 1));
  m.covariance = Eigen::MatrixXd(m.covariance.selfadjointView<Eigen::Lower>());
  return m;
}
// Rounding makes eigenvalues of a covariance a little negative.
Eigen::VectorXd roots(const Eigen::VectorXd& eigenvalues) {
  return eigenvalues.cwiseMax(0).cwiseSqrt();
}

}  // namespace

double frechet_distance(ConstMatrix x, ConstMatrix y) {
  check(x.cols == y.cols && x.rows > 1 && y.rows > 1, "frechet_distance: of ", x.shape(), " and ",
        y.shape(), hint, "rows of as many numbers, two or more of each");
  const Moments a = moments(x), b = moments(y);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of_a(a.covariance);
  const Eigen::MatrixXd root = of_a.eigenvectors() * roots(of_a.eigenvalues()).asDiagonal() *
                               of_a.eigenvectors().transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> both(root * b.covariance * root,
                                                            Eigen::EigenvaluesOnly);
  check(of_a.info() == Eigen::Success && both.info() == Eigen::Success,
        "frechet_distance: the covariances are not finite");
  const double traces = a.covariance.trace() + b.covariance.trace();
  return std::max(0.0,
                  (a.mean - b.mean).squaredNorm() + traces - 2 * roots(both.eigenvalues()).sum());
}

}  // namespace vaegrad::inline VAEGRAD_ABI
