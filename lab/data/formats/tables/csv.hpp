// CSV and its relatives: tables of numbers, a row per line. Columns are separated by tabs,
// semicolons, commas, bars or blanks, whichever the first line has, in this order; with tabs and
// semicolons decimal commas are read too, where no number has a point. Fields may stand in quotes,
// which may hold ends of lines. Lines end as on any system; UTF-8 with or without its mark, UTF-16
// with it, names also in Latin-1. True and False are 1 and 0. No missing values: the error says how
// many rows and columns have any.
//
// Names: a first line without any number, or with numbers 0, 1, 2, .. that a program made up, or
// years; lines that begin with # come before it. A first column without a name (pandas, R) holds
// the rows' names and is left out, and the array's note says so.
#pragma once
#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// (rows, columns) as floats, without the columns that options drop and that of labels, whose values
// are whole numbers or names: names become 0, 1, .. in natural order. The file is read twice, first
// to count lines, so that the numbers need no more memory than they take. Errors, with file:line:
// what is not a finite number, gaps, empty lines, rows of another length, a quote that is not
// closed, no such column.
Array read_csv(const std::filesystem::path& path, const TableOptions& options = {});

}  // namespace vaegrad::inline VAEGRAD_ABI
