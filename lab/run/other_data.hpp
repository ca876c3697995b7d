// Data that a run was not trained on.
#pragma once
#include <vaegrad/lab/run/run_data.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Other data as the run sees its own: the same columns, and a way to become 0 or 1 where they need
// one. Errors: they do not suit it.
void fit_to_run(const LoadedRun& run, const std::optional<DataRecord>& record, DataSet& data,
                Settings& named, bool keep_binarize);

}  // namespace vaegrad::inline VAEGRAD_ABI
