#include <cmath>
#include <numbers>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/models/metrics/classifier.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Classifier::Classifier(Index dimensions, Index classes, const ClassifierSettings& s)
    : settings_(s),
      hidden_(parameters_, "classifier", dimensions, s.hidden, activation("relu"),
              {s.seed, Initialiser::he}),
      outputs_(parameters_, "classifier.logits", hidden_.outputs(dimensions), classes, {s.seed}) {}

void Classifier::fit(ConstMatrix x, std::span<const Label> labels,
                     const std::function<void(int)>& progress) {
  const Index classes = outputs_.bias.shape.cols, n = x.rows, batch = settings_.batch;
  check(n > 0 && Index(labels.size()) == n, "classifier: ", labels.size(), " labels for ", n,
        " examples");
  for (Label y : labels)
    check(y < classes, "classifier: label ", y, ", but there are ", classes, " classes");
  Adam optimiser(parameters_);
  Tape tape;
  std::vector<std::uint32_t> of_batch;
  for (int epoch = 0; epoch < settings_.epochs; ++epoch) {
    const auto order =
        permutation(std::uint32_t(n), settings_.seed, Purpose::shuffle, std::uint32_t(epoch));
    for (Index first = 0; first < n; first += batch) {
      const double done = (epoch + double(first) / double(n)) / settings_.epochs;
      optimiser.rule.learning_rate =
          settings_.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * done));
      tape.reset();
      const Var rows = tape.constant(Shape{std::min(batch, n - first), x.cols});
      of_batch.clear();
      for (Index i = 0; i < rows.shape().rows; ++i) {
        const std::uint32_t row = order[std::size_t(first + i)];
        std::copy_n(x.row(Index(row)), x.cols, rows.val().row(i));
        of_batch.push_back(labels[row]);
      }
      // −log P(y|x) = log Σ exp l − l_y
      const Var l = logits(rows);
      const Var loss = log_sum_exp(l) - pick_columns(l, of_batch);
      parameters_.zero_gradient();
      tape.backward(average(loss));
      optimiser.step();
    }
    if (progress) progress(epoch + 1);
  }
}

// of(rows) for chunks of rows
template <class F>
OwnedMatrix Classifier::each(ConstMatrix x, Index columns, F of) const {
  constexpr Index chunk = 1000;
  OwnedMatrix to(x.rows, columns);
  Tape tape;
  for (Index first = 0; first < x.rows; first += chunk) {
    tape.reset();
    const Var y =
        of(tape.constant(ConstMatrix{x.row(first), std::min(chunk, x.rows - first), x.cols}));
    std::copy(y.val().begin(), y.val().end(), to.view().row(first));
  }
  return to;
}
OwnedMatrix Classifier::probabilities(ConstMatrix x) const {
  return each(x, outputs_.bias.shape.cols, [&](Var rows) { return softmax(logits(rows)); });
}
OwnedMatrix Classifier::features(ConstMatrix x) const {
  return each(x, hidden_.outputs(x.cols), [&](Var rows) { return hidden_(rows); });
}

std::vector<Label> largest(ConstMatrix p) {
  std::vector<Label> to;
  for (Index i = 0; i < p.rows; ++i)
    to.push_back(Label(std::max_element(p.row(i), p.row(i) + p.cols) - p.row(i)));
  return to;
}

double share_above(ConstMatrix p, double least) {
  Index above = 0;
  for (Index i = 0; i < p.rows; ++i)
    above += double(*std::max_element(p.row(i), p.row(i) + p.cols)) > least;
  return double(above) / double(p.rows);
}

double class_entropy(std::span<const Label> labels, Index classes) {
  std::vector<double> share(static_cast<std::size_t>(classes));
  for (Label y : labels) share.at(y) += 1 / double(labels.size());
  double entropy = 0;
  for (double p : share) entropy -= p > 0 ? p * std::log(p) : 0;
  return std::max(0.0, entropy);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
