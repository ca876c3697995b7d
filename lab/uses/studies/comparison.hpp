// Runs by setting: what each has given over its seeds, and how far it is from the best. Only what
// was tested on the same examples in the same way is ranked.
#pragma once
#include <vaegrad/lab/uses/studies/finished_run.hpp>
#include <vaegrad/lab/uses/studies/statistics.hpp>
#include <vaegrad/models/metrics/probe.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The runs of one setting, by seed.
struct SettingResult {
  std::vector<FinishedRun> runs;
  std::vector<std::string> values;  // of what is varied; "" where its objective does not heed it
  std::string name;                 // latent=2 hidden=400
  Spread elbo, nll;                 // over seeds, nats; nll: where all were evaluated alike
  // The best less this one, in nats by which the best is better; of the best itself nothing. Over
  // seeds: paired where both have the same ones, for then the test examples and their pixels agree.
  Difference over_seeds;
  bool paired_by_seed = false;
  // .. over the test examples, averages over the seeds of both: what these weights are worth on other
  // examples. Where evaluate has left each example's.
  Difference over_examples;
};

// What is ranked together.
struct Comparison {
  std::string what;                    // the data, for people
  std::vector<std::string> varied;     // names of settings that differ
  bool by_nll = false;                 // the quantity: NLL where all have one alike, else the ELBO
  std::vector<SettingResult> results;  // the best first
  // Left out: what has their setting and their seed is among the results already.
  std::vector<std::filesystem::path> repeated;

  // Of a run, as larger is better: -NLL or ELBO.
  double worth(const FinishedRun& run) const { return by_nll ? -run.evaluation->nll : run.elbo; }
  // .. over the seeds of a setting, by its own sign
  const Spread& of(const SettingResult& r) const { return by_nll ? r.nll : r.elbo; }
  const char* quantity() const { return by_nll ? "NLL" : "ELBO"; }
};

// Why runs of one set of examples are ranked by ELBO though some have an NLL, a line; "": they are not,
// or none has.
std::string by_elbo_because(std::span<const FinishedRun> runs);

// One for each set of test examples. A setting is everything that a run recorded but its seed.
std::vector<Comparison> compare_by_setting(const std::vector<FinishedRun>& runs);

// As tables. CSV has all digits; Markdown and LaTeX (booktabs) two.
std::string comparison_csv(std::span<const Comparison> comparisons);
std::string comparison_markdown(std::span<const Comparison> comparisons);
std::string comparison_latex(std::span<const Comparison> comparisons);
// For a terminal of 80 columns.
std::string comparison_text(std::span<const Comparison> comparisons);

// 95.12 ± 0.10, of one number without a spread
std::string with_spread(const Spread& of, const char* sign = "±");

}  // namespace vaegrad::inline VAEGRAD_ABI
