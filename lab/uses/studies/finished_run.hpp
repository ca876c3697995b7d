// What a finished run has measured of its test examples, read from its folder.
#pragma once
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What evaluate has recorded of all of them or some.
struct RecordedEvaluation {
  double nll, standard_error;  // nats; standard_error: from drawing z
  std::int64_t particles, examples;
  std::string weights;  // last or best
  bool whole;           // all test examples
};

// Its numbers are nats, per test example.
struct FinishedRun {
  std::filesystem::path folder;
  std::map<std::string, std::string> settings;  // all that it recorded
  // What makes numbers comparable: the examples (the files by checksum), how they are made 0 or 1,
  // what is given, and whether the likelihood is a probability or a density. Its first line is for
  // people. Where the seed decides which examples are for testing, `split_seed` is it.
  std::string comparable, split_seed;
  std::string what;   // of the model, for people: vae 400-20 iwae K 5, seed 1
  double elbo = NAN;  // of an autoencoder: not a number
  double log_likelihood = NAN, kl = NAN;
  std::int64_t test_examples = -1;
  int active_units = 0, epochs = 0;
  double seconds = 0;
  bool interrupted = false;
  std::optional<RecordedEvaluation> evaluation;

  std::string setting(const std::string& name) const;  // or what it is by default
  // ELBO and -log p(x) of each test example where evaluate has left them; empty otherwise.
  std::vector<double> each(bool nll) const;
};

// Errors: no summary.json, or a damaged one.
FinishedRun read_finished_run(const std::filesystem::path& folder);
// Whether it has a configuration, but no summary yet.
bool unfinished(const std::filesystem::path& folder);
// A run's folder, or the folders of runs in it and in the sweeps in it, in natural order; empty: there
// are none. Error: it is no folder.
std::vector<std::filesystem::path> runs_in(const std::filesystem::path& folder);

}  // namespace vaegrad::inline VAEGRAD_ABI
