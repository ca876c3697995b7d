// The .amat text of binarized MNIST: `0 1 0 ..`, one image of 28 x 28 per line.
#pragma once
#include <string_view>

#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The images' bytes 0 and 1. Errors, with name:line, on everything else.
std::vector<std::uint8_t> parse_amat(std::string_view text, std::string_view name);

Array read_amat(const std::filesystem::path& path);  // (count, 28, 28)

}  // namespace vaegrad::inline VAEGRAD_ABI
