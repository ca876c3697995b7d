// What simple classifiers can read from features with few labels: multinomial logistic regression
// and k nearest neighbours, on several sets of features of the same examples, over draws of labels.
#pragma once
#include <functional>
#include <string>

#include <vaegrad/models/label.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Features {  // of the same examples in every set
  std::string name;
  ConstMatrix train, test;
};
// How many labels, and how often they are drawn.
struct ProbeSettings {
  std::vector<std::size_t> label_counts = {100, 600, 1000, 3000, 0};  // 0: all
  int draws = 10;
  std::uint64_t seed = 1;
};
// One number of the table of results.
struct ProbeCell {
  std::string features;
  const char* classifier;  // "linear" or "k-NN"
  std::size_t labels;      // how many
  std::vector<double>
      accuracy;  // on the test examples, one for each draw; of all labels there is one
};

// How many of 0 .. classes−1 these labels have.
std::size_t occurring_classes(std::span<const Label> labels, Index classes);
// How many labels can be drawn with as many of each class that occurs, or one more.
std::size_t most_labels(std::span<const Label> labels, Index classes);

// The labelled examples of a draw are the same for every set of features: as many of each class
// that occurs, at random. Features are centred and brought to an average squared norm of 1 by one factor for each
// set (never column by column, which would blow up pixels that are hardly ever lit). The strength
// of the linear probe's regulariser and the k of 1, 3, 5, 10 are chosen on the labelled examples
// alone (5 folds; leaving one out). Errors: fewer labels than two for each class, or than asked.
std::vector<ProbeCell> probe(
    std::span<const Features> features, std::span<const Label> train_labels,
    std::span<const Label> test_labels, Index classes, const ProbeSettings& settings,
    const std::function<void(std::size_t done, std::size_t of)>& progress = {});

// Mean and standard deviation.
struct Spread {
  double mean = 0, deviation = 0;  // with n − 1; 0 when there is one number
  std::size_t count = 0;
  double standard_error() const;  // deviation / √n
};
// Of these numbers.
Spread spread(std::span<const double> numbers);
// Of the differences a_i − b_i.
Spread paired(std::span<const double> a, std::span<const double> b);

}  // namespace vaegrad::inline VAEGRAD_ABI
