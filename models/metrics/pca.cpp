#include <cmath>

#include <vaegrad/autodiff/kernels/products.hpp>
#include <vaegrad/models/metrics/pca.hpp>
#include <vaegrad/models/numerics/symmetric_eigen.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index chunk = 1024;

// f(rows of x − m from `first` on) for chunks of rows
template <class F>
void centred(ConstMatrix x, ConstMatrix mean, F f) {
  OwnedMatrix part(std::min(chunk, x.rows), x.cols);
  for (Index first = 0; first < x.rows; first += chunk) {
    const Matrix m{part.numbers.data(), std::min(chunk, x.rows - first), x.cols};
    for (Index i = 0; i < m.rows; ++i)
      for (Index j = 0; j < m.cols; ++j) m(i, j) = x(first + i, j) - mean(0, j);
    f(m, first);
  }
}

}  // namespace

Pca pca(ConstMatrix x, Index components) {
  const Index D = x.cols;
  check(x.rows > 0, "pca: no examples");
  check(components >= 1 && components <= D, "pca: ", components, " components of ", D,
        " dimensions", hint, "at most as many as there are dimensions");
  Pca p{OwnedMatrix(1, D), OwnedMatrix(components, D), std::vector<double>(std::size_t(D))};
  std::vector<double> sum(static_cast<std::size_t>(D));
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < D; ++j) sum[std::size_t(j)] += double(x(i, j));
  for (Index j = 0; j < D; ++j)
    p.mean.numbers[std::size_t(j)] = Real(sum[std::size_t(j)] / double(x.rows));

  // C = 1/n Σ (x − m) (x − m)ᵀ, chunks added in double
  std::vector<double> C(std::size_t(D * D));
  OwnedMatrix part(D, D);
  centred(x, p.mean, [&](ConstMatrix c, Index) {
    multiply(transposed(c), factor(c), part.numbers.data(), false);
    for (Index i = 0; i < part.view().size(); ++i)
      C[std::size_t(i)] += double(part.numbers[std::size_t(i)]);
  });
  for (double& c : C) c /= double(x.rows);
  const SymmetricEigen solved = symmetric_eigen(C, D);
  for (Index j = 0; j < D; ++j)
    p.variances[std::size_t(j)] = std::max(0.0, solved.values[std::size_t(D - 1 - j)]);
  for (Index k = 0; k < components; ++k) {
    const double* u = &solved.vectors[std::size_t((D - 1 - k) * D)];
    const double* largest =
        std::max_element(u, u + D, [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double sign = *largest < 0 ? -1 : 1;
    for (Index j = 0; j < D; ++j) p.components.view()(k, j) = Real(sign * u[j]);
  }
  return p;
}

OwnedMatrix Pca::codes(ConstMatrix x) const {
  OwnedMatrix to(x.rows, components.rows);
  centred(x, mean, [&](ConstMatrix c, Index first) {
    multiply(factor(c), transposed(components.view()), to.view().row(first), false);
  });
  return to;
}

std::vector<double> Pca::errors(ConstMatrix x) const {
  std::vector<double> to(std::size_t(x.rows));
  OwnedMatrix code(chunk, components.rows), plane(chunk, x.cols);
  centred(x, mean, [&](ConstMatrix c, Index first) {
    multiply(factor(c), transposed(components.view()), code.numbers.data(), false);
    multiply({code.numbers.data(), c.rows, components.rows}, factor(components.view()),
             plane.numbers.data(), false);
    for (Index i = 0; i < c.rows; ++i)
      for (Index j = 0; j < c.cols; ++j) {
        const double r = double(c(i, j)) - double(plane.view()(i, j));
        to[std::size_t(first + i)] += r * r;
      }
  });
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
