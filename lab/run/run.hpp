// A run is a folder that can be repeated from itself: config.ini, metrics.csv, summary.json,
// model.safetensors and pictures. Every file appears complete or not at all.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/files/lock.hpp>
#include <vaegrad/lab/files/safetensors.hpp>
#include <vaegrad/lab/run/metrics.hpp>
#include <vaegrad/lab/run/training/trainee.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

extern const char* const version;  // "0.1.0"

// A run in the making: the folder, locked.
class Run {
 public:
  // Makes the folder: settings.out, or runs/DATA-N with the first free N; or takes up
  // settings.resume. Errors: the folder is not empty and --overwrite was not given (UsageError,
  // nothing is touched); another process trains in it; it cannot be written; there is nothing to
  // resume.
  explicit Run(const Settings& settings);

  const std::filesystem::path& folder() const { return folder_; }
  // A file of the folder.
  void write(const std::string& file, std::string_view text) const;
  void write(const std::string& file, const nlohmann::json& json) const;

  void write_metrics(std::span<const Metrics> rows) const;  // metrics.csv
  // The weights, as safetensors.
  void write_model(const Model& model, const std::string& file = "model.safetensors") const;
  void write_weights(const Trainee& trainee, const std::string& file) const;  // .. of any trainee
  // Points runs/latest at this run, when it lies in runs/.
  void make_latest() const;

 private:
  void take_up(const Settings& settings);  // by the first rank
  std::filesystem::path folder_;
  FolderLock lock_;  // while it lives nobody else trains there
};

// The weights by name, as a file holds them, and back; with what else belongs to the model.
std::vector<Tensor> model_tensors(const Model& model);
std::map<std::string, std::string> about_model(const Model& model);  // a file's metadata
void copy_weights(const SafeTensors& from, Model& model, const std::string& prefix = "");

// The data a run was made from. Errors: they do not suit its likelihood.
DataSet load_data(const Settings& settings);
// Whether they do, as these settings have them enter.
void check_suits(const Settings& settings, const DataSet& data);
// Other data for a trained model: settings.data and what goes with it name them. Where they are
// binary already, settings.binarize is left behind. Errors: also another size, no labels for a
// model that is given them.
DataSet load_data_for(const Model& model, Settings& settings);
// Whether log p(x) is that of a probability, so that bits per dimension are defined.
bool bits_are_defined(const Settings& settings, const DataSet& data);

// A run that was trained.
struct LoadedRun {
  std::filesystem::path folder;
  Settings settings;
  std::unique_ptr<Model> model;
};
// A trained model, ready for use: `weights` is "last" or "best" (on validation). Errors: no such
// run, damaged files, weights of another model.
LoadedRun load_run(const std::filesystem::path& folder, const std::string& weights = "last");

}  // namespace vaegrad::inline VAEGRAD_ABI
