// Which settings go together. A setting that is given and would be ignored is an error; one that
// has the value it would have anyway never is.
#include <algorithm>

#include <vaegrad/lab/run/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

bool declares(const Objective& o, const ObjectiveSetting& s) {
  return std::find(o.settings.begin(), o.settings.end(), &s) != o.settings.end();
}

bool learnt(const PriorRow& p) { return p.conditional || p.components || p.flows || p.encodes; }

bool normalises(std::span<const LayerRow> rows) {
  return std::any_of(rows.begin(), rows.end(), [](const LayerRow& row) {
    return row.kind->normalises || normalises(row.inside);
  });
}
bool has_normalisation(const Settings& s) {
  return normalises(with_normalisation(network(s.network), normalisation(s.normalisation)).layers);
}

// --objective A or B ..
template <class That>
std::string objectives_that(That that) {
  std::string to;
  for (const Objective* each : objectives())
    if (that(*each)) to += concat(to.empty() ? "--objective " : " or ", each->name);
  return to;
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
  const bool conditional = s.model == "cvae", baseline = s.model == "baseline";
  const bool deterministic = is_deterministic(s);
  const Objective& o = objective(s.objective);
  const PosteriorRow& q = posterior(s.posterior);
  const PriorRow& prior_row = prior(s.prior);
  const Likelihood& p = likelihood_of(s);

  heeded("objective", !deterministic || o.deterministic, "a vae",
         concat("--model ", s.model, " maximises log p(x|z) alone; leave --objective out"));
  check<UsageError>(!o.deterministic || (!conditional && !baseline), "--objective ", s.objective,
                    ": it is of autoencoders, and --model ", s.model, " is given a condition", hint,
                    "leave --model out");
  check<UsageError>(!o.wanted.decoder_slope || !has_normalisation(s), "--objective ", s.objective,
                    ": normalised layers have no tangents, of which it takes the decoder's slope",
                    hint, "--normalisation none, and no batch, layer or group in --network");
  heeded("beta", o.beta && !deterministic, objectives_that([](auto& each) { return each.beta; }),
         concat("--objective beta --beta ", s.beta));
  heeded("particles", !deterministic, "a vae", "leave --particles out");
  check<UsageError>(s.groups == 1 || o.groups, "--particles ", setting("particles").get(s),
                    ": --objective ", s.objective, " has no groups of draws", hint, "--particles ",
                    s.particles, ", or ", objectives_that([](auto& each) { return each.groups; }));
  for (const ObjectiveSetting* declared : objective_settings()) {
    const std::string by =
        objectives_that([&](const Objective& each) { return declares(each, *declared); });
    heeded(declared->name, declares(o, *declared) && deterministic == o.deterministic, by, by);
  }
  const std::string free_bits = setting("free-bits").get(s);
  check<UsageError>(
      free_bits == setting("free-bits").get(plain) || (q.gaussian && prior_row.gaussian),
      "--free-bits ", free_bits, ": the KL of --posterior ", s.posterior, " to --prior ", s.prior,
      " has no value for each latent", hint, "--posterior gaussian --prior standard-normal");
  const auto of_latents = setting("free-bits").get(plain),
             of_layers = setting("layer-free-bits").get(s);
  check<UsageError>(free_bits == of_latents || of_layers == setting("layer-free-bits").get(plain),
                    "--free-bits ", free_bits, " and --layer-free-bits ", of_layers,
                    " both say what costs nothing", hint, "give one of them");
  for (const KlSchedule& k : kl_schedules)
    heeded(k.name, !deterministic && o.scheduled, "an objective with a factor on the KL",
           concat("leave --", k.name, " out"));
  check<UsageError>(!prior_row.conditional || conditional, "--prior ", s.prior,
                    " would be ignored: only --model cvae heeds it", hint, "--model cvae");
  heeded("components", prior_row.components, "a prior that is a mixture",
         concat("leave --components out of --prior ", s.prior));
  heeded("prior-flows", prior_row.flows, "a prior that is a flow", "--prior flow");
  heeded("pseudo-inputs", prior_row.encodes, "a prior that has them", "--prior vamp");
  for (const char* option :
       {"prior", "posterior", "posterior-scale", "log-variance-bound", "flows", "flow-width"})
    heeded(option, !deterministic, "a vae",
           concat(o.deterministic ? concat("--objective ", o.name) : concat("--model ", s.model),
                  " has no distribution of codes; leave --", option, " out"));
  check_together(q, prior_row);
  heeded("flows", q.flows, "a posterior that is a flow",
         concat("leave --flows out of --posterior ", s.posterior));
  heeded("flow-width", q.width, "--posterior iaf", "--posterior iaf");
  heeded("posterior-scale", q.scale, "a posterior with a scale for each latent",
         concat("leave --posterior-scale out of --posterior ", s.posterior));
  heeded("log-variance-bound", q.scale && s.posterior_scale == "log-variance",
         "--posterior-scale log-variance", "--posterior-scale log-variance");
  check<UsageError>(!(o.wanted.held && !q.held), "--objective ", s.objective,
                    ": it needs the density of q at a z that is given, and --posterior ",
                    s.posterior, " knows it at its own draws alone", hint, "--objective iwae");
  check<UsageError>(!(o.wanted.diagonal && !q.diagonal), "--objective ", s.objective,
                    ": it needs the mean and the variance of each latent, and --posterior ",
                    s.posterior, " is no diagonal Gaussian", hint, "--posterior gaussian");
  check<UsageError>(!(o.wanted.prior_draws && learnt(prior_row)), "--objective ", s.objective,
                    ": it moves codes to a prior that stands still, and --prior ", s.prior,
                    " is learnt", hint, "--prior standard-normal");
  heeded("latent", !baseline, "a model with a code", "leave --latent out");
  const std::size_t layers = s.latent.size();
  check<UsageError>(layers < 2 || !deterministic, "--latent ", setting("latent").get(s),
                    ": only a vae has several layers of latents", hint,
                    "--model vae, or one number");
  for (const char* option : {"hierarchy", "upper-hidden"})
    heeded(option, layers > 1, "several layers of latents", "--latent 64,32,16");
  check_layers(layers, hierarchy(s.hierarchy), q, prior_row);
  check<UsageError>(layers < 2 || !(o.wanted.held || o.wanted.factor || o.wanted.diagonal),
                    "--objective ", s.objective, ": it ",
                    o.wanted.held     ? "holds q fixed at a z that is given"
                    : o.wanted.factor ? "weighs what goes back to q draw by draw"
                                      : "needs the mean and the variance of each latent",
                    ", and of several layers each has a q that depends on another's z", hint,
                    "--objective iwae");
  check<UsageError>(layers < 2 || !o.wanted.prior_draws, "--objective ", s.objective,
                    ": it moves codes to a prior that stands still, and of several layers the ",
                    "prior of all but the topmost is learnt", hint, "--objective iwae");
  heeded("condition", conditional || baseline, "--model cvae", "--model cvae");
  check<UsageError>(!baseline || condition(s.condition).gives,
                    "--model baseline completes images, but --condition label gives no part of one",
                    hint, "--condition quadrants:1");
  heeded("likelihood-scale", p.has_scale, "a likelihood with a scale", "--likelihood gaussian");
  heeded("ms-ssim-weight", p.instead, "--likelihood ms-ssim", "--likelihood ms-ssim");
  check<UsageError>(!p.instead || !o.weighs, "--objective ", s.objective,
                    ": it weighs draws by p(x|z), and --likelihood ", p.name,
                    " is no likelihood: ", p.instead, " stands in its place", hint,
                    "--objective elbo, or --likelihood bernoulli");
  check<UsageError>(!p.on_images || !condition(s.condition).gives, "--condition ", s.condition,
                    " leaves a part of an image to be modelled, but --likelihood ", p.name,
                    " compares whole ones", hint, "--likelihood bernoulli");
  for (const char* option : {"adam-epsilon", "adam-beta1", "adam-second-moment"})
    heeded(option, s.optimizer.starts_with("adam"), "adam", "--optimizer adam");
  const bool on_plateau = rate_schedule(s.learning_rate_schedule).on_plateau != 1;
  heeded("plateau", on_plateau, "--learning-rate-schedule plateau",
         "--learning-rate-schedule plateau");
  check<UsageError>(
      !on_plateau || s.validation != std::optional<std::size_t>(0),
      "--learning-rate-schedule plateau needs validation examples, but --validation is 0", hint,
      "--validation 5000");
  check<UsageError>(!s.patience || s.validation != std::optional<std::size_t>(0), "--patience ",
                    s.patience, " needs validation examples, but --validation is 0", hint,
                    "--validation 5000");
  check<UsageError>(!conditional || !condition(s.condition).gives || s.prior == "conditional",
                    "--condition ", s.condition,
                    ": what is given reaches the image by p(z|y) alone,", " but --prior is ",
                    s.prior, hint, "--prior conditional");
  check<UsageError>(!condition(s.condition).gives || !network(s.network).convolutional(),
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
