// Safetensors: named arrays in a file that other programs read too
// (https://github.com/huggingface/safetensors#format): the length of a JSON header as 8 bytes,
// little-endian; the header, which gives each array's type, shape and place; the numbers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/half.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The format's name for a C++ number.
template <class T>
constexpr std::string_view dtype_of() {
  static_assert(std::is_arithmetic_v<T> || std::is_same_v<T, Half>,
                "safetensors: a tensor holds numbers");
  if constexpr (std::is_same_v<T, Half>)
    return "F16";
  else if constexpr (std::is_same_v<T, bool>)
    return "BOOL";
  else if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 8 ? "F64" : "F32";
  else if constexpr (std::is_signed_v<T>)
    return sizeof(T) == 8 ? "I64" : sizeof(T) == 4 ? "I32" : sizeof(T) == 2 ? "I16" : "I8";
  else
    return sizeof(T) == 8 ? "U64" : sizeof(T) == 4 ? "U32" : sizeof(T) == 2 ? "U16" : "U8";
}

// One array; its numbers are somebody else's memory.
struct Tensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::string_view dtype;
  std::string_view bytes;  // row by row, little-endian

  std::size_t count() const {  // of its numbers
    std::size_t n = 1;
    for (const std::size_t size : shape) n *= size;
    return n;
  }
};

// Of numbers that outlive it, row by row.
template <class T>
Tensor tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
  return {std::move(name),
          std::move(shape),
          dtype_of<T>(),
          {reinterpret_cast<const char*>(values.data()), values.size_bytes()}};
}

// What the header says besides, in words.
using Metadata = std::map<std::string, std::string>;

// Atomic. Errors: names given twice, shapes that do not fit the numbers.
void write_safetensors(const std::filesystem::path& path, std::span<const Tensor> tensors,
                       const Metadata& metadata = {});

// A file in memory.
class SafeTensors {
 public:
  const std::string& file() const { return file_; }
  const Metadata& metadata() const { return metadata_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }  // as they lie in the file
  const Tensor* find(std::string_view name) const;                 // null: none of this name

  // The numbers of one tensor. Errors: no such name, another shape; another type, except that F32
  // and F64 are converted into each other, and F16 into both.
  template <class T>
  void copy(std::string_view name, std::span<const std::size_t> shape, std::span<T> to) const {
    const Tensor& from = expect(name, shape, to.size());
    if (from.dtype == dtype_of<T>())
      return void(std::memcpy(to.data(), from.bytes.data(), to.size_bytes()));
    if constexpr (std::is_floating_point_v<T>)
      if (from.dtype == "F16") return convert<Half>(from, to);
    if constexpr (std::is_same_v<T, float>) {
      if (from.dtype == "F64") return convert<double>(from, to);
    } else if constexpr (std::is_same_v<T, double>) {
      if (from.dtype == "F32") return convert<float>(from, to);
    }
    fail(file_, ": tensor ", name, " has type ", from.dtype, ", expected is ", dtype_of<T>(), hint,
         "is this the right file?");
  }
  // The same, in memory that is taken once the tensor is known to be so large.
  template <class T>
  std::vector<T> values(std::string_view name, std::span<const std::size_t> shape) const {
    std::vector<T> to(expect(name, shape).count());
    copy<T>(name, shape, to);
    return to;
  }

 private:
  friend SafeTensors read_safetensors(const std::filesystem::path& path);
  const Tensor& expect(std::string_view name, std::span<const std::size_t> shape,
                       std::optional<std::size_t> count = {}) const;

  template <class From, class T>
  static void convert(const Tensor& from, std::span<T> to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      From x;
      std::memcpy(&x, from.bytes.data() + i * sizeof x, sizeof x);
      to[i] = static_cast<T>(x);
    }
  }

  std::string file_;
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::vector<char> data_;  // a moved vector keeps its memory, so the tensors' bytes stay in place
};

// Everything is held against the file's size first: the header's length, shapes against places,
// places against each other (no gaps, no overlaps).
SafeTensors read_safetensors(const std::filesystem::path& path);

}  // namespace vaegrad::inline VAEGRAD_ABI
