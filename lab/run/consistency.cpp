// Which settings go together. A setting that is given and would be ignored is an error; one that
// has the value it would have anyway never is.
#include <vaegrad/lab/run/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
void check_consistent(const Settings& s) {
  const Settings plain;
  const auto heeded = [&](const char* name, bool heeded, std::string_view by,
                          std::string_view what_to_do) {
    const std::string value = setting(name).get(s);
    check<UsageError>(heeded || value == setting(name).get(plain), "--", name, ' ', value,
                      " would be ignored: only ", by, " heeds it", hint, what_to_do);
  };
  const bool conditional = s.model == "cvae", baseline = s.model == "baseline";
  const bool deterministic = s.model == "autoencoder" || baseline;
  const auto& o = objective(s.objective);
  const Likelihood& p = likelihood(s.likelihood);

  heeded("objective", !deterministic, "a vae",
         concat("--model ", s.model, " maximises log p(x|z) alone; leave --objective out"));
  heeded("beta", o.beta && !deterministic, "--objective beta",
         concat("--objective beta --beta ", s.beta));
  heeded("gamma", o.capacity && !deterministic, "--objective capacity", "--objective capacity");
  heeded("capacity", o.capacity && !deterministic, "--objective capacity", "--objective capacity");
  heeded("particles", o.particles && !deterministic, "a vae", "leave --particles out");
  heeded("free-bits", o.free_bits && !deterministic, "an objective with the KL in closed form",
         "--objective elbo or beta; a sampled KL has no value per latent to compare with");
  for (const KlSchedule& k : kl_schedules)
    heeded(k.name, !deterministic && !o.capacity, "an objective with a factor on the KL",
           concat("leave --", k.name, " out"));
  heeded("prior", conditional, "--model cvae", "--model cvae");
  heeded("posterior-scale", !deterministic, "a vae",
         concat("--model ", s.model, " has no posterior; leave --posterior-scale out"));
  heeded("latent", !baseline, "a model with a code", "leave --latent out");
  heeded("condition", conditional || baseline, "--model cvae", "--model cvae");
  check<UsageError>(!baseline || condition(s.condition).gives,
                    "--model baseline completes images, but --condition label gives no part of one",
                    hint, "--condition quadrants:1");
  heeded("likelihood-scale", p.has_scale, "a likelihood with a scale", "--likelihood gaussian");
  for (const char* option : {"adam-epsilon", "adam-beta1", "adam-second-moment"})
    heeded(option, s.optimizer == "adam" || s.optimizer == "adamw", "adam", "--optimizer adam");
  check<UsageError>(!s.patience || s.validation != std::optional<std::size_t>(0), "--patience ",
                    s.patience, " needs validation examples, but --validation is 0", hint,
                    "--validation 5000");
  check<UsageError>(!conditional || !condition(s.condition).gives || s.prior == "conditional",
                    "--condition ", s.condition,
                    ": what is given reaches the image by p(z|y) alone,", " but --prior is ",
                    s.prior, hint, "--prior conditional");
  check<UsageError>(!condition(s.condition).gives || network(s.network).convolutions.empty(),
                    "--condition ", s.condition, " leaves a part of an image to be modelled, but",
                    " --network ", s.network, " draws whole ones", hint, "--network mlp");
  check<UsageError>(!s.standardise || p.values == Values::real, "--standardise: the ", p.name,
                    " likelihood takes values as they are", hint,
                    "leave --standardise out, or --likelihood gaussian");
  std::string given;
  for (std::size_t i = 0; i < s.kl_schedule.size(); ++i)
    if (s.kl_schedule[i] > 0) {
      check<UsageError>(given.empty(), given, " and --", kl_schedules[i].name,
                        " both set the factor on the KL", hint, "give one of them");
      given = concat("--", kl_schedules[i].name);
    }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
