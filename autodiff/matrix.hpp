// Shape and Matrix: a view of a row-major matrix that somebody else owns. One example per row.
#pragma once
#include <cstddef>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Counts and places: signed, so that a difference is what it seems.
using Index = std::ptrdiff_t;

// (rows, columns); a number is (1, 1).
struct Shape {
  Index rows = 1, cols = 1;
  constexpr Index size() const { return rows * cols; }
  constexpr bool operator==(const Shape&) const = default;
};
// (rows, columns), as text
inline void append(std::string& to, Shape s) {
  to += '(';
  append(to, s.rows);
  to += ", ";
  append(to, s.cols);
  to += ')';
}

// The view: element (i, j) is data[i cols + j]. Its numbers can be changed unless T is const.
template <class T>
struct BasicMatrix {
  T* data = nullptr;
  Index rows = 0, cols = 0;

  constexpr Shape shape() const { return {rows, cols}; }
  constexpr Index size() const { return rows * cols; }
  // Not checked: i < rows, j < cols.
  constexpr T& operator()(Index i, Index j) const { return data[i * cols + j]; }
  constexpr T* row(Index i) const { return data + i * cols; }  // not checked either
  constexpr T* begin() const { return data; }
  constexpr T* end() const { return data + size(); }
  constexpr operator BasicMatrix<const T>() const { return {data, rows, cols}; }
};
using Matrix = BasicMatrix<Real>;
using ConstMatrix = BasicMatrix<const Real>;

}  // namespace vaegrad::inline VAEGRAD_ABI
