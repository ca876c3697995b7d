// What settings give up of one quantity for another: distortion against scores of their codes.
#pragma once
#include <span>
#include <string>
#include <vector>

#include <vaegrad/models/metrics/probe.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// A setting over its seeds.
struct ScoredSetting {
  std::string name;            // beta=4
  std::string family;          // those of one are drawn alike: the name of an objective
  Spread distortion;           // −log p(x|z), nats per example
  std::vector<Spread> scores;  // larger is better
};

struct Outcome {
  double cost, worth;  // smaller, larger is better
};
// Those that no other is at least as good as in both, and better in one: by rising cost. Outcomes
// that are not finite take no part.
std::vector<std::size_t> pareto_front(std::span<const Outcome> outcomes);

}  // namespace vaegrad::inline VAEGRAD_ABI
