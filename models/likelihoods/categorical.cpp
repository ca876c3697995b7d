#include <vaegrad/models/likelihoods/categorical.hpp>
#include <vaegrad/models/likelihoods/parts.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Var Categorical::log_prob(Data data) const {
  const ConstMatrix x = data.x.val();
  check_range("categorical", x, logits.shape().cols - 1, true);
  check(logits.shape().rows == x.rows * data.times * dimensions && x.cols == dimensions,
        "categorical: logits ", logits.shape(), " do not belong to x ", Shape{x.rows, x.cols},
        " repeated ", data.times, " times", hint, "one row of logits for each number in x");
  const Index n = logits.shape().rows;
  auto* level = logits.tape().memory_for<std::uint32_t>(n);
  for (Index r = 0; r < n; ++r)
    level[r] = std::uint32_t(x(r / dimensions / data.times, r % dimensions));
  const Var each = pick_columns(logits, {level, std::size_t(n)}) - log_sum_exp(logits);
  return row_sums(reshape(each, x.rows * data.times, dimensions));
}
Var Categorical::mean() const {
  const Var level = logits.tape().constant(Shape{1, logits.shape().cols});
  for (Index c = 0; c < level.shape().cols; ++c) level.val()(0, c) = Real(c);
  const Var each = row_sums(softmax(logits) * level);
  return reshape(each, logits.shape().rows / dimensions, dimensions);
}
Var Categorical::sample(Stream& noise) const {
  const Shape shape{logits.shape().rows / dimensions, dimensions};
  return from_uniform(logits.tape(), shape, noise, [&](double u, Index i, Index j) {
    const Real* row = logits.val().row(i * dimensions + j);
    return inverse_cdf(u, std::span(row, std::size_t(logits.shape().cols)));
  });
}

extern constinit const Likelihood categorical_row = likelihood_row(
    {.name = "categorical",
     .outputs = byte_levels,
     .together = true,
     .values = Values::grey,
     .unit = 1},
    [](const Outputs& o) {
      return Categorical{reshape(o.all, o.all.shape().rows * o.dimensions, byte_levels),
                         o.dimensions};
    });

}  // namespace vaegrad::inline VAEGRAD_ABI
