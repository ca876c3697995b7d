// Counts calls of operator new and of the malloc family, on all threads and in all shared
// libraries, those inside oneDNN's functions apart.
#pragma once
#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct AllocationCount {
  long outside = 0, inside_onednn = 0;
  bool known = false;  // false where malloc cannot be replaced: sanitizers, another C library
};

// From now on, or until now.
void start_counting_allocations();
AllocationCount stop_counting_allocations();

}  // namespace vaegrad::inline VAEGRAD_ABI
