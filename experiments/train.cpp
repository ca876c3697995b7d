// vaegrad train: trains a model, and leaves a folder that says everything about it.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/pictures.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/training/console.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>

#include "command.hpp"
#include "signals.hpp"

namespace vaegrad {
namespace {

Curves curves_of(const std::vector<Metrics>& metrics, const Model& model, const Evaluation& test) {
  Curves c;
  if (!model.deterministic)
    c.kl_per_latent = test.kl_per_latent,
    c.layers = {model.inference->layers().begin(), model.inference->layers().end()};
  for (const Metrics& m : metrics) {
    c.epoch.push_back(m.epoch);
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
  json["test_elbo"] = model.deterministic ? nlohmann::json(nullptr) : nlohmann::json(test.elbo());
  json["test_log_likelihood"] = test.log_likelihood;
  json["test_kl"] = model.deterministic ? nlohmann::json(nullptr) : nlohmann::json(test.kl);
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

// 0 when the run is complete, 128 + its number when a signal ended it.
int train_run(const Settings& settings, const DataSet& data, Model& model, const Run& run) {
  ModelTrainee trainee(settings, data, model);
  Console console([] { return interrupted() != 0; });
  Training training(settings, data.train, trainee, run, console);
  std::error_code error;
  if (!settings.resume.empty() &&
      std::filesystem::exists(run.folder() / "checkpoint.safetensors", error)) {
    training.resume();
    if (training.finished() && std::filesystem::exists(run.folder() / "summary.json", error)) {
      fmt::print(stderr, "{}: all {} epochs are trained; nothing to do\n", run.folder().string(),
                 training.state().epoch - 1);
      return 0;
    }
    fmt::print(stderr, "going on from epoch {}, batch {}\n", training.state().epoch,
               training.state().batch);
    // of fewer epochs: they would pass for the run's end
    for (const char* file : {"evaluation.json", "evaluation.csv", "summary.json"})
      remove_file(run.folder() / file);
  }
  fmt::print(stderr, "{} {}-{}{}, {}, {}, beta {:g}\n{} parameters, {} threads, seed {}\n",
             settings.model, model.inference ? model.dimensions() : model.conditions,
             layers(settings.network, setting("hidden").get(settings)),
             concat('-', model.hierarchical()
                             ? layers("mlp", setting("latent").get(settings))
                             : concat(model.inference ? model.latent : model.dimensions())),
             settings.likelihood,
             setting("objective").get(settings) == "elbo" && model.deterministic
                 ? "reconstruction"
                 : settings.objective,
             settings.beta, model.parameters.count(), threads(), settings.seed);
  training.run();
  if (interrupted() && !training.finished()) {
    fmt::print(stderr, "\ninterrupted in epoch {} and saved; ", training.state().epoch);
    if (!training.metrics().empty()) {  // the numbers and pictures so far
      const Evaluation so_far = evaluate(model, data.test, settings);
      nlohmann::json json = summary_of(settings, data, model, training, so_far);
      json["interrupted"] = true;
      run.write("summary.json", json);
      draw_run(model, data, settings, curves_of(training.metrics(), model, so_far), run.folder());
    }
    return 128 + interrupted();
  }
  const Evaluation test = evaluate(model, data.test, settings);
  run.write("summary.json", summary_of(settings, data, model, training, test));
  draw_run(model, data, settings, curves_of(training.metrics(), model, test), run.folder());

  fmt::print(stderr, "trained in {}, {:.0f} examples/s\n", duration(training.seconds()),
             double(data.train.count()) * double(training.metrics().size()) / training.seconds());
  if (model.deterministic)
    fmt::print("test log p(x|z) {:.2f} nats\n", test.log_likelihood);
  else
    fmt::print("test ELBO {:.2f} nats = log p(x|z) {:.2f} - KL {:.2f}, {} of {} latents active\n",
               test.elbo(), test.log_likelihood, test.kl, test.active_units, model.latent);
  if (model.hierarchical())
    fmt::print("KL of each layer, from x up: {:.2f} nats\n", fmt::join(test.kl_per_layer, ", "));
  return 0;
}

// The deterministic model that completes images for a model that is given a part of them: a run of
// its own, in the folder `baseline` of the other, of which the best weights are taken.
int train_baseline(const Settings& settings, const DataSet& data, Model& model, const Run& of) {
  Settings s = baseline_settings(settings);
  s.out = of.folder() / "baseline";
  s.overwrite = true;
  s.resume.clear();
  std::error_code error;
  if (!settings.resume.empty() && std::filesystem::exists(s.out / "checkpoint.safetensors", error))
    s.resume = s.out;
  const Run run(s);
  const auto baseline = new_model(s, data);
  if (const int status = train_run(s, data, *baseline, run)) return status;
  model.baseline = load_run(run.folder(), data.validation.count() ? "best" : "last").model;
  const Evaluation test = evaluate(*model.baseline, data.test, s);
  fmt::print("baseline: test log p of the pixels that are not given {:.2f} nats\n",
             test.log_likelihood);
  return 0;
}

int train(Arguments arguments) {
  watch_signals();
  Settings settings = read_settings(arguments);
  check_consistent(settings);
  if (settings.threads) set_threads(settings.threads);
  const DataSet data = load_training_data(settings);
  check<UsageError>(settings.mutate == 0 || !data.train.file->real(), "--mutate: ", settings.data,
                    " has real numbers, and none of them is a random pixel", hint,
                    "leave --mutate out");
  const auto model = new_model(settings, data);
  const Run run(settings);
  write_data_record(run, data);
  const std::string from =
      settings.config.empty() ? "" : concat(" (", settings.config.filename().string(), ')');
  const std::string& note = data.train.file->note;
  fmt::print(stderr, "training on {}{}: {} examples of {}{}, {} validation, {} test\n",
             settings.data, from, data.train.count(), concat(model->image),
             note.empty() ? "" : concat(" (", note, ')'), data.validation.count(),
             data.test.count());

  if (const std::string word = scale_word(settings, data); !word.empty())
    fmt::print(stderr, "{}\n", word);

  can_be_saved();
  int status = model->baseline ? train_baseline(settings, data, *model, run) : 0;
  if (!status) status = train_run(settings, data, *model, run);
  if (status) {
    fmt::print(stderr, "go on with: vaegrad train --resume {}\n", run.folder().string());
    return status;
  }
  run.make_latest();
  fmt::print("{}: config.ini, curves.png, metrics.csv, summary.json, ..\n", run.folder().string());
  return 0;
}

// A line per setting, or two neighbours on one where both are short: the whole fits a screen.
std::string help() {
  std::string to =
      "usage: vaegrad train [options]    Trains a model; its folder says all about it.\n";
  const Setting* waiting = nullptr;  // a short one, for a neighbour
  const auto option = [](const Setting& s) {
    return concat("--", s.name, *s.value ? " " : "", s.value);
  };
  const auto in_half = [&](const Setting& s) {
    return fmt::format("{:<16} {}", option(s), s.help);
  };
  const auto alone = [&](const Setting& s) {
    const std::string name = fmt::format("  {:<24} ", option(s));
    std::string_view rest = s.help;
    to += name;
    for (std::size_t room = 80 - name.size(); rest.size() > room; room = 80 - 27) {
      const std::size_t space = rest.rfind(' ', room);
      to += fmt::format("{}\n{:27}", rest.substr(0, space), "");
      rest.remove_prefix(space + 1);
    }
    to += fmt::format("{}\n", rest);
  };
  const auto flush = [&] {
    if (waiting) alone(*waiting);
    waiting = nullptr;
  };
  const char* group = "";
  for (const Setting& s : all_settings()) {
    if (std::string_view(group) != s.group) {
      flush();
      to += fmt::format("{}\n", group = s.group);
    }
    if (in_half(s).size() > 38) {
      flush();
      alone(s);
    } else if (waiting) {
      to += fmt::format("  {:<39}{}\n", in_half(*waiting), in_half(s));
      waiting = nullptr;
    } else {
      waiting = &s;
    }
  }
  flush();
  return to + "example: vaegrad train --data mnist --binarize sample --latent 50 --out runs/a\n";
}

}  // namespace

const Command train_command{
    "train", "trains a model and draws its curves, reconstructions and samples", train, help};

}  // namespace vaegrad
