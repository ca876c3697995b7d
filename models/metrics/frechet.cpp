#include <algorithm>
#include <cmath>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/models/metrics/frechet.hpp>
#include <vaegrad/models/numerics/symmetric_eigen.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Numbers = std::vector<double>;

struct Moments {
  Numbers mean, covariance;  // the latter over n − 1, (D, D)
};
Moments moments(ConstMatrix x) {
  const auto D = std::size_t(x.cols), n = std::size_t(x.rows);
  Moments m{Numbers(D), Numbers(D * D)};
  Numbers c(x.begin(), x.end());
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t j = 0; j < D; ++j) m.mean[j] += c[r * D + j] / double(n);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t j = 0; j < D; ++j) c[r * D + j] -= m.mean[j];
  constexpr std::size_t side = 32;  // rows of the covariance, which stay near while x goes by
  parallel_for(Index((D + side - 1) / side), true, [&](Index block) {
    const std::size_t first = std::size_t(block) * side, last = std::min(D, first + side);
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t i = first; i < last; ++i) {
        const double share = c[r * D + i] / double(n - 1);
        double* to = &m.covariance[i * D];
        for (std::size_t j = 0; j < D; ++j) to[j] += share * c[r * D + j];
      }
  });
  return m;
}

// A B, both (D, D)
Numbers product(const Numbers& a, const Numbers& b, std::size_t D) {
  Numbers to(D * D);
  parallel_for(Index(D), D > 64, [&](Index row) {
    const std::size_t i = std::size_t(row);
    for (std::size_t k = 0; k < D; ++k)
      for (std::size_t j = 0; j < D; ++j) to[i * D + j] += a[i * D + k] * b[k * D + j];
  });
  return to;
}

// Rounding makes eigenvalues of a covariance a little negative.
double root(double eigenvalue) { return std::sqrt(std::max(0.0, eigenvalue)); }

// C^½ = Σ_k √λ_k v_k v_kᵀ
Numbers square_root(const Numbers& covariance, std::size_t D) {
  const SymmetricEigen e = symmetric_eigen(covariance, Index(D));
  Numbers scaled(D * D), transposed(D * D);
  for (std::size_t k = 0; k < D; ++k)
    for (std::size_t i = 0; i < D; ++i) {
      transposed[i * D + k] = e.vectors[k * D + i];
      scaled[k * D + i] = root(e.values[k]) * e.vectors[k * D + i];
    }
  return product(transposed, scaled, D);
}

}  // namespace

double frechet_distance(ConstMatrix x, ConstMatrix y) {
  check(x.cols == y.cols && x.rows > 1 && y.rows > 1, "frechet_distance: of ", x.shape(), " and ",
        y.shape(), hint, "rows of as many numbers, two or more of each");
  const auto D = std::size_t(x.cols);
  const Moments a = moments(x), b = moments(y);
  const Numbers half = square_root(a.covariance, D);
  const Numbers both = product(product(half, b.covariance, D), half, D);
  double sum = 0;
  for (std::size_t j = 0; j < D; ++j)
    sum += (a.mean[j] - b.mean[j]) * (a.mean[j] - b.mean[j]) + a.covariance[j * D + j] +
           b.covariance[j * D + j];
  for (const double value : symmetric_eigen(both, x.cols, false).values) sum -= 2 * root(value);
  return std::max(0.0, sum);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
