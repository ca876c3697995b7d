// vaegrad evaluate: the numbers of a trained run on a split, as one JSON object.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vaegrad/lab/run.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

int run(Arguments arguments) {
  std::string folder = "runs/latest", split = "test", data_dir;
  int folders = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    const auto value = [&] {
      check<UsageError>(i + 1 < arguments.size(), a, ": it needs a value", hint,
                        "vaegrad evaluate --help");
      return arguments[++i];
    };
    if (a == "--split")
      split = value();
    else if (a == "--data-dir")
      data_dir = value();
    else if (a == "--threads")
      set_threads(int(integer_option("threads", value(), 1, 1024)));
    else {
      check<UsageError>(!a.starts_with("--") && ++folders == 1, "unrecognised option '", a, "'",
                        hint, "vaegrad evaluate --help lists the options");
      folder = a;
    }
  }
  check<UsageError>(split == "test" || split == "train" || split == "validation",
                    "--split: there is no '", split, "'", hint, "one of test, train, validation");
  LoadedRun run = load_run(folder);
  if (!data_dir.empty()) run.settings.data_dir = data_dir;
  const DataSet data = load_data(run.settings);
  const Examples* examples = split == "test"    ? &data.test
                             : split == "train" ? &data.train
                                                : &data.validation;
  check(examples->count(), "--split: the run has no ", split, " examples", hint, "--split test");
  const Evaluation e = evaluate(*run.model, *examples, run.settings);
  nlohmann::json json;
  json["elbo"] = e.elbo();
  json["log_likelihood"] = e.log_likelihood;
  json["kl"] = e.kl;
  json["kl_per_latent"] = e.kl_per_latent;
  json["active_units"] = e.active_units;
  json["examples"] = e.examples;
  json["split"] = split;
  fmt::print("{}\n", json.dump(2));
  return 0;
}

std::string help() {
  return "usage: vaegrad evaluate [RUN] [options]\n\n"
         "Prints the ELBO of a trained run and its terms (nats, per example) as one JSON "
         "object.\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --split NAME            test, train or validation [test]\n"
         "  --data-dir DIR          where the data lie now [as in training]\n"
         "  --threads N\n\n"
         "example: vaegrad evaluate runs/latest --split validation\n";
}

}  // namespace

const Command evaluate_command{"evaluate", "the ELBO of a trained run and its terms, as JSON", run,
                               help};

}  // namespace vaegrad
