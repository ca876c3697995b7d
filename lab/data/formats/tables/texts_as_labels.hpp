// The labels that a column of a table holds.
#pragma once
#include <string>
#include <vector>

#include <vaegrad/models/label.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Whole numbers 0..65535 as they are; anything else as names, 0, 1, .. in natural order, which go to
// `names`. Error: more than most_classes, or more than 256 of which most occur once.
std::vector<Label> to_labels(const std::vector<std::string>& texts, std::vector<std::string>& names,
                             const std::string& where);

}  // namespace vaegrad::inline VAEGRAD_ABI
