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
  static const std::vector<Setting> all = {
      text   ("data", "data", "NAME|PATH", "fashion-mnist, mnist, binarized-mnist, or an IDX file (plain or gzip)", &Settings::data),
      path   ("data", "data-dir", "DIR", "where mnist/ and binarized-mnist/ lie [$VAEGRAD_DATA or ~/.cache/vaegrad]", &Settings::data_dir),
      {       "data", "binarize", "none|threshold|sample", "how grey pixels become 0 or 1; none keeps them as probabilities",
              [](Settings& s, const std::string& v) { s.binarize = choose("binarize", v, binarize_choices); },
              [](const Settings& s) { return s.binarize ? std::string(binarize_choices[std::size_t(*s.binarize)].name) : ""; }},
      {       "data", "validation", "N", "training examples kept for validation [one twelfth]; 0: none",
              [](Settings& s, const std::string& v) { s.validation = std::size_t(integer_option("validation", v, 0, 1 << 30)); },
              [](const Settings& s) { return s.validation ? std::to_string(*s.validation) : ""; }},
      {       "model", "hidden", "N[,N..]", "widths of the encoder's hidden layers, the decoder's in reverse [400]",
              [](Settings& s, const std::string& v) { s.hidden = widths("hidden", v); },
              [](const Settings& s) { return joined(s.hidden); }},
      integer("model", "latent", "N", "dimensions of z [20]", &Settings::latent, 1, 1 << 16),
      one_of ("model", "activation", "NAME", "relu, tanh, sigmoid, softplus, leaky_relu [relu]", &Settings::activation, activation_choices),
      one_of ("model", "initialiser", "NAME", "first weights: glorot, he, normal [glorot]", &Settings::initialiser, initialiser_choices),
      one_of ("model", "output-bias", "data-mean|zero", "first output: the mean of the data, or 1/2 [data-mean]", &Settings::output_bias, output_bias_choices),
      integer("training", "epochs", "N", "passes over the training data [10]", &Settings::epochs, 1, 1000000),
      integer("training", "batch", "N", "examples per step [128]", &Settings::batch, 1, 1 << 20),
      real   ("training", "learning-rate", "RATE", "of Adam [0.001]", &Settings::learning_rate, 1e-12, 1e3),
      real   ("training", "adam-epsilon", "E", "[1e-08]", &Settings::adam_epsilon, 0, 1),
      real   ("training", "adam-beta1", "B", "[0.9]", &Settings::adam_beta1, 0, 0.999999),
      integer("training", "seed", "N", "of weights, order, noise and splits [1]", &Settings::seed, 0, INT64_MAX),
      unrecorded(integer("this call", "threads", "N", "[as many as this process may use]", &Settings::threads, 1, 1024)),
      unrecorded(path("this call", "config", "FILE", "read settings from this file first [default.ini, unless --data is given]", &Settings::config)),
      unrecorded(path("this call", "out", "DIR", "the run's folder [runs/NAME-N]", &Settings::out)),
      {"this call", "overwrite", "", "write into --out though it is not empty", [](Settings& s, const std::string&) { s.overwrite = true; },
       [](const Settings&) { return std::string(); }},
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
  if (given.count("config"))
    read_config(given["config"].as<std::string>(), settings);
  else if (!given.count("data"))
    read_config(settings.config = shipped_config("default.ini"), settings);
  take_over(given, settings);
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
