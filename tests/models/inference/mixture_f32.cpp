// The mixture's density in single precision, where its components are narrow.
#include <doctest/doctest.h>

#include <cmath>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/inference/priors/gaussian_mixture_at.hpp>
#include <vaegrad/models/log_2pi.hpp>

using namespace vaegrad;

TEST_CASE("mixture: log p(z) near narrow components far from 0 has the digits of its numbers") {
  constexpr Index K = 20, Z = 30, n = 40;
  for (const double log_variance : {0., -6., -14.}) {
    Tape tape;
    const GaussianMixtureAt at{tape.constant(Shape{K, Z}), tape.constant(Shape{K, Z}),
                               tape.constant(Shape{1, K})};
    const Var z = tape.constant(Shape{n, Z});
    Stream(1, Purpose::test).normal(at.mean.val());
    Stream(2, Purpose::test).normal(z.val());
    for (Real& l : at.log_variance.val()) l = Real(log_variance);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < Z; ++j)
        z.val()(i, j) = at.mean.val()(i % K, j) + Real(std::exp(log_variance / 2)) * z.val()(i, j);
    const ConstMatrix log_p = at.log_prob(z).val();
    double worst = 0;
    for (Index i = 0; i < n; ++i) {
      double each[K], most = -INFINITY, sum = 0;
      for (Index k = 0; k < K; ++k) {
        each[k] = -std::log(double(K));
        for (Index j = 0; j < Z; ++j) {
          const double d = double(z.val()(i, j)) - double(at.mean.val()(k, j)),
                       l = double(at.log_variance.val()(k, j));
          each[k] -= 0.5 * (d * d * std::exp(-l) + l + log_2pi);
        }
        most = std::max(most, each[k]);
      }
      for (const double e : each) sum += std::exp(e - most);
      worst = std::max(worst, std::abs(double(log_p(i, 0)) - most - std::log(sum)));
    }
    INFO("log variance ", log_variance, ": off by ", worst, " nats");
    CHECK(worst < 1e-4);  // log p is up to 183 nats, whose last digit is 1.5e-5
  }
}
