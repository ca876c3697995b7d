#include <algorithm>
#include <cmath>
#include <functional>
#include <vaegrad/autodiff/random.hpp>
#include <vaegrad/models/metrics/logistic.hpp>
#include <vaegrad/models/metrics/nearest.hpp>
#include <vaegrad/models/metrics/probe.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr Index neighbours[] = {1, 3, 5, 10};

struct Scaled {
  OwnedMatrix train, test;
};
Scaled scaled(const Features& f) {
  const Index d = f.train.cols;
  std::vector<double> mean(static_cast<std::size_t>(d));
  for (Index i = 0; i < f.train.rows; ++i)
    for (Index j = 0; j < d; ++j)
      mean[std::size_t(j)] += double(f.train(i, j)) / double(f.train.rows);
  double squares = 0;
  for (Index i = 0; i < f.train.rows; ++i)
    for (Index j = 0; j < d; ++j) {
      const double c = double(f.train(i, j)) - mean[std::size_t(j)];
      squares += c * c;
    }
  const double unit = std::sqrt(squares / double(f.train.rows));
  check(unit > 0 && std::isfinite(unit), "probe: ", f.name, ": its ", d,
        " columns do not vary, or are not finite");
  const auto apply = [&](ConstMatrix x) {
    OwnedMatrix to(x.rows, d);
    for (Index i = 0; i < x.rows; ++i)
      for (Index j = 0; j < d; ++j)
        to.view()(i, j) = Real((double(x(i, j)) - mean[std::size_t(j)]) / unit);
    return to;
  };
  return {apply(f.train), apply(f.test)};
}

// How many examples of each class a draw of `count` takes: as many as of any other but one, of the
// classes that there are.
std::vector<std::size_t> of_each(std::span<const std::size_t> occurring, std::size_t count) {
  const auto classes = occurring.size() - std::size_t(std::ranges::count(occurring, 0u));
  std::vector<std::size_t> to(occurring.size());
  std::size_t extra = count % classes;
  for (std::size_t c = 0; c < to.size(); ++c)
    if (occurring[c]) to[c] = count / classes + (extra ? extra--, 1 : 0);
  return to;
}
std::vector<std::size_t> occurrences(std::span<const Label> labels, Index classes) {
  std::vector<std::size_t> to(std::size_t(classes), 0);
  for (const Label y : labels) ++to[y];
  return to;
}

// `count` examples, so many of each class; all of them when count is theirs.
std::vector<std::uint32_t> draw_labelled(std::span<const Label> labels, Index classes,
                                         std::size_t count, std::uint64_t seed, int draw) {
  const auto order =
      permutation(std::uint32_t(labels.size()), seed, Purpose::split, std::uint32_t(draw) + 1);
  if (count == labels.size()) return order;
  std::vector<std::uint32_t> chosen;
  std::vector<std::size_t> left = of_each(occurrences(labels, classes), count);
  for (std::uint32_t row : order)
    if (left[labels[row]]) --left[labels[row]], chosen.push_back(row);
  for (std::size_t c = 0; c < left.size(); ++c)
    check(left[c] == 0, "probe: ", count, " labels ask for ", left[c], " more of class ", c,
          " than there are", hint, "ask for at most ", most_labels(labels, classes),
          " labels, or all");
  return chosen;
}

// The k with the highest accuracy, each of up to 2000 examples told by the others.
Index best_k(ConstMatrix x, std::span<const Label> labels) {
  const std::size_t n = std::min<std::size_t>(2000, std::size_t(x.rows));
  std::vector<std::uint32_t> own(n);
  for (std::size_t i = 0; i < n; ++i) own[i] = std::uint32_t(i);
  const Index most = std::min<Index>(10, x.rows - 1);
  const Neighbours found = nearest({x.data, Index(n), x.cols}, x, most, own);
  Index best = 1;
  double highest = -1;
  for (Index k : neighbours) {
    if (k > most) break;
    const double right = accuracy(vote(found, labels, k), labels.first(n));
    if (right > highest) highest = right, best = k;
  }
  return best;
}

}  // namespace

