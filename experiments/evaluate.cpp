// vaegrad evaluate: the numbers of a trained run on a split, as one JSON object.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

#include "opened.hpp"

namespace vaegrad {
namespace {

const Setting& binarize_setting() { return setting("binarize"); }

struct EvaluateCall {  // which examples, and how
  Examples examples;
  std::string split, from;
  std::int64_t particles, limit;
  bool own;   // the run's own data
  bool bits;  // bits per dimension are defined
};

EvaluateCall evaluate_call(const Options& options) {
  EvaluateCall a;
  a.particles = options.integer("particles", 5000, 0, 10000000);
  a.limit = options.integer("limit", 0, 1, INT64_MAX);
  if (options.has("split")) options.one_of("split", {"test", "train", "validation", "all"});
  a.from = options.text("from", "prior");
  if (a.from != "prior") fit(a.from);  // a wrong name is refused before anything is read
  return a;
}
void choose_examples(EvaluateCall& a, const Options& options, LoadedRun& run) {
  if (a.from != "prior") use_fitted_prior(run, fit(a.from));
  DataNames names = names_of(options, true);
  if (!options.has("data") && names.binarize) run.settings.binarize = names.binarize;
  const auto [data, own] = load_named_data(run, names);
  a.own = own, a.bits = bits_are_defined(run.settings, data);
  // Of a file that the run never saw, all examples are for testing.
  const bool whole = !own && data.train.file == data.test.file;
  a.split = options.text("split", whole ? "all" : "test");
  a.examples = choose_split(data, a.split);
  if (a.limit && std::size_t(a.limit) < a.examples.count())
    a.examples.rows = spread(a.examples, std::size_t(a.limit));
  // Of the draws of z; the splits keep the run's.
  run.settings.seed =
      std::uint64_t(options.integer("seed", std::int64_t(run.settings.seed), 0, INT64_MAX));
}

struct Each {  // of the examples, nats; empty where there is none
  std::vector<double> elbo, log_px;
};
// A row of the file that the examples are of, from 0 on, with what it is worth.
std::string per_example_csv(const Examples& examples, const Each& each) {
  std::string to = "example,elbo,nll\n";
  const auto number = [](const std::vector<double>& of, std::size_t i, double sign) {
    return of.empty() ? std::string() : fmt::format("{:.9g}", sign * of[i]);
  };
  for (std::size_t i = 0; i < examples.count(); ++i)
    to += fmt::format("{},{},{}\n", examples.rows[i], number(each.elbo, i, 1),
                      number(each.log_px, i, -1));
  return to;
}

// A mean over what is no number looks like a result, and is none.
void check_finite(const std::vector<double>& of, const char* what, const Examples& examples) {
  const auto bad = [](double x) { return !std::isfinite(x); };
  const auto first = std::find_if(of.begin(), of.end(), bad);
  check(
      first == of.end(), what, " of ", std::count_if(of.begin(), of.end(), bad), " of ", of.size(),
      " examples is not finite, row ",
      first == of.end() ? 0 : examples.rows[std::size_t(first - of.begin())],
      " is the first: ", first == of.end() ? 0 : *first, hint,
      "has training diverged, or are these rows out of all proportion? vaegrad detect ranks such");
}
// The ELBO with its terms.
nlohmann::json terms_of(const LoadedRun& run, const EvaluateCall& a, Each& each) {
  const Model& model = *run.model;
  const Evaluation e = evaluate(model, a.examples, run.settings);
  check_finite(e.elbos, "ELBO", a.examples);
  const bool likelihood = model.has_likelihood();
  if (!model.deterministic && likelihood) each.elbo = e.elbos;
  nlohmann::json json;
  const auto unless_deterministic = [&](double x) {
    return model.deterministic ? nlohmann::json(nullptr) : nlohmann::json(x);
  };
  json["elbo"] = likelihood ? unless_deterministic(e.elbo()) : nlohmann::json(nullptr);
  json["log_likelihood"] = likelihood ? nlohmann::json(e.log_likelihood) : nlohmann::json(nullptr);
  if (!likelihood) json["distance"] = -e.log_likelihood;  // of --likelihood ms-ssim, by its weight
  const double similarity = mean_ms_ssim(model, a.examples, run.settings);
  json["ms_ssim"] =
      std::isfinite(similarity) ? nlohmann::json(similarity) : nlohmann::json(nullptr);
  json["kl"] = unless_deterministic(e.kl);
  json["kl_per_latent"] = e.kl_per_latent;
  if (model.hierarchical()) json["kl_per_layer"] = e.kl_per_layer;
  json["active_units"] = e.active_units;
  const std::optional<KlParts> parts = kl_parts(model, a.examples, run.settings);
  const auto part = [&](double KlParts::*p) {
    return parts ? nlohmann::json((*parts).*p) : nlohmann::json(nullptr);
  };
  json["mutual_information"] = part(&KlParts::mutual_information);
  json["total_correlation"] = part(&KlParts::total_correlation);
  json["dimension_wise_kl"] = part(&KlParts::dimension_wise_kl);
  if (model.baseline)
    json["baseline_log_likelihood"] =
        evaluate(*model.baseline, a.examples, baseline_settings(run.settings)).log_likelihood;
  json["examples"] = e.examples;
  json["split"] = a.split;
  json["data"] = run.settings.data;
  const std::string binarize = binarize_setting().get(run.settings);
  json["binarize"] = binarize.empty() ? nlohmann::json(nullptr) : nlohmann::json(binarize);
  json["from"] = a.from;
  json["seed"] = run.settings.seed;
  json["particles"] = a.particles;
  for (const char* key :
       {"nll", "nll_standard_error", "nll_standard_error_examples", "effective_sample_size",
        "pareto_k", "pareto_k_share", "bits_per_dimension"})
    json[key] = nullptr;
  return json;
}

// log p(x) by importance sampling.
void add_evidence(const LoadedRun& run, const EvaluateCall& a, nlohmann::json& json, Each& each) {
  Progress progress;
  const double all = double(a.examples.count());
  const Evidence v =
      evidence(*run.model, a.examples, run.settings, a.particles, [&](std::size_t done) {
        const double share = double(done) / all;
        if (progress.due())
          progress.update(fmt::format("log p(x): {} of {} examples, {} left", done,
                                      a.examples.count(),
                                      duration(progress.seconds() * (1 - share) / share)));
      });
  check_finite(v.log_px, "log p(x)", a.examples);
  progress.finish(
      fmt::format("log p(x) by {} particles: {}", a.particles, duration(progress.seconds())));
  each.log_px = v.log_px;
  json["nll"] = v.nll;
  json["nll_standard_error"] = v.standard_error;
  json["nll_standard_error_examples"] = v.examples_error;
  json["effective_sample_size"] = v.effective_sample_size;
  json["pareto_k"] = v.pareto_k;
  json["pareto_k_share"] = v.pareto_k_share;
  if (a.bits)
    json["bits_per_dimension"] = v.nll / (double(run.model->dimensions()) * std::numbers::ln2);
  if (!v.judged())
    fmt::print(
        stderr,
        "nll_standard_error cannot be judged: {} particles are too few for the tail of their "
        "weights\n  hint: --particles 25, or more\n",
        a.particles);
  else if (!v.trusted())
    say("nll_standard_error cannot be trusted: the weights of {:.1f} % of the examples have "
        "Pareto k above 0.7 (mean {:.2f})\n  hint: more --particles; nll is an upper bound "
        "in the mean, whatever k is\n",
        100 * v.pareto_k_share, v.pareto_k);
}

int run_evaluate(Arguments arguments) {
  const Options options(arguments, of_a_run({"binarize", "split", "particles", "limit", "seed",
                                             "from", "per-example"}));
  EvaluateCall asked = evaluate_call(options);
  if (options.has("per-example"))
    check_output_end(options.text("per-example", ""), {".csv"}, "--per-example");
  LoadedRun run = open_run(options);
  if (options.has("particles") && asked.particles)
    check_is_likelihood(*run.model->decoder.head.row, concat("--particles ", asked.particles));
  const std::string trained = binarize_setting().get(run.settings);
  check<UsageError>(!run.model->deterministic || asked.from == "prior", "--from ", asked.from,
                    ": an autoencoder has no q(z|x), by which log p(x) is estimated", hint,
                    "leave --from out; vaegrad quality measures what is drawn from it");
  choose_examples(asked, options, run);
  asked.own &= binarize_setting().get(run.settings) == trained;
  Each each;
  nlohmann::json json = terms_of(run, asked, each);
  json["weights"] = options.text("weights", "last");
  if (asked.particles && !run.model->deterministic && run.model->has_likelihood())
    add_evidence(run, asked, json, each);
  fmt::print("{}", json_text(json));
  const std::string rows = per_example_csv(asked.examples, each);
  if (options.has("per-example"))
    write_atomically(options.text("per-example", ""), std::string_view(rows));
  if (asked.own && asked.split == "test" && asked.from == "prior") {  // for compare
    try {
      write_atomically(run.folder / "evaluation.csv", std::string_view(rows));
      write_atomically(run.folder / "evaluation.json", json_text(json));
    } catch (const Error&) {  // a folder that cannot be written costs no result
    }
  }
  return 0;
}

std::string evaluate_help() {
  return "usage: vaegrad evaluate [RUN] [options]\n\n"
         "Prints a run's ELBO with its terms, and -log p(x) by importance sampling (nll):\n"
         "nats, per example, as one JSON object; of images also how alike their pixels,\n"
         "as the model is shown them, and the reconstructions are (ms_ssim, up to 1).\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --data NAME|PATH        other data, of the same size; or the run's own that\n"
         "                          lie now\n"
         "  --labels FILE           their labels, for a model that is given them\n"
         "  --binarize HOW          none, threshold or sample [as in training]\n"
         "  --split NAME            train, validation, test, or all of a single file\n"
         "                          [test; of a file given by --data: all]\n"
         "  --limit N               only N examples, spread evenly\n"
         "  --weights NAME          last, or best on validation [last]\n"
         "  --from NAME             the prior: the run's, or what fit-prior fitted [prior]\n"
         "  --particles K           samples of z per example for nll; 0: no nll [5000]\n"
         "  --per-example FILE.csv  example,elbo,nll: a row for each, nats\n"
         "  --data-dir DIR          where the data lie now [as in training]\n"
         "  --seed N                of the draws of z [the run's]\n"
         "  --threads N             [as many as this process may use]\n\n"
         "nll_standard_error is the error from drawing z, for these examples;\n"
         "nll_standard_error_examples that from the choice of examples; pareto_k is the\n"
         "tail of the weights (Vehtari et al. 2024), its share that of examples above 0.7,\n"
         "where errors are larger than they say; null below 25 particles. The KL is\n"
         "mutual_information + total_correlation + dimension_wise_kl of the code (Chen\n"
         "et al. 2018), estimated from batches; null where p(z|y) is learnt.\n\n"
         "example: vaegrad evaluate runs/latest --particles 1000 --limit 500\n";
}

}  // namespace

const Command evaluate_command{"evaluate", "the ELBO of a trained run and its log p(x), as JSON",
                               run_evaluate, evaluate_help};

}  // namespace vaegrad
