#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>
#include <vaegrad/lab/whole_run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Curves curves_of(const std::vector<Metrics>& metrics, const Model& model, const Evaluation& test) {
  Curves c;
  if (!model.deterministic)
    c.kl_per_latent = test.kl_per_latent,
    c.layers = {model.inference->layers().begin(), model.inference->layers().end()};
  for (const Metrics& m : metrics) {
    c.epoch.push_back(m.epoch);
    c.train_objective.push_back(m.train_objective);
    c.valid_objective.push_back(m.valid_objective);
    c.train_elbo.push_back(m.train_elbo);
    c.train_log_likelihood.push_back(m.train_log_likelihood);
    c.train_kl.push_back(m.train_kl);
    c.valid_elbo.push_back(m.valid_elbo);
    c.valid_log_likelihood.push_back(m.valid_log_likelihood);
    c.valid_kl.push_back(m.valid_kl);
  }
  return c;
}

// With the digits that metrics.csv has: a run that was taken up again knows no more of them.
nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(std::stod(fmt::format("{:.9g}", x)))
                          : nlohmann::json(nullptr);
}

nlohmann::json summary_of(const Settings& settings, const DataSet& data, const Model& model,
                          const Training& training, const Evaluation& test) {
  const Metrics& last = training.metrics().back();
  nlohmann::json json;
  json["version"] = version;
  const bool codes = !model.deterministic, likelihood = model.has_likelihood();
  const auto where = [](bool there, double x) {
    return there ? nlohmann::json(x) : nlohmann::json(nullptr);
  };
  json["test_elbo"] = where(codes && likelihood, test.elbo());
  json["test_log_likelihood"] = where(likelihood, test.log_likelihood);
  json["test_kl"] = where(codes, test.kl);
  if (!likelihood) json["test_distance"] = -test.log_likelihood;
  json["kl_per_latent"] = test.kl_per_latent;
  if (model.hierarchical()) json["kl_per_layer"] = test.kl_per_layer;
  json["active_units"] = test.active_units;
  json["test_examples"] = test.examples;
  if (model.baseline)
    json["baseline_test_log_likelihood"] =
        evaluate(*model.baseline, data.test, baseline_settings(settings)).log_likelihood;
  json["parameters"] = model.parameters.count();
  json["seconds_training"] = training.seconds();
  json["examples_per_second"] =
      double(data.train.count()) * double(last.epoch) / training.seconds();
  json["best_epoch"] = training.state().best_epoch ? nlohmann::json(training.state().best_epoch)
                                                   : nlohmann::json(nullptr);
  json["final"] = {{"epoch", last.epoch},
                   {"step", last.step},
                   {"beta", last.beta},
                   {"train_objective", number(last.train_objective)},
                   {"train_elbo", number(last.train_elbo)},
                   {"valid_objective", number(last.valid_objective)},
                   {"valid_elbo", number(last.valid_elbo)}};
  for (const Setting& s : all_settings())
    if (const std::string value = s.get(settings); !value.empty()) json["settings"][s.name] = value;
  for (const Checksum& c : data.checksums) json["data_sha256"][c.file] = c.sha256;
  return json;
}

std::string in_a_line(const Settings& settings, const Model& model) {
  return fmt::format(
      "{} {}-{}{}, {}, {}, beta {:g}\n{} parameters, {}{} threads, seed {}", settings.model,
      model.inference ? model.dimensions() : model.conditions,
      layers(settings.network, setting("hidden").get(settings)),
      concat('-', model.hierarchical()
                      ? layers("mlp", setting("latent").get(settings))
                      : concat(model.inference ? model.latent : model.dimensions())),
      settings.likelihood,
      model.deterministic && settings.objective == "elbo" ? "reconstruction" : settings.objective,
      settings.beta, model.parameters.count(),
      ranks().size() > 1 ? concat(ranks().size(), " ranks of ") : std::string(), threads(),
      settings.seed);
}

