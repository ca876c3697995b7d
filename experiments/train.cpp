// vaegrad train: trains a model, and leaves a folder that says everything about it.
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/checkpoint.hpp>
#include <vaegrad/lab/pictures.hpp>
#include <vaegrad/lab/progress.hpp>
#include <vaegrad/lab/run.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

// The first signal asks for an orderly end, a second one ends at once.
volatile std::sig_atomic_t interrupted = 0;
void on_signal(int signal) {
  interrupted = signal;
  std::signal(signal, SIG_DFL);
}

class Training {
 public:
  Training(const Settings& s, const DataSet& d, Model& m, const Run& run)
      : settings_(s),
        data_(d),
        model_(m),
        run_(run),
        objective_(objective(s.objective)),
        optimiser_(
            s.optimizer, m.parameters,
            {.learning_rate = s.learning_rate, .epsilon = s.adam_epsilon, .beta1 = s.adam_beta1}),
        batches_(d.train, std::size_t(s.batch), s.seed) {}

  void resume() {
    read_checkpoint(run_.folder() / "checkpoint.safetensors", model_, optimiser_, state_);
    metrics_ = read_metrics(run_.folder());
    std::erase_if(metrics_,
                  [&](const Metrics& m) { return std::uint64_t(m.epoch) >= state_.epoch; });
  }
  bool finished() const {
    return state_.epoch > std::uint64_t(settings_.epochs) || stopped_early();
  }
  double seconds() const { return state_.seconds + progress_.seconds(); }
  const std::vector<Metrics>& metrics() const { return metrics_; }
  const TrainingState& state() const { return state_; }

  // Until the last epoch, or a signal; what a signal interrupts is saved in the middle of its
  // epoch.
  void run() {
    while (!finished() && !interrupted) {
      train_epoch();
      if (interrupted) break;
      finish_epoch();
    }
    if (interrupted) save();
  }

 private:
  double epochs_done() const {
    return double(state_.epoch - 1) + double(state_.batch) / double(batches_.count());
  }
  // The factor on the KL in force.
  double kl_factor() const {
    const KlSchedule schedule{.warmup = settings_.warmup, .cycles = settings_.cycles};
    return settings_.beta * schedule.at(epochs_done(), settings_.epochs);
  }
  double learning_rate() const {
    const RateSchedule schedule =
        settings_.learning_rate_schedule == "cosine" ? RateSchedule::cosine
        : settings_.learning_rate_schedule == "iwae" ? RateSchedule::iwae
                                                     : RateSchedule::constant;
    return settings_.learning_rate * rate_factor(schedule, epochs_done(), settings_.epochs);
  }
  bool stopped_early() const {
    return settings_.patience && state_.best_epoch &&
           state_.epoch - 1 - state_.best_epoch >= std::uint64_t(settings_.patience);
  }

  Bound bound_of(const Batch& batch, Stream& noise) const {
    const AnyVae vae = model_.given(batch.condition);
    if (!model_.deterministic) {
      ObjectiveSettings s = objective_settings(settings_, 1);
      s.beta = kl_factor();
      return objective_.bound(vae, batch.x, noise, s);
    }
    const Var log_likelihood = vae.decode(vae.encode(batch.x).mean).log_prob(batch.x);
    return {log_likelihood, log_likelihood, 0 * log_likelihood};
  }

  void train_epoch() {
    const auto epoch = std::uint32_t(state_.epoch);
    batches_.shuffle(epoch);
    for (; state_.batch < batches_.count() && !interrupted; ++state_.batch) {
      const auto rows = batches_[state_.batch];
      tape_.reset();
      const Batch batch = make_batch(tape_, model_, data_.train, rows, settings_, epoch);
      if (settings_.mutate > 0) mutate_batch(batch, rows, epoch);
      Stream noise(settings_.seed, Purpose::latent, epoch, rows,
                   std::uint32_t(settings_.particles));
      const Bound bound = bound_of(batch, noise);

      model_.parameters.zero_gradient();
      tape_.backward(-average(bound.objective));
      if (settings_.clip > 0) clip_gradient(model_.parameters, settings_.clip);
      optimiser_.set_learning_rate(learning_rate());
      optimiser_.step();

      ++state_.steps;
      state_.terms.add(bound);
      check(std::isfinite(state_.terms.objective), "the objective is no longer finite: epoch ",
            epoch, ", step ", state_.steps, ": log-likelihood ", state_.terms.log_likelihood,
            ", KL ", state_.terms.kl, hint,
            "a smaller --learning-rate, or --clip 100; the last good checkpoint is in ",
            run_.folder().string());
      if (progress_.due()) progress_.update(line());
    }
  }

