// Data in memory that the ranks of a machine share: one of them reads, and the others look.
#pragma once
#include <functional>

#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// What read() returns, which only the first rank of each machine calls; the images' numbers lie once
// in the machine's memory, as long as the program runs. Errors: read()'s, which end the job; machines
// read other data.
DataSet read_once_per_machine(const std::function<DataSet()>& read);

}  // namespace vaegrad::inline VAEGRAD_ABI
