// What bounds are tested on: a model whose evidence is known. x = W z + b + s ε, z ~ N(0, I), so
// log p(x) = log N(x; b, W Wᵀ + s² I) and the true posterior is Gaussian.
#pragma once
#include <cmath>
#include <span>

#include <vaegrad/models/bounds.hpp>

namespace vaegrad {

// One latent, two dimensions of x: all in closed form by hand.
struct LinearGaussian {
  Parameters parameters;
  Param w, b, log_variance;       // x = w z + b + s ε
  Param u, c, log_posterior_var;  // q(z|x) = N(u·(x − b) + c, v)

  explicit LinearGaussian(bool matched) {
    w = parameters.add("w", {1, 2}), b = parameters.add("b", {1, 2});
    log_variance = parameters.add("log_variance", {1, 1});
    u = parameters.add("u", {2, 1}), c = parameters.add("c", {1, 1});
    log_posterior_var = parameters.add("log_posterior_variance", {1, 1});
    parameters.change_value(w)(0, 0) = 1.1, parameters.change_value(w)(0, 1) = -0.6;
    parameters.change_value(b)(0, 0) = 0.3, parameters.change_value(b)(0, 1) = 0.2;
    const double s2 = 0.5, precision = 1 + (1.1 * 1.1 + 0.6 * 0.6) / s2;
    parameters.change_value(log_variance)(0, 0) = std::log(s2);
    parameters.change_value(u)(0, 0) = 1.1 / s2 / precision,
                                  parameters.change_value(u)(1, 0) = -0.6 / s2 / precision;
    parameters.change_value(log_posterior_var)(0, 0) = std::log(1 / precision);
    if (!matched) {
      parameters.change_value(c)(0, 0) = 0.3;
      parameters.change_value(log_posterior_var)(0, 0) = std::log(1.5 / precision);
    }
  }
  auto vae() const {
    const auto encode = [this](Var x) {
      Tape& t = x.tape();
      const Var centred = x - t(b);
      const Var mean = matmul(centred, t(u)) + t(c);
      const Var zero = t.constant(Shape{x.shape().rows, 1});
      std::fill(zero.val().begin(), zero.val().end(), Real(0));
      return DiagonalGaussian{mean, zero + t(log_posterior_var)};
    };
    const auto decode = [this](Var z) {
      Tape& t = z.tape();
      const Var mean = matmul(z, t(w)) + t(b);
      return DiagonalGaussian{mean, 0 * mean + t(log_variance)};
    };
    return Vae{encode, decode};
  }
  double log_evidence(double x0, double x1) const {
    const double s2 = 0.5, a = 1.1, d = -0.6, e0 = x0 - 0.3, e1 = x1 - 0.2;
    const double c00 = a * a + s2, c11 = d * d + s2, c01 = a * d, det = c00 * c11 - c01 * c01;
    return -0.5 * (2 * log_2pi + std::log(det) +
                   (c11 * e0 * e0 - 2 * c01 * e0 * e1 + c00 * e1 * e1) / det);
  }
};

inline constexpr double x0 = 1.7, x1 = -0.4;
inline Var many(Tape& tape, Index rows) {
  const Var x = tape.constant(Shape{rows, 2});
  for (Index i = 0; i < rows; ++i) x.val()(i, 0) = x0, x.val()(i, 1) = x1;
  return x;
}
struct Mean {
  double mean = 0, error = 0;  // standard error
};
inline Mean mean_of(ConstMatrix v) {
  double sum = 0, squares = 0;
  const double n = double(v.size());
  for (Real r : std::span(v.data, std::size_t(v.size())))
    sum += double(r), squares += double(r) * double(r);
  return {sum / n, std::sqrt((squares / n - sum / n * (sum / n)) / n)};
}

}  // namespace vaegrad