  // Random pixels of the kind that x holds.
  void mutate_batch(const Batch& batch, std::span<const std::uint32_t> rows, std::uint32_t epoch) {
    const bool binary =
        data_.train.file->binary || settings_.binarize.value_or(Binarize::none) != Binarize::none;
    const bool whole = binary || model_.decoder.head.row->values == Values::grey;
    mutate(batch.x.val(), settings_.mutate, binary ? 2 : 256, whole ? Real(1) : Real(1) / 255, rows,
           settings_.seed, epoch);
  }

  void finish_epoch() {
    const Terms& t = state_.terms;
    Metrics m{int(state_.epoch),
              state_.steps,
              seconds(),
              t.objective,
              t.elbo(),
              t.log_likelihood,
              t.kl,
              nothing,
              nothing,
              nothing,
              nothing,
              nothing,
              gradient_norm(model_.parameters),
              learning_rate(),
              kl_factor()};
    if (model_.deterministic) m.train_elbo = m.train_kl = nothing;
    bool best = false;
    if (data_.validation.count()) {
      const Evaluation valid = evaluate(model_, data_.validation, settings_);
      m.valid_objective = valid.objective;
      m.valid_log_likelihood = valid.log_likelihood;
      m.active_units = double(valid.active_units);
      if (!model_.deterministic) m.valid_elbo = valid.elbo(), m.valid_kl = valid.kl;
      best = !state_.best_epoch || valid.objective > state_.best_objective;
      if (best) state_.best_epoch = state_.epoch, state_.best_objective = valid.objective;
    }
    metrics_.push_back(m);
    progress_.finish(line(m));
    const bool save_now = state_.epoch % std::uint64_t(settings_.checkpoint_every) == 0;
    const bool keep =
        settings_.keep_every && state_.epoch % std::uint64_t(settings_.keep_every) == 0;
    ++state_.epoch;
    state_.batch = 0;
    state_.terms = {};
    if (best) run_.write_model(model_, "best.safetensors");
    if (save_now || finished()) save();
    if (keep) write(concat("checkpoint-", state_.epoch - 1, ".safetensors"));
  }

  void save() {
    run_.write_metrics(metrics_);
    run_.write_model(model_);
    write("checkpoint.safetensors");
  }
  void write(const std::string& file) {
    TrainingState now = state_;
    now.seconds = seconds();
    write_checkpoint(run_.folder() / file, model_, optimiser_, now);
  }

  std::string line() const {
    const Terms& t = state_.terms;
    const double share = double(t.examples) / double(data_.train.count());
    const double done = (double(state_.epoch - 1) + share) / settings_.epochs;
    return fmt::format(
        "epoch {:>3}/{}  ELBO {:8.2f}  log p(x|z) {:8.2f}  KL {:6.2f}  {:6.0f}/s  ETA {}",
        state_.epoch, settings_.epochs, t.elbo(), t.log_likelihood, t.kl,
        done * settings_.epochs * double(data_.train.count()) / seconds(),
        duration(seconds() * (1 - done) / done));
  }
  std::string line(const Metrics& m) const {
    std::string to = fmt::format("epoch {:>3}/{}", m.epoch, settings_.epochs);
    if (model_.deterministic)
      return to + fmt::format("  train log p(x|z) {:.2f}   valid {:.2f}", m.train_log_likelihood,
                              m.valid_log_likelihood);
    to += fmt::format("  train ELBO {:.2f} = {:.2f} - KL {:.2f}", m.train_elbo,
                      m.train_log_likelihood, m.train_kl);
    if (std::isfinite(m.valid_elbo)) to += fmt::format("  valid {:.2f}", m.valid_elbo);
    if (settings_.objective != "elbo")
      to += fmt::format("  {} {:.2f}", settings_.objective, m.train_objective);
    if (m.beta != 1) to += fmt::format("  beta {:.3g}", m.beta);
    return to;
  }

  const Settings& settings_;
  const DataSet& data_;
  Model& model_;
  const Run& run_;
  const Objective<AnyVae>& objective_;
  AnyOptimiser optimiser_;
  Batches batches_;
  Tape tape_;
  Progress progress_;
  TrainingState state_;
  std::vector<Metrics> metrics_;
};

