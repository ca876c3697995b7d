// Columns of a table that are constant in training: they tell nothing, cannot be standardised, and an
// example that departs from them is worth a word.
#pragma once
#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Finds them in the training examples, and leaves them out of every file of the set.
void drop_constant_columns(DataSet& set);
// Leaves these out of a file. The images' note says so, with names, values and in how many rows a
// column departs from its value. Error: the file has no such columns.
void drop_columns(Images& images, const std::vector<DroppedColumn>& dropped);

}  // namespace vaegrad::inline VAEGRAD_ABI
