// The fields of a line of a table: where one ends, and what it is: a number, or why it is none.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

using Fields = std::vector<std::string_view>;

std::string_view trimmed(std::string_view s);  // of blanks, tabs and carriage returns

enum class Field { number, too_large, not_finite, empty, text };
Field parse_field(std::string_view field, float& to, bool decimal_comma = false);
// true and false, as numpy, pandas and R write them, are 1 and 0.
bool parse_truth(std::string_view field, float& to);

bool is_gap(std::string_view field);      // what people write where they know no number: NA, ?, ..
bool is_date(std::string_view field);     // 2024-01-31, 31.1.2024, 12:30, ..
bool is_grouped(std::string_view field);  // a number with thousands, a unit, per cent: 1,234.5

// Of a line, outside quotes: a tab, a semicolon, a comma, a bar; ' ' stands for any run of blanks.
char separator_of(std::string_view line);
// Fields without the blanks and quotes around them.
void split_fields(std::string_view line, char separator, Fields& to);
// A field in quotes does not end in this line.
bool ends_in_quotes(std::string_view line);
// In UTF-8, with single quotes for those that stand doubled in quotes
std::string name_of(std::string_view field);

}  // namespace vaegrad::inline VAEGRAD_ABI
