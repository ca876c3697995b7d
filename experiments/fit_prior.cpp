// vaegrad fit-prior: a prior fitted to the codes of a trained run.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/json_text.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/run/training/console.hpp>
#include <vaegrad/lab/uses/fits/fit.hpp>

#include "opened.hpp"
#include "signals.hpp"

namespace vaegrad {
namespace {

int run_fit_prior(Arguments arguments) {
  watch_signals();
  const Options options(arguments, of_a_run({"prior", "components", "epochs", "flows", "seed"}));
  const Fit& chosen = fit(options.text("prior", fits()[0]->name));
  FitSettings s;
  check<UsageError>(chosen.components || !options.has("components"), "--components: a ",
                    chosen.name, " has none", hint, "leave --components out");
  check<UsageError>(chosen.trained || !options.has("epochs"), "--epochs: a ", chosen.name,
                    " is fitted until it gains no more", hint, "leave --epochs out");
  check<UsageError>(chosen.flows || !options.has("flows"), "--flows: a ", chosen.name, " has none",
                    hint, "leave --flows out");
  s.components = Index(options.integer("components", s.components, 1, 10000));
  s.epochs = int(options.integer("epochs", s.epochs, 1, 100000));
  s.flows = Index(options.integer("flows", s.flows, 1, 1000));
  LoadedRun opened = open_run(options);
  s.seed = std::uint64_t(options.integer("seed", std::int64_t(opened.settings.seed), 0, INT64_MAX));
  const Model& model = *opened.model;
  const DataSet data = load_run_data(opened, options);
  Progress progress;
  const OwnedMatrix codes = codes_to_fit(model, data.train, opened.settings);
  const OwnedMatrix unseen = codes_to_fit(model, data.test, opened.settings);
  const double before = mean_log_density(*model.prior, model, unseen);  // N(0, I)
  check(codes.rows > 1, "a prior is fitted to codes of training examples, and there is ",
        codes.rows, hint, "a run of more data");
  say("{} codes of {} numbers\n", codes.rows, codes.cols);

  const std::filesystem::path folder = opened.folder / concat("prior-", chosen.name);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  check(!error, folder.string(), ": cannot make the folder: ", error.message(), hint,
        "the run's folder must be one that may be written");
  const FolderLock alone = lock_of_first_rank(folder, "wait until it has ended");
  // An earlier mixture stays until the new one is there; what is trained is overwritten from now on.
  if (chosen.trained) remove_file(folder / "fit.json");
  can_be_saved();
  Console console([] { return interrupted() != 0; });
  if (!chosen.fit(codes, s, folder, console)) {
    say("\ninterrupted; the same command {}\n", chosen.trained ? "goes on" : "begins anew");
    return 128 + interrupted();
  }
  const auto prior = chosen.load(folder, model.latent);
  const double after = mean_log_density(*prior, model, unseen);
  nlohmann::json json;
  json["prior"] = chosen.name;
  if (chosen.components) json["components"] = s.components;
  if (chosen.trained) json["epochs"] = s.epochs;
  if (chosen.flows) json["flows"] = s.flows;
  json["seed"] = s.seed;
  json["codes"] = codes.rows;
  json["weights"] = fingerprint(model);
  json["test_log_density"] = after, json["test_log_density_standard_normal"] = before;
  write_atomically(folder / "fit.json", json_text(json));
  fmt::print("{}: log p(z) of test codes {}{:.2f} nats, under N(0, I) {:.2f}; {}\n",
             folder.string(), chosen.bound ? "at least " : "", after, before,
             duration(progress.seconds()));
  const bool best = options.text("weights", "last") == "best";
  if (after < before)
    say("on test codes N(0, I) is better than what was fitted: {}\n",
        chosen.components ? "fewer --components" : "fewer --epochs");
  fmt::print("vaegrad sample {}{} --from {} draws from it\n", typed(opened.folder),
             best ? " --weights best" : "", chosen.name);
  return 0;
}

std::string fit_prior_help() {
  std::string kinds;
  for (const Fit* f : fits()) kinds += fmt::format("{:24}{:<10} {}\n", "", f->name, f->what);
  return "usage: vaegrad fit-prior [RUN] [options]\n\n"
         "Fits a prior to the codes of a trained run, VAE or autoencoder: what is drawn\n"
         "from it decodes to what the model has learnt. Then\n"
         "  vaegrad sample RUN --from NAME, vaegrad evaluate RUN --from NAME,\n"
         "  vaegrad quality RUN\n\n"
         "  RUN                     its folder [runs/latest]\n"
         "  --prior NAME            [mixture]\n" +
         kinds +
         "  --components K          of a mixture [100; of few codes as many as suit]\n"
         "  --epochs N              of a second stage or a flow, at most [40]\n"
         "  --flows N               couplings of a flow [8]\n"
         "  --seed N                [the run's]\n"
         "  --data NAME|PATH        the run's own data, where they lie now\n" +
         std::string(opened_help) + "\nexample: vaegrad fit-prior runs/latest --components 50\n";
}

}  // namespace

const Command fit_prior_command{"fit-prior", "a prior fitted to a run's codes: better samples",
                                run_fit_prior, fit_prior_help};

}  // namespace vaegrad
