// CSV and its relatives: tables of numbers, a row per line. Columns are separated by tabs, semicolons,
// commas or blanks, whichever the first line has, in this order; with tabs and semicolons a decimal
// comma is read too. Fields may stand in quotes. Lines end as on any system; UTF-8 with or without its
// mark. No missing values.
//
// Names: a first line without any number, or with the numbers 0, 1, 2, .. that a program made up;
// lines that begin with # come before it. A first column without a name (pandas, R) holds the rows'
// names and is left out, and the array's note says so.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (rows, columns) as floats, without the column of labels, whose values are whole numbers or names:
// names become 0, 1, .. in natural order. The file is read twice, first to count lines, so that the
// numbers need no more memory than they take. Errors, with file:line: what is not a finite number,
// empty fields and lines, rows of another length, no such column.
Array read_csv(const std::filesystem::path& path, const TableOptions& options = {});

// Whole numbers 0..65535 as they are; anything else as names, 0, 1, .. in natural order, which go to
// `names`. Error: more than most_classes, or more than 256 of which most occur once.
std::vector<Label> to_labels(const std::vector<std::string>& texts, std::vector<std::string>& names,
                             const std::string& where);

}  // namespace vaegrad::inline VAEGRAD_ABI
