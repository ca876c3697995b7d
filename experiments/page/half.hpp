// Weights in 16 bits, as a page carries them, and bytes as text.
#pragma once
#include <span>
#include <string>

#include <vaegrad/autodiff/parameters.hpp>
#include <vaegrad/lab/files/half.hpp>

namespace vaegrad {

// Every parameter becomes the number of 16 bits next to it. Error: one is too large for that.
void round_to_half(Parameters& parameters);

// The bytes in letters, four for three of them (RFC 4648).
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace vaegrad
