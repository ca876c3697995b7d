// IDX: the format of MNIST and its relatives. A magic 00 00 TYPE DIMENSIONS, the sizes as
// big-endian 32-bit numbers, then the elements row by row (http://yann.lecun.com/exdb/mnist, "file
// formats"). Only unsigned bytes (type 08); plain or gzip, told apart by the first bytes and not by
// the name.
#pragma once
#include <span>
#include <string_view>

#include <vaegrad/lab/data/formats/array.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

using Idx = Array;  // of bytes

// What the header claims is held against the file's size before memory is taken: exactly for a
// plain file; for gzip against the size in its trailer and deflate's limit of 1032 : 1.
Idx read_idx(const std::filesystem::path& path);

// What stands before the elements.
std::string idx_header(std::span<const std::size_t> dims);

// The file is these parts in a row, packed; atomic.
void write_gzip(const std::filesystem::path& path, std::span<const std::string_view> parts);

// Atomic; gzip when the name ends in .gz.
void write_idx(const std::filesystem::path& path, std::span<const std::size_t> dims,
               std::span<const std::uint8_t> bytes);

}  // namespace vaegrad::inline VAEGRAD_ABI
