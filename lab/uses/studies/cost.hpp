// What a run will cost, from a few timed steps of its own.
#pragma once
#include <vaegrad/lab/run/settings/settings.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Of one training. With --patience: at most.
struct RunCost {
  double start_seconds = 0;  // until the first step, and what follows the last epoch
  double epoch_seconds = 0;  // steps and validation
  double step_seconds = 0;
  double memory_mb = 0;  // the most that the process held
  // .. of the whole
  double seconds(int epochs) const { return start_seconds + epochs * epoch_seconds; }
};

// Trains for a moment on so many threads, in a process of its own and a folder that goes away, and
// tests once. What else runs meanwhile makes it slower. Errors: what train would say of these
// settings and data.
RunCost measure_cost(const Settings& settings, int threads);

}  // namespace vaegrad::inline VAEGRAD_ABI
