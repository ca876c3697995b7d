// What a trained run is shown after training, and what it makes of it: examples of its own splits
// or of other data, as codes and as pixels.
#pragma once
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/models/metrics/owned_matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Other data for a run: the test images of a named set, or every image of a file, with labels when
// given. The run's way to binarize holds for them, unless they are 0 and 1 already; `settings` are
// those that hold for them. Errors: load_named_data's.
struct OtherData {
  Examples examples;
  std::size_t classes = 0;
};
OtherData load_other_data(const LoadedRun& run, const DataNames& names, Settings& settings);

// Which number stands for an example.
enum class Code {
  mean,    // of q(z|x)
  sample,  // one z ~ q(z|x) for each example, the one that evaluate() draws
};
// (count, latent), in the order of the examples. Pixels that are drawn are those of the split's
// fixed draw. Error: a sample of an autoencoder.
OwnedMatrix encode(const Model& model, const Examples& examples, const Settings& settings,
                   Code code);

// (count, height x width): bytes as 0..1, real numbers as they are; never binarized.
OwnedMatrix pixels(const Examples& examples, Binarize as = Binarize::none);

// Empty where there are no labels.
std::vector<Label> labels_of(const Examples& examples);

}  // namespace vaegrad::inline VAEGRAD_ABI
