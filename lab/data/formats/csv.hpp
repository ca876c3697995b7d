// CSV: tables of numbers, a row per line, columns separated by commas. A first line without any
// number is taken for the names of the columns. No quotes, no missing values, no text.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (rows, columns) as floats. The file is read twice, first to count lines, so that the numbers need
// no more memory than they take. Errors, with file:line: what is not a finite number, empty fields
// and lines, rows of another length.
Array read_csv(const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
