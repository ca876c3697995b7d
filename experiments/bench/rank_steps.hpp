// The training step over several ranks: what it costs and sends.
#pragma once
#include <functional>

#include <vaegrad/lab/ranks/ranks.hpp>

#include "tape_step.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

struct RankRow {
  std::string name;
  std::size_t parts = 0;
  double ms_per_step = 0, add_ms = 0;    // all of it; adding gradients over ranks alone
  std::uint64_t bytes = 0, formula = 0;  // sent for a step by all ranks together; as computed
};
// Medians of steps that all ranks take together.
RankRow measure_ranks(const BenchCase& c, const Images& images, double seconds);

// Of messages between two ranks in both directions at once: seconds for one without content, and
// bytes a second of large ones (8 MB), each way.
struct Wire {
  double latency = 0, bandwidth = 0;
};
Wire measure_wire();

}  // namespace vaegrad::inline VAEGRAD_ABI
