#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include <vaegrad/lab/file.hpp>
#include <vaegrad/lab/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace po = boost::program_options;

template <class T>
T number(const std::string& name, const std::string& text, T least, T most, const char* what) {
  T x{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), x);
  check<UsageError>(status != std::errc::invalid_argument && end == text.data() + text.size(), "--",
                    name, ": '", text, "' is not ", what, hint, "--", name, " takes a number from ",
                    least, " to ", most);
  check<UsageError>(status == std::errc{} && x >= least && x <= most, "--", name, ": ", text,
                    " is out of range", hint, "--", name, " takes a number from ", least, " to ",
                    most);
  return x;
}

template <class T>
struct Choice {
  const char* name;
  T value;
};
template <class T, std::size_t N>
T choose(const std::string& option, const std::string& text, const Choice<T> (&choices)[N]) {
  std::string known;
  for (const auto& c : choices) {
    if (text == c.name) return c.value;
    known += concat(known.empty() ? "" : ", ", c.name);
  }
  fail<UsageError>("--", option, ": there is no '", text, "'", hint, "one of ", known);
}
constexpr Choice<Binarize> binarize_choices[] = {
    {"none", Binarize::none}, {"threshold", Binarize::threshold}, {"sample", Binarize::sample}};

// ---- how a member of Settings is read and written ----

using Set = std::function<void(Settings&, const std::string&)>;
using Get = std::function<std::string(const Settings&)>;

Setting text(const char* group, const char* name, const char* value, const char* help,
             std::string Settings::*m) {
  return {group,
          name,
          value,
          help,
          [=](Settings& s, const std::string& v) { s.*m = v; },
          [=](const Settings& s) { return s.*m; }};
}
template <std::size_t N>
Setting one_of(const char* group, const char* name, const char* value, const char* help,
               std::string Settings::*m, const Choice<const char*> (&choices)[N]) {
  return {group,
          name,
          value,
          help,
          [=, &choices](Settings& s, const std::string& v) { s.*m = choose(name, v, choices); },
          [=](const Settings& s) { return s.*m; }};
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

std::vector<std::ptrdiff_t> widths(const std::string& name, const std::string& text) {
  std::vector<std::ptrdiff_t> all;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');)
    all.push_back(integer_option(name, one, 1, 1 << 20));
  check<UsageError>(!all.empty() && text.back() != ',', "--", name, ": '", text,
                    "' is not a list of widths", hint, "--", name, " 400 or --", name, " 400,200");
  return all;
}
std::string joined(const std::vector<std::ptrdiff_t>& all) {
  std::string to;
  for (auto n : all) to += concat(to.empty() ? "" : ",", n);
  return to;
}

constexpr Choice<const char*> activation_choices[] = {{"relu", "relu"},
                                                      {"tanh", "tanh"},
                                                      {"sigmoid", "sigmoid"},
                                                      {"softplus", "softplus"},
                                                      {"leaky_relu", "leaky_relu"}};
constexpr Choice<const char*> initialiser_choices[] = {
    {"glorot", "glorot"}, {"he", "he"}, {"normal", "normal"}};
constexpr Choice<const char*> output_bias_choices[] = {{"data-mean", "data-mean"},
                                                       {"zero", "zero"}};
constexpr Choice<const char*> model_choices[] = {
    {"vae", "vae"}, {"cvae", "cvae"}, {"autoencoder", "autoencoder"}};
constexpr Choice<const char*> prior_choices[] = {{"standard-normal", "standard-normal"},
                                                 {"conditional", "conditional"}};
constexpr Choice<const char*> optimizer_choices[] = {{"adam", "adam"},
                                                     {"adamw", "adamw"},
                                                     {"sgd", "sgd"},
                                                     {"adagrad", "adagrad"},
                                                     {"rmsprop", "rmsprop"}};
constexpr Choice<const char*> rate_choices[] = {
    {"constant", "constant"}, {"cosine", "cosine"}, {"iwae", "iwae"}};

}  // namespace

std::int64_t integer_option(const std::string& name, const std::string& text, std::int64_t least,
                            std::int64_t most) {
  return number<std::int64_t>(name, text, least, most, "a whole number");
}
double real_option(const std::string& name, const std::string& text, double least, double most) {
  return number<double>(name, text, least, most, "a number");
}

