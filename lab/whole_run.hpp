// A run from its settings to its finished folder: the model, its training, what it is worth on the
// test data, pictures. What `vaegrad train` and train() of the Python module do.
#pragma once
#include <vaegrad/lab/run/training/training.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct TrainedRun {
  std::filesystem::path folder;
  std::unique_ptr<Model> model;
  bool complete = false;       // no: the observer stopped it, and it is saved as far as it came
  bool nothing_to_do = false;  // all epochs were trained before; `test` says nothing
  std::uint64_t epoch = 0;     // the last that was finished
  Evaluation test;
  double seconds = 0, examples_per_second = 0;  // of the training
  std::optional<double> baseline;  // its test log p of the pixels that are not given, nats
};
// Of data that load_training_data gave for these settings. Errors: those of the settings, the data
// and the folder; a training that diverges.
TrainedRun train_whole(const Settings& settings, const DataSet& data, Observer& observer);

}  // namespace vaegrad::inline VAEGRAD_ABI
