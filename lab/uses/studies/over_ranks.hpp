// Jobs that ranks share: what became of all of them.
#pragma once
#include <vaegrad/lab/uses/studies/side_by_side.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// One that failed on this rank, with the last lines that it said.
struct FailedJob {
  const Job* job;
  double seconds;
  std::string what;
};

// From this rank's own state to that of all ranks together. The observer hears of what failed
// elsewhere.
void add_up_ranks(JobsState& state, std::span<const Job> jobs, std::span<const FailedJob> failures,
                  JobsObserver& observer);

}  // namespace vaegrad::inline VAEGRAD_ABI