Curves curves_of(const std::vector<Metrics>& metrics) {
  Curves c;
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

nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json(nullptr);
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
  json["active_units"] = test.active_units;
  json["test_examples"] = test.examples;
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

// The first output is the mean of the data, in the units of x.
void start_at_mean(Model& model, const Examples& train) {
  const Moments m = moments(train);
  std::vector<Real> mean(m.mean.begin(), m.mean.end());
  if (model.decoder.head.row->values == Values::grey)
    for (Real& x : mean) x *= 255;
  model.start_at(mean);
}

int train(Arguments arguments) {
  const Settings settings = read_settings(arguments);
  check_consistent(settings);
  if (settings.threads) set_threads(settings.threads);
  const DataSet data = load_data(settings);
  const Images& images = *data.train.file;
  check<UsageError>(settings.mutate == 0 || !images.real(), "--mutate: ", settings.data,
                    " has real numbers, and none of them is a random pixel", hint,
                    "leave --mutate out");
  Model model(settings, Index(images.height), Index(images.width), condition_size(settings, data));
  if (settings.output_bias == "data-mean") start_at_mean(model, data.train);
  const Run run(settings);
  Training training(settings, data, model, run);
  if (!settings.resume.empty()) training.resume();
  if (training.finished()) {
    fmt::print(stderr, "{}: all {} epochs are trained; nothing to do\n", run.folder().string(),
               training.state().epoch - 1);
    return 0;
  }

  const std::string from =
      settings.config.empty() ? "" : concat(" (", settings.config.filename().string(), ')');
  fmt::print(stderr,
             "training on {}{}: {} examples of {} x {}, {} for validation, {} for testing\n",
             settings.data, from, data.train.count(), model.height, model.width,
             data.validation.count(), data.test.count());
  fmt::print(stderr, "{} {}-{}-{}, {}, {}, beta {:g}, {} parameters, {} threads, seed {}\n",
             settings.model, model.dimensions(), fmt::join(settings.hidden, "-"), settings.latent,
             settings.likelihood, model.deterministic ? "reconstruction" : settings.objective,
             settings.beta, model.parameters.count(), threads(), settings.seed);
  if (!settings.resume.empty())
    fmt::print(stderr, "going on from epoch {}, batch {}\n", training.state().epoch,
               training.state().batch);

  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  training.run();
  if (interrupted) {
    fmt::print(stderr,
               "\ninterrupted in epoch {} and saved; go on with: vaegrad train --resume {}\n",
               training.state().epoch, run.folder().string());
    return 128 + interrupted;
  }
  const Evaluation test = evaluate(model, data.test, settings);
  run.write("summary.json", summary_of(settings, data, model, training, test));
  draw(curves_of(training.metrics()), run.folder() / "curves.png");
  draw_reconstructions(model, data.test, settings, run.folder() / "reconstructions.png");
  if (!model.deterministic)
    draw_samples(model, settings, {.seed = settings.seed}, run.folder() / "samples.png");
  run.make_latest();

  fmt::print(stderr, "trained in {}, {:.0f} examples/s\n", duration(training.seconds()),
             double(data.train.count()) * double(training.metrics().size()) / training.seconds());
  if (model.deterministic)
    fmt::print("test log p(x|z) {:.2f} nats\n", test.log_likelihood);
  else
    fmt::print("test ELBO {:.2f} nats = log p(x|z) {:.2f} - KL {:.2f}, {} of {} latents active\n",
               test.elbo(), test.log_likelihood, test.kl, test.active_units, settings.latent);
  fmt::print("{}: config.ini, curves.png, metrics.csv, summary.json, ..\n", run.folder().string());
  return 0;
}

std::string help() {
  std::string to =
      "usage: vaegrad train [options]\n\nTrains a model and writes a folder with everything about "
      "it.\n";
  const char* group = "";
  for (const Setting& s : all_settings()) {
    if (std::string_view(group) != s.group) to += fmt::format("{}\n", group = s.group);
    to += fmt::format("  {:<30}{}\n", fmt::format("--{} {}", s.name, s.value), s.help);
  }
  return to +
         "example: vaegrad train --data mnist --binarize sample --hidden 200,200 --latent 50\n";
}

}  // namespace

const Command train_command{
    "train", "trains a model and draws its curves, reconstructions and samples", train, help};

}  // namespace vaegrad
