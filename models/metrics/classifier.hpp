// A classifier of images, to read what a model generates: an MLP trained on labelled images.
#pragma once
#include <cstdint>
#include <functional>

#include <vaegrad/models/label.hpp>
#include <vaegrad/models/layers.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// How large it is, and how it is trained.
struct ClassifierSettings {
  std::vector<Index> hidden = {512, 512};
  int epochs = 12, batch = 128;
  double learning_rate = 1e-3;  // falls to 0 along a cosine
  std::uint64_t seed = 1;
};

class Classifier {  // P(y|x) = softmax(l(x)),  l an MLP with ReLU
 public:
  Classifier(Index dimensions, Index classes, const ClassifierSettings& settings = {});

  // Minimises the cross entropy by Adam; progress gets the number of epochs done.
  void fit(ConstMatrix x, std::span<const Label> labels,
           const std::function<void(int)>& progress = {});
  OwnedMatrix probabilities(ConstMatrix x) const;  // (B, C)
  OwnedMatrix features(ConstMatrix x) const;       // (B, H), the last hidden layer's

 private:
  template <class F>
  OwnedMatrix each(ConstMatrix x, Index columns, F of) const;
  Var logits(Var x) const { return outputs_(hidden_(x)); }

  ClassifierSettings settings_;
  Parameters parameters_;
  Mlp hidden_;
  Linear outputs_;
};

// The column of each row's largest entry.
std::vector<Label> largest(ConstMatrix probabilities);
// The share of rows whose largest entry is above `least`: of how many images it is that sure.
double share_above(ConstMatrix probabilities, double least);
// H = −Σ p log p of how often each of `classes` occurs, nats.
double class_entropy(std::span<const Label> labels, Index classes);

}  // namespace vaegrad::inline VAEGRAD_ABI
