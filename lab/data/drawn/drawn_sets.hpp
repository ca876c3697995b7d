// Data sets that are drawn, not read: images of known factors.
//
// Adding one: its files, and its line in drawn_sets.cpp.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The images of one, all different, the same for every seed; labels are its first factor.
struct DrawnImages {
  Images train, test;
};

// What draws the set of that name; nothing for another name. UsageError: a size that it cannot have.
std::optional<std::function<DrawnImages()>> drawn_set(std::string_view name);

// Their names, as a hint says them.
inline constexpr std::string_view drawn_set_names = "shapes, squares";

// For sets on a grid: of `count` images, drawn by their numbers, 60,000 for training and 10,000 for
// testing, or six and one seventh of a smaller grid.
DrawnImages some_of(std::size_t count,
                    const std::function<Images(std::span<const std::uint32_t>)>& draw);

}  // namespace vaegrad::inline VAEGRAD_ABI
