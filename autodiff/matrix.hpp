// Shape and Matrix: a view of a row-major matrix that somebody else owns, one example per row; and memory
// for numbers.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

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

// Allocates on whole cache lines, of 64 bytes: what is read a register at a time starts with one.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const LineAllocator&) const { return true; }
};
using RealLines = std::vector<Real, LineAllocator<Real>>;

}  // namespace vaegrad::inline VAEGRAD_ABI
