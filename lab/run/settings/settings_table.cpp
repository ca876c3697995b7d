// The table of settings: a row is an option of the program, a line of its configuration files, and
// what its help says. Names of choices are those of the tables they choose from.
#include <algorithm>
#include <sstream>

#include <vaegrad/autodiff/by_name.hpp>
#include <vaegrad/lab/run/training/checkpoint.hpp>
#include <vaegrad/models/inference/hierarchy.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

using Names = std::vector<std::string>;

template <class All>
std::string joined(const All& all, const char* between) {
  std::string to;
  for (const auto& one : all) to += concat(to.empty() ? "" : between, one);
  return to;
}
// The number of the choice
std::size_t choose(const std::string& option, const std::string& text, const Names& names) {
  const auto found = std::find(names.begin(), names.end(), text);
  check<UsageError>(found != names.end(), "--", option, ": there is no '", text, "'", hint,
                    "one of ", joined(names, ", "));
  return std::size_t(found - names.begin());
}

Setting text(const char* group, const char* name, const char* value, const char* help,
             std::string Settings::*m) {
  return {group,
          name,
          value,
          help,
          [=](Settings& s, const std::string& v) { s.*m = v; },
          [=](const Settings& s) { return s.*m; }};
}
Setting one_of(const char* group, const char* name, const char* value, const char* help,
               std::string Settings::*m, const Names& names) {
  return {group,
          name,
          value,
          concat(help, help[0] ? ": " : "", joined(names, ", "), " [", Settings{}.*m, ']'),
          [=](Settings& s, const std::string& v) { s.*m = names[choose(name, v, names)]; },
          [=](const Settings& s) { return s.*m; },
          names};
}
template <class T>
Setting integer(const char* group, const char* name, const char* value, const char* help,
                T Settings::*m, std::int64_t least, std::int64_t most) {
  return {
      group,
      name,
      value,
      help,
      [=](Settings& s, const std::string& v) { s.*m = T(integer_option(name, v, least, most)); },
      [=](const Settings& s) { return std::to_string(s.*m); }};
}
Setting real(const char* group, const char* name, const char* value, const char* help,
             double Settings::*m, double least, double most) {
  return {group,
          name,
          value,
          help,
          [=](Settings& s, const std::string& v) { s.*m = real_option(name, v, least, most); },
          [=](const Settings& s) { return concat(s.*m); }};
}
Setting path(const char* group, const char* name, const char* value, const char* help,
             std::filesystem::path Settings::*m) {
  return {group,
          name,
          value,
          help,
          [=](Settings& s, const std::string& v) { s.*m = v; },
          [=](const Settings& s) { return (s.*m).string(); }};
}
// Belongs to this call: never recorded.
Setting unrecorded(Setting s) {
  s.get = [](const Settings&) { return std::string(); };
  return s;
}
Setting numbers(const char* group, const char* name, const char* value, const char* help,
                std::vector<std::ptrdiff_t> Settings::*m, std::int64_t least, std::int64_t most,
                const char* example) {
  return {group,
          name,
          value,
          help,
          [=](Settings& s, const std::string& v) {
            (s.*m).clear();
            std::istringstream in(v);
            for (std::string one; std::getline(in, one, ',');)
              (s.*m).push_back(integer_option(name, one, least, most));
            check<UsageError>(!(s.*m).empty() && v.back() != ',', "--", name, ": '", v,
                              "' is not a list of numbers", hint, "--", name, ' ', example);
          },
          [=](const Settings& s) { return joined(s.*m, ","); }};
}
// Recorded as what is in force.
Setting effective(Setting s) {
  s.get = [](const Settings& of) { return joined(widths(of), ","); };
  return s;
}
// K draws, or M groups of K
Setting particle_option() {
  static constexpr std::int64_t most = 100000;
  return {"objective",
          "particles",
          "K|M,K",
          "draws of z per x [1]",
          [](Settings& s, const std::string& v) {
            const std::size_t comma = v.find(',');
            const bool grouped = comma != std::string::npos;
            s.groups = grouped ? integer_option("particles", v.substr(0, comma), 1, most) : 1;
            const std::string each = grouped ? v.substr(comma + 1) : v;
            s.particles = s.groups * integer_option("particles", each, 1, most);
            check<UsageError>(s.particles <= most, "--particles ", v, ": ", s.particles,
                              " draws of z per x, of at most ", most, hint, "--particles 8,8");
          },
          [](const Settings& s) {
            if (s.groups == 1) return std::to_string(s.particles);
            return concat(s.groups, ',', s.particles / s.groups);
          }};
}
// What an objective declares.
Setting objective_option(const ObjectiveSetting& o) {
  const auto of = [](const Settings& s) {
    ObjectiveSettings to;
    to.given = s.objective_numbers;
    return to;
  };
  Names choices;
  for (const char* name : o.choices)
    if (name) choices.push_back(name);
  const auto number = [&o, choices](const std::string& v) {
    if (!choices.empty()) return double(choose(o.name, v, choices));
    if (o.whole) return double(integer_option(o.name, v, int64_t(o.least), int64_t(o.most)));
    return real_option(o.name, v, o.least, o.most);
  };
  return {"objective",
          o.name,
          o.value,
          o.what,
          [&o, of, number](Settings& s, const std::string& v) {
            ObjectiveSettings to = of(s);
            to.set(o.name, number(v));
            s.objective_numbers = to.given;
          },
          [&o, of, choices](const Settings& s) {
            const double value = of(s)[o];
            return choices.empty() ? concat(value) : choices[std::size_t(value)];
          },
          choices};
}
Setting kl_option(std::size_t row) {
  const KlSchedule& r = kl_schedules[row];
  return {"objective",
          r.name,
          r.value,
          r.what,
          [=](Settings& s, const std::string& v) {
            s.kl_schedule[row] = r.whole
                                     ? double(integer_option(r.name, v, 0, std::int64_t(r.most)))
                                     : real_option(r.name, v, 0, r.most);
          },
          [=](const Settings& s) { return concat(s.kl_schedule[row]); }};
}

}  // namespace