std::size_t occurring_classes(std::span<const Label> labels, Index classes) {
  const auto occurring = occurrences(labels, classes);
  return occurring.size() - std::size_t(std::ranges::count(occurring, 0u));
}
std::size_t most_labels(std::span<const Label> labels, Index classes) {
  const auto occurring = occurrences(labels, classes);
  std::size_t least = labels.size(), to = 0;
  for (const std::size_t n : occurring)
    if (n) least = std::min(least, n);
  for (to = least * occurring_classes(labels, classes); to < labels.size(); ++to) {
    const auto next = of_each(occurring, to + 1);
    if (!std::equal(next.begin(), next.end(), occurring.begin(), std::less_equal<>())) break;
  }
  return to;
}

std::vector<ProbeCell> probe(std::span<const Features> features,
                             std::span<const Label> train_labels,
                             std::span<const Label> test_labels, Index classes,
                             const ProbeSettings& settings,
                             const std::function<void(std::size_t, std::size_t)>& progress) {
  for (const Features& f : features)
    check(f.train.rows == Index(train_labels.size()) && f.test.rows == Index(test_labels.size()),
          "probe: ", f.name, " has ", f.train.rows, " + ", f.test.rows, " rows for ",
          train_labels.size(), " + ", test_labels.size(), " labels");
  const std::size_t there = occurring_classes(train_labels, classes);
  std::vector<ProbeCell> cells;
  std::size_t done = 0;
  for (const Features& f : features) {
    const Scaled x = scaled(f);
    for (std::size_t asked : settings.label_counts) {
      const std::size_t count = asked ? asked : train_labels.size();
      check(2 * there <= train_labels.size(), "probe: ", there, " classes, but ",
            train_labels.size(), " training labels: too few for two of each", hint,
            "give more examples, or fewer classes");
      check(count >= 2 * there && count <= train_labels.size(), "probe: ", count, " labels for ",
            there, " classes, of ", train_labels.size(), hint, "from ", 2 * there, " to ",
            train_labels.size(), " labels");
      ProbeCell linear{f.name, "linear", count, {}}, knn{f.name, "k-NN", count, {}};
      const int draws = count == train_labels.size() ? 1 : settings.draws;
      for (int draw = 0; draw < draws; ++draw) {
        const auto rows = draw_labelled(train_labels, classes, count, settings.seed, draw);
        std::vector<Label> y;
        for (auto row : rows) y.push_back(train_labels[row]);
        const OwnedMatrix labelled = rows_of(x.train, rows);
        const auto fit = fit_logistic_cross_validated(
            labelled, y, classes, {.seed = settings.seed + std::uint64_t(draw)});
        linear.accuracy.push_back(accuracy(fit.predict(x.test), test_labels));
        const Index k = best_k(labelled, y);
        knn.accuracy.push_back(accuracy(vote(nearest(x.test, labelled, k), y, k), test_labels));
      }
      cells.push_back(std::move(linear)), cells.push_back(std::move(knn));
      if (progress) progress(++done, features.size() * settings.label_counts.size());
    }
  }
  return cells;
}

double Spread::standard_error() const { return count ? deviation / std::sqrt(double(count)) : 0; }

Spread spread(std::span<const double> numbers) {
  Spread s{0, 0, numbers.size()};
  for (double v : numbers) s.mean += v / double(s.count);
  for (double v : numbers) s.deviation += (v - s.mean) * (v - s.mean);
  s.deviation = s.count > 1 ? std::sqrt(s.deviation / double(s.count - 1)) : 0;
  return s;
}

Spread paired(std::span<const double> a, std::span<const double> b) {
  check(a.size() == b.size(), "paired: ", a.size(), " and ", b.size(), " numbers");
  std::vector<double> d(a.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = a[i] - b[i];
  return spread(d);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
