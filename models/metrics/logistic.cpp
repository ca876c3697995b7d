#include <cmath>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/autodiff/kernels/products.hpp>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/logistic.hpp>
#include <vaegrad/models/numerics/lbfgs.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index block = 512;

// Logits become P − onehot(y); returns Σ −log P(y|x). Rows in blocks, blocks added in order.
double cross_entropy(Matrix logits, std::span<const Label> labels) {
  std::vector<double> sums(std::size_t((logits.rows + block - 1) / block));
  parallel_for(Index(sums.size()), logits.rows > 2 * block, [&](Index b) {
    for (Index i = b * block; i < std::min(logits.rows, (b + 1) * block); ++i) {
      Real* row = logits.row(i);
      const Real most = *std::max_element(row, row + logits.cols);
      double total = 0;
      for (Index c = 0; c < logits.cols; ++c) total += std::exp(double(row[c] - most));
      const Label y = labels[std::size_t(i)];
      sums[std::size_t(b)] += std::log(total) - double(row[y] - most);
      for (Index c = 0; c < logits.cols; ++c)
        row[c] = Real(std::exp(double(row[c] - most)) / total) - Real(c == y);
    }
  });
  double sum = 0;
  for (double s : sums) sum += s;
  return sum;
}

}  // namespace

OwnedMatrix LogisticRegression::logits(ConstMatrix x) const {
  OwnedMatrix to(x.rows, weight.cols);
  multiply(factor(x), factor(weight.view()), to.numbers.data(), false, bias.numbers.data());
  return to;
}

std::vector<Label> LogisticRegression::predict(ConstMatrix x) const {
  const OwnedMatrix l = logits(x);
  std::vector<Label> to(std::size_t(x.rows));
  for (Index i = 0; i < x.rows; ++i) {
    const Real* row = l.view().row(i);
    to[std::size_t(i)] = Label(std::max_element(row, row + l.cols) - row);
  }
  return to;
}

LogisticRegression fit_logistic(ConstMatrix x, std::span<const Label> labels, Index classes,
                                double l2, const LogisticRegression* start) {
  check(Index(labels.size()) == x.rows && x.rows > 0, "logistic: ", labels.size(), " labels for ",
        x.rows, " examples");
  for (Label y : labels)
    check(y < classes, "logistic: label ", y, ", but there are ", classes, " classes");
  LogisticRegression fit;
  fit.weight = start ? start->weight : OwnedMatrix(x.cols, classes);
  fit.bias = start ? start->bias : OwnedMatrix(1, classes);
  const std::size_t n = fit.weight.numbers.size();
  std::vector<double> all(fit.weight.numbers.begin(), fit.weight.numbers.end());
  all.insert(all.end(), fit.bias.numbers.begin(), fit.bias.numbers.end());
  const auto take = [&](const std::vector<double>& from) {
    for (std::size_t i = 0; i < n; ++i) fit.weight.numbers[i] = Real(from[i]);
    for (std::size_t i = n; i < from.size(); ++i) fit.bias.numbers[i - n] = Real(from[i]);
  };

  OwnedMatrix slope(x.cols, classes);
  const double per_row = 1 / double(x.rows);
  const auto objective = [&](const std::vector<double>& at, std::vector<double>& gradient) {
    take(at);
    OwnedMatrix p = fit.logits(x);
    double value = cross_entropy(p.view(), labels) * per_row;
    // ∂/∂W = 1/n Xᵀ (P − Y) + l2 W,  ∂/∂b = 1/n Σ (P − Y)
    multiply(transposed(x), factor(p.view()), slope.numbers.data(), false);
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = per_row * double(slope.numbers[i]) + l2 * at[i];
      value += 0.5 * l2 * at[i] * at[i];
    }
    std::fill(gradient.begin() + std::ptrdiff_t(n), gradient.end(), 0);
    for (Index i = 0; i < p.rows; ++i)
      for (Index c = 0; c < classes; ++c)
        gradient[n + std::size_t(c)] += per_row * double(p.view()(i, c));
    return value;
  };
  const LbfgsResult result =
      minimise(objective, all, {.iterations = 300, .tolerance = sizeof(Real) == 4 ? 1e-4 : 1e-7});
  take(all);
  fit.objective = result.value, fit.converged = result.converged;
  return fit;
}

LogisticRegression fit_logistic_cross_validated(ConstMatrix x, std::span<const Label> labels,
                                                Index classes, const LogisticSettings& settings) {
  const std::size_t n = std::size_t(x.rows);
  check(n >= settings.folds, "logistic: ", n, " examples do not make ", settings.folds, " folds");
  std::vector<double> right(settings.strengths.size());
  const auto order = permutation(std::uint32_t(n), settings.seed, Purpose::split);
  const std::size_t rounds = n >= settings.one_fold_from ? 1 : settings.folds;
  for (std::size_t fold = 0; fold < rounds; ++fold) {
    std::vector<std::uint32_t> in, out;
    std::vector<Label> in_labels, out_labels;
    for (std::size_t i = 0; i < n; ++i) {
      const bool held_out = i % settings.folds == fold;
      (held_out ? out : in).push_back(order[i]);
      (held_out ? out_labels : in_labels).push_back(labels[order[i]]);
    }
    const OwnedMatrix x_in = rows_of(x, in), x_out = rows_of(x, out);
    LogisticRegression fit;
    for (std::size_t s = 0; s < settings.strengths.size(); ++s) {
      fit = fit_logistic(x_in, in_labels, classes, settings.strengths[s], s ? &fit : nullptr);
      right[s] += accuracy(fit.predict(x_out), out_labels) * double(out.size());
    }
  }
  const auto best = std::size_t(std::max_element(right.begin(), right.end()) - right.begin());
  return fit_logistic(x, labels, classes, settings.strengths[best]);
}

double accuracy(std::span<const Label> predicted, std::span<const Label> labels) {
  check(predicted.size() == labels.size() && !labels.empty(), "accuracy: ", predicted.size(),
        " predictions for ", labels.size(), " labels");
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += predicted[i] == labels[i];
  return double(right) / double(labels.size());
}

}  // namespace vaegrad::inline VAEGRAD_ABI
