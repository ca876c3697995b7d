// The fields of a line of a table: where one ends, and the number that it is.
#pragma once
#include <string_view>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

using Fields = std::vector<std::string_view>;

std::string_view trimmed(std::string_view s);  // of blanks, tabs and carriage returns

enum class Field { number, too_large, not_finite, empty, text };
Field parse(std::string_view field, float& to, bool decimal_comma = false);

// Of a line, outside quotes: a tab, a semicolon, a comma; ' ' stands for any run of blanks.
char separator_of(std::string_view line);
// Fields without the blanks and quotes around them.
void split(std::string_view line, char separator, Fields& to);

}  // namespace vaegrad::inline VAEGRAD_ABI
