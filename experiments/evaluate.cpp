// vaegrad evaluate: the numbers of a trained run on a split, as one JSON object.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vaegrad/lab/progress.hpp>
#include <vaegrad/lab/run.hpp>

#include "options.hpp"

namespace vaegrad {
namespace {

int run(Arguments arguments) {
  const Options options(arguments,
                        {"split", "weights", "particles", "limit", "data-dir", "threads"});
  const std::string split = options.one_of("split", {"test", "train", "validation", "all"});
  const std::int64_t particles = options.integer("particles", 5000, 0, 10000000);
  const std::int64_t limit = options.integer("limit", 0, 1, INT64_MAX);
  if (options.has("threads")) set_threads(int(options.integer("threads", 1, 1, 1024)));
  LoadedRun run = load_run(options.run(), options.one_of("weights", {"last", "best"}));
  const Model& model = *run.model;
  if (options.has("data-dir")) run.settings.data_dir = options.text("data-dir", "");
  const DataSet data = load_data(run.settings);
  Examples examples = split == "train"        ? data.train
                      : split == "validation" ? data.validation
                                              : data.test;
  check(split != "all" || data.train.file == data.test.file,
        "--split all: training and test examples are in two files", hint,
        "--split train, and --split test");
  if (split == "all")
    for (const Examples* more : {&data.train, &data.validation})
      examples.rows.insert(examples.rows.end(), more->rows.begin(), more->rows.end());
  check(examples.count(), "--split: the run has no ", split, " examples", hint, "--split test");
  if (limit &&
      std::size_t(limit) < examples.count()) {  // spread evenly: test sets are often sorted
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < std::size_t(limit); ++i)
      rows.push_back(examples.rows[i * examples.count() / std::size_t(limit)]);
    examples.rows = rows;
  }

  const Evaluation e = evaluate(model, examples, run.settings);
  nlohmann::json json;
  const auto unless_deterministic = [&](double x) {
    return model.deterministic ? nlohmann::json(nullptr) : nlohmann::json(x);
  };
  json["elbo"] = unless_deterministic(e.elbo());
  json["log_likelihood"] = e.log_likelihood;
  json["kl"] = unless_deterministic(e.kl);
  json["kl_per_latent"] = e.kl_per_latent;
  json["active_units"] = e.active_units;
  const std::optional<KlParts> parts = kl_parts(model, examples, run.settings);
  const auto part = [&](double KlParts::*p) {
    return parts ? nlohmann::json((*parts).*p) : nlohmann::json(nullptr);
  };
  json["mutual_information"] = part(&KlParts::mutual_information);
  json["total_correlation"] = part(&KlParts::total_correlation);
  json["dimension_wise_kl"] = part(&KlParts::dimension_wise_kl);
  if (model.baseline)
    json["baseline_log_likelihood"] =
        evaluate(*model.baseline, examples, baseline_settings(run.settings)).log_likelihood;
  json["examples"] = e.examples;
  json["split"] = split;
  json["particles"] = particles;
  for (const char* key : {"nll", "nll_standard_error", "nll_standard_error_examples",
                          "effective_sample_size", "bits_per_dimension"})
    json[key] = nullptr;
  if (particles && !model.deterministic) {
    Progress progress;
    const Evidence v = evidence(model, examples, run.settings, particles, [&](std::size_t done) {
      const double share = double(done) / double(examples.count());
      if (progress.due())
        progress.update(fmt::format("log p(x): {} of {} examples, {} left", done, examples.count(),
                                    duration(progress.seconds() * (1 - share) / share)));
    });
    progress.finish(
        fmt::format("log p(x) by {} particles: {}", particles, duration(progress.seconds())));
    json["nll"] = v.nll;
    json["nll_standard_error"] = v.standard_error;
    json["nll_standard_error_examples"] = v.examples_error;
    json["effective_sample_size"] = v.effective_sample_size;
    if (bits_are_defined(run.settings, data))
      json["bits_per_dimension"] = v.nll / (double(model.dimensions()) * std::numbers::ln2);
  }
  fmt::print("{}\n", json.dump(2));
  return 0;
}

std::string help() {
  return "usage: vaegrad evaluate [RUN] [options]\n\n"
         "Prints a run's ELBO with its terms, and -log p(x) by importance sampling (nll): nats,\n"
         "per example, as one JSON object.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --split NAME            test, train, validation or all [test]\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --particles K           samples of z per example for nll; 0: leave it out [5000]\n"
         "  --limit N               only N examples, spread evenly\n"
         "  --data-dir DIR          where the data lie now [as in training]\n"
         "  --threads N\n\n"
         "The KL is mutual_information + total_correlation + dimension_wise_kl of the code (Chen\n"
         "et al. 2018), estimated from batches; null where p(z|y) is learnt.\n\n"
         "example: vaegrad evaluate runs/latest --particles 1000 --limit 500\n";
}

}  // namespace

const Command evaluate_command{"evaluate", "the ELBO of a trained run and its log p(x), as JSON",
                               run, help};

}  // namespace vaegrad
