// From an array, whoever read it or holds it, to images or the rows of a table.
#pragma once
#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (count, height, width), with channels behind or, where only that can be, in front of height;
// (count, columns); numbers of a single dimension are a table of one column. `name` is what errors
// call it. Numbers that are lent stay where they are, unless their order must change; the array then
// has none of its own. Errors: no examples, other dimensions.
Images make_images(Array array, const std::string& name, NumbersAs as, const Lent& lent = {});

// Of four dimensions: the channels, 1 or 3, stand before the height, and cannot stand last.
bool channels_first(const std::vector<std::size_t>& dims);

// Whole numbers (count), or rows with a single 1. Error: they are none.
std::vector<Label> make_labels(Array array, const std::string& name);

}  // namespace vaegrad::inline VAEGRAD_ABI
