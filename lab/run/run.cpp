#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/files/safetensors.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/run/run_files.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

const char* const version = VAEGRAD_VERSION;

namespace {

fs::path first_free(const std::string& data) {
  const std::string name = fs::path(data).filename().string();
  for (int n = 1;; ++n) {
    const fs::path folder = fs::path("runs") / concat(name, '-', n);
    std::error_code error;
    if (!fs::exists(folder, error)) return folder;
  }
}

// The pictures of draw_run: not every run has each, and where one cannot be drawn the old one stays.
bool of_a_run(std::string_view picture) {
  for (const char* name :
       {"curves.png", "reconstructions.png", "samples.png", "scatter.png", "manifold.png"})
    if (picture == name) return true;
  return false;
}

// Removes what an overwritten run left: it belongs to other settings, and a run that dies before
// its first checkpoint must not go on from that one.
void forget(const fs::path& folder) {
  remove_file(folder / "checkpoint.safetensors");  // first: nothing resumes from what is left
  std::vector<fs::path> others;
  std::error_code error;
  for (const fs::directory_entry& e : fs::directory_iterator(folder, error))
    if (const fs::path name = e.path().filename();
        !e.is_directory(error) &&
        (name.extension() == ".safetensors" || name == "metrics.csv" || name == "summary.json" ||
         name == "evaluation.json" || name == "evaluation.csv" || of_a_run(name.string())))
      others.push_back(e.path());
  for (const fs::path& path : others) remove_file(path);
}

}  // namespace

Run::Run(const Settings& settings) {
  if (ranks().first()) take_up(settings);
  folder_ = ranks().broadcast(folder_.string());
  ranks().way_out(concat("vaegrad train --resume ", typed(folder_),
                         ", on as many ranks as there are: from its last checkpoint"));
}

void Run::take_up(const Settings& settings) {
  const std::string config = config_text(settings);
  std::error_code error;
  if (!settings.resume.empty()) {
    folder_ = settings.resume;
    check(fs::exists(folder_ / "checkpoint.safetensors", error) ||
              fs::exists(folder_ / "baseline/checkpoint.safetensors", error),
          folder_.string(), ": there is no checkpoint to go on from", hint,
          "train without --resume; a checkpoint is written after the first epoch");
    lock_ = FolderLock(folder_);
    return;
  }
  folder_ = settings.out.empty() ? first_free(settings.data) : settings.out;
  if (fs::exists(folder_, error)) {
    check<UsageError>(fs::is_directory(folder_, error), folder_.string(),
                      ": it is a file, not a folder", hint, "--out names a folder");
    check<UsageError>(settings.overwrite || fs::is_empty(folder_, error), folder_.string(),
                      ": the folder is not empty", hint,
                      "--overwrite replaces what a run writes there");
  }
  fs::create_directories(folder_, error);
  check(!error, folder_.string(), ": cannot make the folder: ", error.message(), hint,
        "--out names a folder that may be written");
  lock_ = FolderLock(folder_);
  check<UsageError>(settings.overwrite || fs::is_empty(folder_, error), folder_.string(),
                    ": the folder is not empty", hint, "another run began there just now");
  forget(folder_);
  forget(folder_ / "baseline");
  write("config.ini", std::string_view(config));
}

void Run::write(const std::string& file, std::string_view text) const {
  write_atomically(folder_ / file, text);
}
void Run::write(const std::string& file, const nlohmann::json& json) const {
  write(file, std::string_view(json_text(json)));
}

void Run::write_metrics(std::span<const Metrics> rows) const {
  vaegrad::write_metrics(folder_ / "metrics.csv", rows);
}

