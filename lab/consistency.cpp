// Which settings go together. A setting that is given and would be ignored is an error; one that
// has the value it would have anyway never is.
#include <vaegrad/lab/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

const Setting& setting(std::string_view name) {
  for (const Setting& s : all_settings())
    if (s.name == name) return s;
  fail("settings: there is no '", name, "'");
}

}  // namespace

void check_consistent(const Settings& s) {
  const Settings plain;
  const auto heeded = [&](const char* name, bool heeded, std::string_view by,
                          std::string_view what_to_do) {
    const std::string value = setting(name).get(s);
    check<UsageError>(heeded || value == setting(name).get(plain), "--", name, ' ', value,
                      " would be ignored: only ", by, " heeds it", hint, what_to_do);
  };
  const bool autoencoder = s.model == "autoencoder", conditional = s.model == "cvae";
  const auto& o = objective(s.objective);
  const Likelihood& p = likelihood(s.likelihood);

  heeded("objective", !autoencoder, "a vae",
         "an autoencoder maximises log p(x|z) alone; leave --objective out");
  heeded("beta", o.beta && !autoencoder, "--objective beta",
         concat("--objective beta --beta ", s.beta));
  heeded("gamma", o.capacity && !autoencoder, "--objective capacity", "--objective capacity");
  heeded("capacity", o.capacity && !autoencoder, "--objective capacity", "--objective capacity");
  heeded("particles", o.particles && !autoencoder, "a vae", "leave --particles out");
  heeded("free-bits", o.free_bits && !autoencoder, "an objective with the KL in closed form",
         "--objective elbo or beta; a sampled KL has no value per latent to compare with");
  heeded("warmup", !autoencoder && !o.capacity, "an objective with a factor on the KL",
         "leave --warmup out");
  heeded("cycles", !autoencoder && !o.capacity, "an objective with a factor on the KL",
         "leave --cycles out");
  heeded("prior", conditional, "--model cvae", "--model cvae");
  heeded("posterior-scale", !autoencoder, "a vae",
         "an autoencoder has no posterior; leave --posterior-scale out");
  heeded("likelihood-scale", p.has_scale, "--likelihood gaussian", "--likelihood gaussian");
  heeded("adam-epsilon", s.optimizer == "adam" || s.optimizer == "adamw", "adam",
         "--optimizer adam");
  heeded("adam-beta1", s.optimizer == "adam" || s.optimizer == "adamw", "adam", "--optimizer adam");
  check<UsageError>(!s.patience || s.validation != std::optional<std::size_t>(0), "--patience ",
                    s.patience, " needs validation examples, but --validation is 0", hint,
                    "--validation 5000");
  check<UsageError>(!(s.warmup > 0 && s.cycles > 0),
                    "--warmup and --cycles both set the factor on the KL", hint,
                    "give one of them");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
