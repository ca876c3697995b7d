// The one place that knows MPI.
#pragma once
#include <memory>

#include <vaegrad/lab/ranks/ranks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The ranks that a launcher started, once for a process. Error: this program was built without MPI.
std::unique_ptr<Ranks> launched_ranks();

}  // namespace vaegrad::inline VAEGRAD_ABI