std::vector<Tensor> model_tensors(const Model& model) {
  std::vector<Tensor> tensors;
  append_tensors(tensors, "", model.parameters);
  append_tensors(tensors, "buffer.", model.buffers);
  if (model.standard) {
    const auto& [mean, deviation] = *model.standard;
    tensors.push_back(tensor<double>("standard.mean", {mean.size()}, mean));
    tensors.push_back(tensor<double>("standard.deviation", {deviation.size()}, deviation));
  }
  if (model.baseline)
    for (Tensor t : model_tensors(*model.baseline)) {
      t.name.insert(0, "baseline.");
      tensors.push_back(std::move(t));
    }
  return tensors;
}

void copy_weights(const SafeTensors& from, Model& model, const std::string& prefix) {
  copy_tensors(from, prefix, model.parameters);
  copy_tensors(from, prefix + "buffer.", model.buffers);
  if (from.find(prefix + "standard.mean")) {
    const std::size_t shape[]{std::size_t(model.image.size())};
    Standard& s = model.standard.emplace();
    s.mean.resize(shape[0]), s.deviation.resize(shape[0]);
    from.copy<double>(prefix + "standard.mean", shape, s.mean);
    from.copy<double>(prefix + "standard.deviation", shape, s.deviation);
    for (std::size_t j = 0; j < shape[0]; ++j)
      check(std::isfinite(s.mean[j]) && std::isfinite(s.deviation[j]) && s.deviation[j] > 0,
            from.file(), ": column ", j, " has the mean ", s.mean[j], " and the deviation ",
            s.deviation[j], hint, "train the run again");
  }
  if (model.baseline) copy_weights(from, *model.baseline, prefix + "baseline.");
}

std::map<std::string, std::string> about_model(const Model& model) {
  return {{"vaegrad", version},
          {"height", std::to_string(model.image.height)},
          {"width", std::to_string(model.image.width)},
          {"channels", std::to_string(model.image.channels)},
          {"conditions", std::to_string(model.conditions)}};
}
void Run::write_model(const Model& model, const std::string& file) const {
  write_safetensors(folder_ / file, model_tensors(model), about_model(model));
}
void Run::write_weights(const Trainee& trainee, const std::string& file) const {
  write_safetensors(folder_ / file, trainee.weights(), trainee.about());
}

void Run::make_latest() const {
  if (!ranks().first() || folder_.parent_path() != "runs") return;
  std::error_code error;  // a convenience: a file system without links costs nothing else
  const fs::path link = "runs/latest", fresh = "runs/.latest.tmp";
  fs::remove(fresh, error);
  fs::create_directory_symlink(folder_.filename(), fresh, error);
  if (!error) fs::rename(fresh, link, error);
}

bool bits_are_defined(const Settings& settings, const DataSet& data) {
  const Likelihood& p = likelihood_of(settings);
  const bool binary =
      data.train.file->binary || settings.binarize.value_or(Binarize::none) != Binarize::none;
  return p.discrete() && (p.values != Values::binary || binary);
}

namespace {

// The model that config.ini describes is held against the file before it takes memory: it has at
// least a number for each of its outputs, and of them there may be a quarter of the pixels.
Architecture checked_architecture(const Settings& s, const RunFiles& files) {
  std::size_t there = 0;
  for (const Tensor& t : files.weights.tensors()) there += t.count();
  const auto check_claim = [&](double claimed) {
    check(claimed <= double(there), files.weights_file.string(), ": the run's config.ini claims ",
          claimed, " weights or more, there are at most ", there, hint,
          "was a file edited, or is it a run of another version?");
  };
  const ImageShape image = files.image;
  check_claim(double(image.height) * double(image.width) * double(image.channels) / 4);
  const Architecture a = architecture(s, image, files.conditions);
  check_claim(double(Model::count_parameters(a)));
  return a;
}

}  // namespace

LoadedRun load_run(const fs::path& folder, const std::string& which) {
  const RunFiles files = read_run_files(folder, which);
  LoadedRun run{folder, {}, nullptr};
  read_config(folder / "config.ini", run.settings);
  run.model = std::make_unique<Model>(checked_architecture(run.settings, files));
  copy_weights(files.weights, *run.model);
  return run;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
