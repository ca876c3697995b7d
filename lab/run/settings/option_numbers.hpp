// Number parsers of options that say what is wrong: --epochs: 'ten' is not a number.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// UsageError: no number, or not from `least` to `most`. `word`: what the option takes in place of one
std::int64_t integer_option(const std::string& name, const std::string& text, std::int64_t least,
                            std::int64_t most, std::string_view word = {});
double real_option(const std::string& name, const std::string& text, double least, double most);

}  // namespace vaegrad::inline VAEGRAD_ABI
