// vaegrad train: trains a VAE, and leaves a folder that says everything about it.
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
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

struct Training {
  const Settings& settings;
  const DataSet& data;
  Model& model;
  Adam optimiser;
  Batches batches;
  Tape tape;
  Progress& progress;
  std::vector<Metrics> metrics;
  std::uint64_t steps = 0;

  Training(const Settings& s, const DataSet& d, Model& m, Progress& p)
      : settings(s),
        data(d),
        model(m),
        optimiser(
            m.parameters,
            {.learning_rate = s.learning_rate, .beta1 = s.adam_beta1, .epsilon = s.adam_epsilon}),
        batches(d.train, std::size_t(s.batch), s.seed),
        progress(p) {}

  // One pass over the training data; the averages are over its examples, as they were met.
  Metrics epoch(int number) {
    Terms terms;
    batches.shuffle(std::uint32_t(number));
    for (std::size_t b = 0; b < batches.count() && !interrupted; ++b) {
      const auto rows = batches[b];
      tape.reset();
      const Var x = tape.constant(Shape{Index(rows.size()), model.dimensions()});
      fill_batch(x.val(), data.train, rows, settings, std::uint32_t(number));
      Stream noise(settings.seed, Purpose::latent, std::uint32_t(number), rows);

      const Elbo bound = elbo(model.vae, x, noise);
      const Var objective = average(bound());

      model.parameters.zero_gradient();
      tape.backward(-objective);
      optimiser.step();

      ++steps;
      terms.add(bound);
      check(std::isfinite(terms.elbo()), "the ELBO is no longer finite: epoch ", number, ", step ",
            steps, ": log-likelihood ", terms.log_likelihood, ", KL ", terms.kl, hint,
            "a smaller --learning-rate");
      if (progress.due())
        progress.update(line(number, terms, double(b + 1) / double(batches.count())));
    }
    Metrics m{number,
              steps,
              0,
              terms.elbo(),
              terms.elbo(),
              terms.log_likelihood,
              terms.kl,
              nothing,
              nothing,
              nothing,
              nothing,
              nothing,
              nothing,
              settings.learning_rate,
              1};
    if (interrupted) return m;
    m.gradient_norm = gradient_norm(model.parameters);  // of the epoch's last step
    if (data.validation.count()) {
      const Evaluation valid = evaluate(model, data.validation, settings);
      m.valid_objective = m.valid_elbo = valid.elbo();
      m.valid_log_likelihood = valid.log_likelihood;
      m.valid_kl = valid.kl;
      m.active_units = double(valid.active_units);
    }
    m.seconds = progress.seconds();
    return m;
  }

