#include <vaegrad/models/likelihoods/discretised_logistic.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace {

constexpr Index levels = byte_levels;
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

Var DiscretisedLogistic::log_prob(Data data) const {
  check_range("discretised-logistic", data.x.val(), levels - 1, true);
  const Var inverse = exp(-log_scale);
  const Repeated x = data.rows();
  const auto centre = (x - 127.5) * (1 / 127.5) - location;
  const auto a = (centre + 1 / 255.) * inverse;
  const auto b = (centre - 1 / 255.) * inverse;
  const auto not_first = min(x, 1);  // 0 for x = 0, else 1
  const auto not_last = min(255 - x, 1);
  return row_sums(not_last * log_sigmoid(a) + not_first * log_sigmoid(-b) +
                  not_first * not_last * log1mexp((2 / 255.) * inverse));
}
// E x = Σ_{k ≥ 1} P(x ≥ k)
Var DiscretisedLogistic::mean() const {
  const Var m = location.tape().constant(location.shape());
  for (Index i = 0; i < m.shape().rows; ++i)
    for (Index j = 0; j < m.shape().cols; ++j) {
      const double inverse = std::exp(-entry(log_scale, i, j)), at = double(location.val()(i, j));
      double sum = 0;
      for (Index k = 1; k < levels; ++k)
        sum += logistic((at - (double(k) - 128) / 127.5) * inverse);
      m.val()(i, j) = Real(sum);
    }
  return m;
}
Var DiscretisedLogistic::sample(Stream& noise) const {
  return from_uniform(location.tape(), location.shape(), noise, [&](double u, Index i, Index j) {
    const double scale = std::exp(entry(log_scale, i, j)), logit = std::log(u) - std::log1p(-u);
    const double at = double(location.val()(i, j)) + scale * logit;
    return std::clamp(std::round(127.5 * (at + 1)), 0., 255.);
  });
}

extern constinit const Likelihood discretised_logistic_row =
    likelihood_row({.name = "discretised-logistic",
                    .has_scale = true,
                    .values = Values::grey,
                    .unit = 1,
                    .start = [](double mean) { return mean / 127.5 - 1; }},
                   [](const Outputs& o) {
                     return DiscretisedLogistic{o.block(0), o.log_scale};
                   });

}  // namespace vaegrad::inline VAEGRAD_ABI
