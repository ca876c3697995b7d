// NPY: the format of numpy.save. A magic, a Python dictionary with type, order and shape, the
// elements (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//
// Read are bytes and bool (which stay bytes), floats and integers of any size and order of bytes, in C
// or Fortran order; plain or gzip. Not read: objects, complex numbers, records.
#pragma once
#include <span>

#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/files/byte_input.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The shape is held against the file's size before memory is taken. 64-bit numbers become floats
// piece by piece, so that no second copy is held. Errors: damage, other types, numbers that are not
// finite or, of integers, that a float does not hold exactly.
Array read_npy(ByteInput& input);
Array read_npy(const std::filesystem::path& path);
// The shape that a file beginning so has; empty: it says none.
std::vector<std::size_t> npy_dims(std::string_view start, const std::string& name);

// Atomic. T: std::uint8_t, std::uint16_t, float, double.
template <class T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> dims,
               std::span<const T> values);

// A matrix, as it stands.
inline void write_npy(const std::filesystem::path& path, ConstMatrix matrix) {
  const std::size_t dims[] = {static_cast<std::size_t>(matrix.rows),
                              static_cast<std::size_t>(matrix.cols)};
  write_npy<Real>(path, dims, {matrix.data, static_cast<std::size_t>(matrix.size())});
}

}  // namespace vaegrad::inline VAEGRAD_ABI