  std::string line(int epoch, const Terms& terms, double share) const {
    const double done = (epoch - 1 + share) / settings.epochs;
    return fmt::format(
        "epoch {:>3}/{}  ELBO {:8.2f}  log p(x|z) {:8.2f}  KL {:6.2f}  {:6.0f}/s  ETA {}", epoch,
        settings.epochs, terms.elbo(), terms.log_likelihood, terms.kl,
        (double(epoch - 1) * double(data.train.count()) + double(terms.examples)) /
            progress.seconds(),
        duration(progress.seconds() * (1 - done) / done));
  }
  std::string line(const Metrics& m) const {
    std::string to = fmt::format("epoch {:>3}/{}  train ELBO {:.2f} = {:.2f} - KL {:.2f}", m.epoch,
                                 settings.epochs, m.train_elbo, m.train_log_likelihood, m.train_kl);
    if (std::isfinite(m.valid_elbo)) to += fmt::format("   valid ELBO {:.2f}", m.valid_elbo);
    return to;
  }
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

nlohmann::json summary_of(const Settings& settings, const DataSet& data, const Training& training,
                          const Evaluation& test, double seconds) {
  nlohmann::json json;
  json["version"] = version;
  json["test_elbo"] = test.elbo();
  json["test_log_likelihood"] = test.log_likelihood;
  json["test_kl"] = test.kl;
  json["kl_per_latent"] = test.kl_per_latent;
  json["active_units"] = test.active_units;
  json["test_examples"] = test.examples;
  json["beta"] = 1;
  json["parameters"] = training.model.parameters.count();
  json["seconds_training"] = seconds;
  json["examples_per_second"] =
      double(data.train.count()) * double(training.metrics.size()) / seconds;
  const Metrics& last = training.metrics.back();
  json["final"] = {{"epoch", last.epoch}, {"step", last.step}, {"train_elbo", last.train_elbo}};
  if (std::isfinite(last.valid_elbo)) json["final"]["valid_elbo"] = last.valid_elbo;
  for (const Setting& s : all_settings())
    if (const std::string value = s.get(settings); !value.empty()) json["settings"][s.name] = value;
  for (const Checksum& c : data.checksums) json["data_sha256"][c.file] = c.sha256;
  return json;
}

int train(Arguments arguments) {
  Settings settings = read_settings(arguments);
  if (settings.threads) set_threads(settings.threads);
  const DataSet data = load_data(settings);
  Model model(settings, Index(data.train.file->height), Index(data.train.file->width));
  if (settings.output_bias == "data-mean") {
    const std::vector<Real> mean = pixel_mean(data.train);
    model.vae.decode.start_at({mean.data(), 1, Index(mean.size())});
  }
  const Run run(settings);

  const std::string from =
      settings.config.empty() ? "" : concat(" (", settings.config.filename().string(), ')');
  fmt::print(stderr,
             "training on {}{}: {} examples of {} x {}, {} for validation, {} for testing\n",
             settings.data, from, data.train.count(), model.height, model.width,
             data.validation.count(), data.test.count());
  fmt::print(stderr, "vae {}-{}-{}, bernoulli, beta 1, {} parameters, {} threads, seed {}\n",
             model.dimensions(), fmt::join(settings.hidden, "-"), settings.latent,
             model.parameters.count(), threads(), settings.seed);

  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  Progress progress;
  Training training(settings, data, model, progress);
  for (int epoch = 1; epoch <= settings.epochs && !interrupted; ++epoch) {
    const Metrics m = training.epoch(epoch);
    if (interrupted) break;
    training.metrics.push_back(m);
    progress.finish(training.line(m));
    run.write_metrics(training.metrics);
    run.write_model(model);
  }
  const double seconds = progress.seconds();
  if (interrupted) {
    progress.finish(fmt::format("interrupted after {} whole epochs; they are saved in {}",
                                training.metrics.size(), run.folder().string()));
    return 128 + interrupted;
  }
  const Evaluation test = evaluate(model, data.test, settings);
  run.write("summary.json", summary_of(settings, data, training, test, seconds));
  draw(curves_of(training.metrics), run.folder() / "curves.png");
  draw_reconstructions(model, data.test, settings, run.folder() / "reconstructions.png");
  draw_samples(model, 100, settings.seed, run.folder() / "samples.png");
  run.make_latest();

  fmt::print(stderr, "trained in {}, {:.0f} examples/s\n", duration(seconds),
             double(data.train.count()) * double(training.metrics.size()) / seconds);
  fmt::print("test ELBO {:.2f} nats = log p(x|z) {:.2f} - KL {:.2f}, {} of {} latents active\n",
             test.elbo(), test.log_likelihood, test.kl, test.active_units, settings.latent);
  fmt::print("{}: curves.png, reconstructions.png, samples.png, metrics.csv, summary.json\n",
             run.folder().string());
  return 0;
}

std::string help() {
  std::string to =
      "usage: vaegrad train [options]\n\nTrains a VAE and writes a folder with everything about "
      "it.\n";
  const char* group = "";
  for (const Setting& s : all_settings()) {
    if (std::string_view(group) != s.group) to += fmt::format("\n{}\n", group = s.group);
    const std::string option = fmt::format("--{} {}", s.name, s.value);
    to += option.size() < 24 ? fmt::format("  {:<24}{}\n", option, s.help)
                             : fmt::format("  {}\n  {:<24}{}\n", option, "", s.help);
  }
  return to +
         "\nexample: vaegrad train --data mnist --binarize sample --hidden 200,200 --latent 50\n";
}

}  // namespace

const Command train_command{
    "train", "trains a VAE and draws its curves, reconstructions and samples", train, help};

}  // namespace vaegrad