const std::vector<Setting>& all_settings() {
  // clang-format off
  using S = Settings;
  static const std::vector<Setting> all = {
      text   ("data", "data", "NAME|PATH", "fashion-mnist, mnist, binarized-mnist, shapes, or a file", &S::data),
      path   ("data", "data-dir", "DIR", "where mnist/ .. lie [$VAEGRAD_DATA or ~/.cache/vaegrad]", &S::data_dir),
      path   ("data", "labels", "FILE", "of the training examples", &S::labels),
      path   ("data", "test-data", "FILE", "[a tenth of --data, for a file of one's own]", &S::test_data),
      path   ("data", "test-labels", "FILE", "of the test examples", &S::test_labels),
      {       "data", "binarize", "HOW", "none, threshold or sample: grey pixels to 0 or 1",
              [](S& s, const std::string& v) { s.binarize = choose("binarize", v, binarize_choices); },
              [](const S& s) { return s.binarize ? std::string(binarize_choices[std::size_t(*s.binarize)].name) : ""; }},
      {       "data", "validation", "N", "examples kept for validation [one twelfth]",
              [](S& s, const std::string& v) { s.validation = std::size_t(integer_option("validation", v, 0, 1 << 30)); },
              [](const S& s) { return s.validation ? std::to_string(*s.validation) : ""; }},
      real   ("data", "mutate", "RATE", "share of training pixels made random: a background for detect [0]", &S::mutate, 0, 1),
      one_of ("model", "model", "NAME", "vae, cvae (given the label), autoencoder [vae]", &S::model, model_choices),
      {       "model", "hidden", "N[,N..]", "widths of hidden layers, mirrored in the decoder [400]",
              [](S& s, const std::string& v) { s.hidden = widths("hidden", v); },
              [](const S& s) { return joined(s.hidden); }},
      integer("model", "latent", "N", "dimensions of z [20]", &S::latent, 1, 1 << 16),
      one_of ("model", "activation", "NAME", "relu, tanh, sigmoid, softplus, leaky_relu [relu]", &S::activation, activation_choices),
      one_of ("model", "initialiser", "NAME", "glorot, he, normal [glorot]", &S::initialiser, initialiser_choices),
      one_of ("model", "output-bias", "HOW", "data-mean or zero: the first output [data-mean]", &S::output_bias, output_bias_choices),
      text   ("model", "likelihood", "NAME", "bernoulli, gaussian, .. (a wrong name lists all)", &S::likelihood),
      text   ("model", "likelihood-scale", "HOW", "gaussian: learned, fixed:S or per-dimension [learned]", &S::likelihood_scale),
      text   ("model", "posterior-scale", "NAME", "log-variance, log-std, softplus, tanh [log-variance]", &S::posterior_scale),
      one_of ("model", "prior", "NAME", "standard-normal, or conditional: p(z|y) of a cvae", &S::prior, prior_choices),
      text   ("objective", "objective", "NAME", "elbo, elbo-mc, beta, capacity, iwae, dreg [elbo]", &S::objective),
      real   ("objective", "beta", "B", "factor on the KL, for --objective beta [1]", &S::beta, 0, 1e6),
      real   ("objective", "gamma", "G", "of --objective capacity [1]", &S::gamma, 0, 1e6),
      real   ("objective", "capacity", "C", "nats, of --objective capacity [0]", &S::capacity, 0, 1e6),
      integer("objective", "particles", "K", "samples of z per example [1]", &S::particles, 1, 100000),
      real   ("objective", "warmup", "EPOCHS", "the KL's factor rises from 0 so long [0]", &S::warmup, 0, 1e6),
      integer("objective", "cycles", "N", "it rises from 0 so many times [0]", &S::cycles, 0, 1000000),
      real   ("objective", "free-bits", "L", "nats of KL per latent that cost nothing [0]", &S::free_bits, 0, 1e6),
      integer("training", "epochs", "N", "passes over the training data [10]", &S::epochs, 1, 1000000),
      integer("training", "batch", "N", "examples per step [128]", &S::batch, 1, 1 << 20),
      one_of ("training", "optimizer", "NAME", "adam, adamw, sgd, adagrad, rmsprop [adam]", &S::optimizer, optimizer_choices),
      real   ("training", "learning-rate", "RATE", "[0.001]", &S::learning_rate, 1e-12, 1e3),
      real   ("training", "adam-epsilon", "E", "[1e-08]", &S::adam_epsilon, 1e-30, 1),
      real   ("training", "adam-beta1", "B", "[0.9]", &S::adam_beta1, 0, 0.999999),
      one_of ("training", "learning-rate-schedule", "NAME", "constant, cosine or iwae [constant]", &S::learning_rate_schedule, rate_choices),
      real   ("training", "clip", "N", "largest norm of the gradient; 0: any [0]", &S::clip, 0, 1e30),
      integer("training", "patience", "N", "stop N epochs after the best on validation; 0: never [0]", &S::patience, 0, 1000000),
      integer("training", "seed", "N", "of weights, order, noise and splits [1]", &S::seed, 0, INT64_MAX),
      integer("training", "checkpoint-every", "N", "epochs [1]", &S::checkpoint_every, 1, 1000000),
      integer("training", "keep-every", "N", "keep the checkpoint of every N-th epoch; 0: only the last [0]", &S::keep_every, 0, 1000000),
      unrecorded(integer("this call", "threads", "N", "[as many as this process may use]", &S::threads, 1, 1024)),
      unrecorded(path("this call", "config", "FILE", "read settings from this file first [default.ini]", &S::config)),
      unrecorded(path("this call", "out", "DIR", "the run's folder [runs/DATA-N]", &S::out)),
      {"this call", "overwrite", "", "write into --out though it is not empty", [](S& s, const std::string&) { s.overwrite = true; },
       [](const S&) { return std::string(); }},
      unrecorded(path("this call", "resume", "DIR", "go on with this run; --epochs may be larger", &S::resume)),
  };
  // clang-format on
  return all;
}