// Trains it, and leaves summary and pictures. Of a run that goes on the folder says what it said until
// `taken_up` writes there: a checkpoint that does not suit these settings and data changes nothing.
void train_one(const Settings& settings, const DataSet& data, Model& model, const Run& run,
               Observer& observer, TrainedRun& to, const std::function<void()>& taken_up) {
  ModelTrainee trainee(settings, data, model);
  Training training(settings, data.train, trainee, run, observer);
  std::error_code error;
  const bool goes_on = !settings.resume.empty(),
             begun =
                 goes_on && std::filesystem::exists(run.folder() / "checkpoint.safetensors", error);
  if (begun) training.resume();
  if (goes_on) {
    run.write("config.ini", std::string_view(config_text(settings)));  // epochs may have grown
    taken_up();
  }
  if (begun) {
    to.epoch = training.state().epoch - 1;
    to.nothing_to_do =
        training.finished() && std::filesystem::exists(run.folder() / "summary.json", error);
    to.complete = to.nothing_to_do;
    if (to.nothing_to_do)
      return observer.say(fmt::format("{}: all {} epochs are trained; nothing to do",
                                      run.folder().string(), to.epoch));
    observer.say(fmt::format("going on from epoch {}, batch {}", training.state().epoch,
                             training.state().batch));
    // of fewer epochs: they would pass for the run's end
    for (const char* file : {"evaluation.json", "evaluation.csv", "summary.json"})
      remove_file(run.folder() / file);
  }
  observer.say(in_a_line(settings, model));
  if (const Likelihood& p = *model.decoder.head.row; p.instead)
    observer.say(fmt::format("{} is no likelihood: {} stands for log p(x|z), W = {:g}, D = {}\n{}",
                             p.name, p.instead, model.decoder.head.weight, model.dimensions(),
                             p.on_images(model.image)));
  training.run();
  to.complete = training.finished();
  to.epoch = training.state().epoch - 1;
  if (!to.complete && training.metrics().empty()) return;  // .. the numbers and pictures so far
  to.test = evaluate(model, data.test, settings);
  nlohmann::json summary = summary_of(settings, data, model, training, to.test);
  if (!to.complete) summary["interrupted"] = true;
  run.write("summary.json", summary);
  draw_run(model, data, settings, curves_of(training.metrics(), model, to.test), run.folder());
  to.seconds = training.seconds();
  to.examples_per_second =
      double(data.train.count()) * double(training.metrics().size()) / to.seconds;
}

// The deterministic model that completes images for a model that is given a part of them: a run of
// its own, in the folder `baseline` of the other, of which the best weights are taken.
void train_baseline(const Settings& settings, const DataSet& data, const Run& of,
                    Observer& observer, TrainedRun& to) {
  Settings s = baseline_settings(settings);
  s.out = of.folder() / "baseline";
  s.overwrite = true;
  s.resume.clear();
  std::error_code error;
  if (!settings.resume.empty() && std::filesystem::exists(s.out / "checkpoint.safetensors", error))
    s.resume = s.out;
  const Run run(s);
  const auto baseline = new_model(s, data);
  TrainedRun trained;
  train_one(s, data, *baseline, run, observer, trained, [] {});
  if (!trained.complete) return;
  ranks().meet();  // the first has written it
  to.model->baseline = load_run(run.folder(), data.validation.count() ? "best" : "last").model;
  to.baseline = evaluate(*to.model->baseline, data.test, s).log_likelihood;
}

}  // namespace

TrainedRun train_whole(const Settings& settings, const DataSet& data, Observer& observer) {
  check<UsageError>(settings.mutate == 0 || !data.train.file->real(), "--mutate: ", settings.data,
                    " has real numbers, and none of them is a random pixel", hint,
                    "leave --mutate out");
  TrainedRun to;
  to.model = new_model(settings, data);
  check_shared(ModelTrainee(settings, data, *to.model));  // before there is a folder
  const Run run(settings);
  to.folder = run.folder();
  if (settings.resume.empty()) write_data_record(run, data);
  const std::string from =
      settings.config.empty() ? "" : concat(" (", settings.config.filename().string(), ')');
  const std::string& note = data.train.file->note;
  observer.say(fmt::format("training on {}{}: {} examples of {}, {} validation, {} test",
                           settings.data, from, data.train.count(), concat(to.model->image),
                           data.validation.count(), data.test.count()));
  if (!note.empty()) observer.say(note);
  if (const std::string word = scale_word(settings, data); !word.empty()) observer.note(word);

  const bool completes = to.model->baseline != nullptr;
  if (completes) train_baseline(settings, data, run, observer, to);
  if (!completes || to.baseline)
    train_one(settings, data, *to.model, run, observer, to, [&] { write_data_record(run, data); });
  if (to.complete) run.make_latest();
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
