// A grid of runs: every combination of the values that some settings take, for every seed. Each is
// an ordinary run in a folder of its own, named after what is varied.
#pragma once
#include <map>

#include <vaegrad/lab/run/settings/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A setting with the values it takes in turn.
struct Varied {
  std::string name;
  std::vector<std::string> values;
};
// NAME=V,V..; or NAME=V;V.. where a value holds commas. Errors (UsageError): there is no such
// setting, it belongs to a single call, a value is missing or stands twice.
Varied parse_varied(const std::string& text);
// A..B, both counted, or N,N... Error (UsageError): it is neither.
std::vector<std::uint64_t> parse_seeds(const std::string& text);

// What lies in the folder of a run that is planned.
enum class RunState { none, half, finished };

// A run that is planned.
struct PlannedRun {
  std::string name;  // objective-iwae_seed-1
  std::filesystem::path folder;
  std::vector<std::string> arguments;  // of train, but for --out and what belongs to the machine
  Settings settings{};                 // what they say

  // Error (UsageError): the folder holds another run.
  RunState state() const;
  // Of vaegrad: what there is to do next; empty when it is finished.
  std::vector<std::string> command() const;
};

// `base`: options of train, the same for all. Errors (UsageError): what train would say of one of
// the combinations.
std::vector<PlannedRun> plan_grid(const std::vector<std::string>& base,
                                  std::span<const Varied> varied,
                                  std::span<const std::uint64_t> seeds,
                                  const std::filesystem::path& folder);

// A name as part of a file's name: letters, digits, dots and signs are kept.
std::string file_word(const std::string& text);

}  // namespace vaegrad::inline VAEGRAD_ABI