namespace {

po::options_description described() {
  po::options_description all;
  for (const Setting& s : all_settings())
    if (*s.value)
      all.add_options()(s.name, po::value<std::string>());
    else
      all.add_options()(s.name, po::bool_switch());
  return all;
}

void take_over(const po::variables_map& given, Settings& to) {
  for (const Setting& s : all_settings()) {
    if (!given.count(s.name)) continue;
    if (*s.value)
      s.set(to, given[s.name].as<std::string>());
    else if (given[s.name].as<bool>())
      s.set(to, "");
  }
}

}  // namespace

void read_config(const std::filesystem::path& path, Settings& to) {
  std::istringstream in(read_file(path, std::size_t{1} << 20));
  po::variables_map given;
  try {
    po::store(po::parse_config_file(in, described()), given);
  } catch (const po::error& e) {
    fail<UsageError>(path.string(), ": ", e.what(), hint, "lines read: epochs = 10");
  }
  take_over(given, to);
}

Settings read_settings(std::span<const std::string> arguments) {
  po::options_description options = described();
  options.add_options()("surplus", po::value<std::vector<std::string>>());
  po::variables_map given;
  namespace style = po::command_line_style;
  try {
    po::store(po::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
                  .options(options)
                  .positional(po::positional_options_description().add("surplus", -1))
                  .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                  .run(),
              given);
  } catch (const po::error& e) {
    fail<UsageError>(e.what(), hint, "vaegrad train --help lists the options");
  }
  if (given.count("surplus"))
    fail<UsageError>("'", given["surplus"].as<std::vector<std::string>>()[0],
                     "' belongs to no option", hint, "options read --name value");
  Settings settings;
  if (given.count("resume"))
    read_config(std::filesystem::path(given["resume"].as<std::string>()) / "config.ini", settings);
  else if (given.count("config"))
    read_config(given["config"].as<std::string>(), settings);
  else if (!given.count("data"))
    read_config(settings.config = shipped_config("default.ini"), settings);
  const Settings recorded = settings;
  take_over(given, settings);
  if (given.count("resume")) {
    for (const Setting& s : all_settings())
      check<UsageError>(
          s.name == std::string_view("epochs") || s.get(settings) == s.get(recorded), "--", s.name,
          ' ', s.get(settings), ": the run to go on with has ", s.get(recorded), hint,
          "only --epochs and --threads may differ; for other settings start a new run");
    check<UsageError>(settings.epochs >= recorded.epochs, "--epochs ", settings.epochs,
                      ": the run is set for ", recorded.epochs, hint, "--epochs may only grow");
  }
  return settings;
}

std::string config_text(const Settings& settings) {
  std::string to;
  const char* group = "";
  for (const Setting& s : all_settings()) {
    const std::string value = s.get(settings);
    if (value.empty()) continue;
    if (std::string_view(group) != s.group) to += concat("# ", group = s.group, '\n');
    to += concat(s.name, " = ", value, '\n');
  }
  return to;
}

std::filesystem::path shipped_config(const std::string& name) {
  for (const char* folder : {VAEGRAD_CONFIGS, VAEGRAD_INSTALLED_CONFIGS}) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    if (std::error_code error; std::filesystem::exists(file, error)) return file;
  }
  fail("config: there is no ", name, " in ", VAEGRAD_CONFIGS, " or ", VAEGRAD_INSTALLED_CONFIGS,
       hint, "--config FILE names one");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