const Likelihood& likelihood_of(const Settings& s) { return likelihood(s.likelihood); }

std::vector<std::ptrdiff_t> widths(const Settings& s) {
  return s.hidden.empty() ? network(s.network).dense() : s.hidden;
}

std::string layers(std::string_view name, const std::string& hidden) {
  std::string to = name == "mlp" ? "" : std::string(name);
  if (!hidden.empty()) to += concat(to.empty() ? "" : "-", hidden);
  std::replace(to.begin(), to.end(), ',', '-');
  return to;
}

const std::vector<Setting>& all_settings() {
  // clang-format off
  using S = Settings;
  static const Names binarizations = {"none", "threshold", "sample"};
  static const std::vector<Setting> all = [] {
    std::vector<Setting> t = {
      text   ("data", "data", "NAME|PATH", "fashion-mnist, mnist, binarized-mnist, shapes, squares, a path", &S::data),
      path   ("data", "data-dir", "DIR", "holds mnist/ .. [$VAEGRAD_DATA or ~/.cache/vaegrad]", &S::data_dir),
      path   ("data", "test-data", "FILE", "[a tenth of --data, for a file of one's own]", &S::test_data),
      path   ("data", "labels", "FILE", "of --data", &S::labels),
      path   ("data", "test-labels", "FILE", "of --test-data", &S::test_labels),
      text   ("data", "label-column", "NAME|N", "of a table's labels [none]", &S::label_column),
      text   ("data", "drop-columns", "NAME|N[,..]", "of a table, not read [none]", &S::drop_columns),
      numbers("data", "classes", "C[,C..]", "only the examples of these labels [all]", &S::classes, 0, most_classes - 1, "0,1"),
      {       "data", "binarize", "HOW", "grey pixels to 0 or 1: none, threshold, sample [by the data, which train says]",
              [](S& s, const std::string& v) { s.binarize = Binarize(choose("binarize", v, binarizations)); },
              [](const S& s) { return s.binarize ? binarizations[std::size_t(*s.binarize)] : ""; }, binarizations},
      {       "data", "validation", "N|default", "examples for it [the set's own, or one twelfth]",
              [](S& s, const std::string& v) {
                if (v == "default") s.validation.reset();
                else s.validation = std::size_t(integer_option("validation", v, 0, 1 << 30, "default"));
              },
              [](const S& s) { return s.validation ? std::to_string(*s.validation) : ""; }},
      integer("data", "resize", "N", "a folder's images to N x N pixels [0: as they are]", &S::resize, 0, 4096),
      real   ("data", "mutate", "RATE", "of training pixels made random, for detect [0]", &S::mutate, 0, 1),
      {       "data", "standardise", "", "real numbers in deviations from their mean, by column",
              [](S& s, const std::string&) { s.standardise = true; },
              [](const S& s) { return s.standardise ? "true" : ""; }},
      {       "data", "drop-constant", "", "leave out columns that are constant in training",
              [](S& s, const std::string&) { s.drop_constant = true; },
              [](const S& s) { return s.drop_constant ? "true" : ""; }},
      one_of ("model", "model", "NAME", "", &S::model, {"vae", "cvae", "autoencoder", "baseline"}),
      one_of ("model", "condition", "WHAT", "", &S::condition, names_of(conditions)),
      {       "model", "network", "NAME|SPEC", concat(known_names(networks()), ", or layers: conv:32x4s2,64x4s2+batch,256 [mlp]"),
              [](S& s, const std::string& v) { s.network = network(v).name; },
              [](const S& s) { return s.network; }},
      one_of ("model", "normalisation", "NAME", "of every layer", &S::normalisation, names_of(normalisations())),
      effective(numbers("model", "hidden", "N[,N..]", "dense layers [400]", &S::hidden, 1, 1 << 20, "400 or --hidden 400,200")),
      numbers("model", "latent", "N[,N..]", "dimensions of z, of each layer [20]", &S::latent, 1, 1 << 16, "20 or --latent 64,32,16"),
      one_of ("model", "hierarchy", "NAME", "of several layers", &S::hierarchy, names_of(hierarchies())),
      numbers("model", "upper-hidden", "N[,N..]", "between them [halves of --hidden]", &S::upper_hidden, 1, 1 << 20, "200 or --upper-hidden 200,100"),
      one_of ("model", "activation", "NAME", "", &S::activation, names_of(activations())),
      one_of ("model", "initialiser", "NAME", "", &S::initialiser, names_of(initialisers)),
      one_of ("model", "output-bias", "HOW", "the first output", &S::output_bias, {"data-mean", "zero"}),
      one_of ("model", "likelihood", "NAME", "p(x|z)", &S::likelihood, names_of(likelihoods())),
      text   ("model", "likelihood-scale", "HOW", "learned, fixed:S or per-dimension [learned]", &S::likelihood_scale),
      real   ("model", "ms-ssim-weight", "W", "nats a number of x [1]", &S::ms_ssim_weight, 1e-9, 1e9),
      one_of ("model", "posterior", "NAME", "q(z|x)", &S::posterior, names_of(posteriors())),
      integer("model", "flows", "N", "flow steps [4]", &S::flows, 0, 1000),
      numbers("model", "flow-width", "N[,N..]", "hidden layers of iaf [320]", &S::flow_width, 1, 1 << 16, "320 or --flow-width 256,256"),
      one_of ("model", "posterior-scale", "NAME", "", &S::posterior_scale, names_of(posterior_scales())),
      one_of ("model", "prior", "NAME", "", &S::prior, names_of(priors())),
      integer("model", "components", "K", "of a mixture [10]", &S::components, 1, 100000),
      integer("model", "prior-flows", "N", "flow steps [8]", &S::prior_flows, 1, 10000),
      one_of ("model", "pseudo-inputs", "START", "where those of vamp start", &S::pseudo_inputs, {"data", "random"}),
      real   ("model", "log-variance-bound", "B", "[0: any]", &S::log_variance_bound, 0, 80),
      one_of ("objective", "objective", "NAME", "", &S::objective, names_of(objectives())),
      real   ("objective", "beta", "B", "factor on the KL, --objective beta or mmd [1]", &S::beta, 0, 1e6),
      particle_option(),
    };
    for (const ObjectiveSetting* o : objective_settings()) t.push_back(objective_option(*o));
    for (std::size_t i = 0; i < std::size(kl_schedules); ++i) t.push_back(kl_option(i));
    for (Setting& more : std::vector<Setting>{
      integer("training", "epochs", "N", "passes over data [10]", &S::epochs, 1, 1000000),
      integer("training", "batch", "N", "examples a step [128]", &S::batch, 1, 1 << 20),
      one_of ("training", "optimizer", "NAME", "", &S::optimizer, AnyOptimiser::names()),
      real   ("training", "learning-rate", "RATE", "[0.001]", &S::learning_rate, 1e-12, 1e3),
      real   ("training", "adam-epsilon", "E", "[1e-08]", &S::adam_epsilon, 1e-30, 1),
      real   ("training", "adam-beta1", "B", "[0.9]", &S::adam_beta1, 0, 0.999999),
      real   ("training", "adam-second-moment", "V", "[0]", &S::adam_second_moment, 0, 1e6),
      one_of ("training", "learning-rate-schedule", "NAME", "", &S::learning_rate_schedule, names_of(rate_schedules)),
      integer("training", "plateau", "N", "worse epochs [10]", &S::plateau, 1, 1000000),
      real   ("training", "clip", "N", "gradient; 0: any [0]", &S::clip, 0, 1e30),
      integer("training", "keep-every", "N", "epochs; 0: last [0]", &S::keep_every, 0, 1000000),
      integer("training", "patience", "N", "worse epochs [0: any]", &S::patience, 0, 1000000),
      one_of ("training", "keep", "WHAT", "of each", &S::keep, {"weights", "checkpoint"}),
      integer("training", "seed", "N", "of every draw [1]", &S::seed, 0, INT64_MAX),
      integer("training", "checkpoint-every", "N", "epochs [1]", &S::checkpoint_every, 1, 1000000),
      one_of ("training", "on-divergence", "HOW", "", &S::on_divergence, {"stop", "restore"}),
      unrecorded(integer("this call", "threads", "N", "[all there are]", &S::threads, 1, 1024)),
      {"this call", "overwrite", "", "--out not empty", [](S& s, const std::string&) { s.overwrite = true; },
       [](const S&) { return std::string(); }},
      unrecorded(path("this call", "config", "FILE", "read settings from this file first [default.ini]", &S::config)),
      unrecorded(path("this call", "out", "DIR", "[runs/DATA-N]", &S::out)),
      unrecorded(path("this call", "resume", "DIR", "go on with this run", &S::resume)),
    }) t.push_back(std::move(more));
    return t;
  }();
  // clang-format on
  return all;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
