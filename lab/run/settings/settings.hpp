// Settings: everything that decides how a run comes out, as options of the command line and as
// lines of a configuration file. One row of the table in settings_table.cpp per setting, and
// nothing elsewhere; a choice among the rows of a table names that table.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/lab/data/batches.hpp>
#include <vaegrad/lab/run/settings/option_numbers.hpp>
#include <vaegrad/models/objectives/objective.hpp>
#include <vaegrad/models/schedules.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Likelihood;

struct Settings {
  // data
  std::string data = "fashion-mnist";
  std::filesystem::path data_dir, labels, test_data, test_labels;
  std::vector<std::ptrdiff_t> classes;
  std::optional<Binarize> binarize;
  std::optional<std::size_t> validation;
  std::ptrdiff_t resize = 0;
  double mutate = 0;
  bool standardise = false, drop_constant = false;
  std::string label_column, drop_columns;
  // model
  std::string model = "vae", condition = "label";
  std::string network = "mlp", normalisation = "none";
  std::vector<std::ptrdiff_t> hidden;         // empty: the network's own
  std::vector<std::ptrdiff_t> latent = {20};  // of each layer, the one next to x first
  std::string hierarchy = "bottom-up";
  std::vector<std::ptrdiff_t> upper_hidden;  // empty: halves of hidden
  std::string activation = "relu", initialiser = "glorot", output_bias = "data-mean";
  std::string likelihood = "bernoulli", likelihood_scale = "learned";
  double ms_ssim_weight = 1;
  std::string posterior = "gaussian", posterior_scale = "log-variance";
  double log_variance_bound = 0;  // of q(z|x); 0: none
  std::ptrdiff_t flows = 4;
  std::vector<std::ptrdiff_t> flow_width{320};
  std::string prior = "standard-normal";
  std::ptrdiff_t components = 10;  // of a mixture or a VampPrior
  std::string pseudo_inputs = "data";
  std::ptrdiff_t prior_flows = 8;  // steps of a flow
  // objective
  std::string objective = "elbo";
  double beta = 1;
  std::ptrdiff_t particles = 1, groups = 1;  // draws of z per x, all; in so many groups
  KlSettings kl_schedule{};                  // --warmup, --cycles, ..
  decltype(ObjectiveSettings::given) objective_numbers{};  // what objectives declare
  // training
  int epochs = 10, batch = 128;
  std::string optimizer = "adam";
  double learning_rate = 1e-3, adam_epsilon = 1e-8, adam_beta1 = 0.9, adam_second_moment = 0;
  std::string learning_rate_schedule = "constant";
  double clip = 0;
  int patience = 0, plateau = 10;
  std::uint64_t seed = 1;
  int checkpoint_every = 1, keep_every = 0;
  std::string keep = "weights";
  std::string on_divergence = "stop";
  // this machine and this call; not part of what a run is
  int threads = 0;  // 0: as many as this process may use
  std::filesystem::path config, out, resume;
  bool overwrite = false;
  bool names_data = false;  // --data was on the command line
};

// A row of the table.
struct Setting {
  const char *group, *name, *value;  // value: what stands for it in the help; "" for a switch
  std::string help;
  std::function<void(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> get;  // "" when there is nothing to record
  std::vector<std::string> choices = {};            // empty: numbers, paths
};
// The table, and one row of it. Error: there is none of this name.
const std::vector<Setting>& all_settings();
const Setting& setting(std::string_view name);

// Defaults, then the configuration file, then the command line: `--name value` or `--name=value`.
// Without --config and --data: the shipped default.ini. Errors (UsageError): an unknown option,
// one without its value, a value that is not one or out of range.
Settings read_settings(std::span<const std::string> arguments);

// Refuses what would be ignored (a beta without --objective beta, ..) and what makes no sense
// together.
void check_consistent(const Settings& settings);

// Takes over the lines of a configuration file. UsageError: one that cannot be read.
void read_config(const std::filesystem::path& path, Settings& to);

// The row that settings.likelihood names.
const Likelihood& likelihood_of(const Settings& settings);

// The lines `name = value` that repeat a run.
std::string config_text(const Settings& settings);

// Of the dense layers: --hidden, or the network's own.
std::vector<std::ptrdiff_t> widths(const Settings& settings);

// What lies between the ends of a network, for people: 400-200, conv, conv-64-256
std::string layers(std::string_view network, const std::string& hidden);

// A shipped configuration, found from any working directory.
std::filesystem::path shipped_config(const std::string& name);
// Where shipped ones lie besides: beside a library of somebody else's program.
void find_configs_in(std::filesystem::path folder);
// What --config names: a file, or else, without a folder, a shipped one.
std::filesystem::path config_file(const std::string& name);

}  // namespace vaegrad::inline VAEGRAD_ABI
