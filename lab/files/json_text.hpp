// JSON as files and reports have it.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Indented by two, with an end of line. What is not UTF-8 in a text is replaced by U+FFFD: a name
// that another system wrote costs no result. A number that is not finite is null.
std::string json_text(const nlohmann::json& json);
// .. in one line, without its end
std::string json_line(const nlohmann::json& json);

}  // namespace vaegrad::inline VAEGRAD_ABI
