// Array: what a data file holds, whatever its format. Bytes stay bytes; other numbers are floats.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Array {
  std::vector<std::size_t> dims;
  std::vector<std::uint8_t> bytes;  // row by row; one of the two is empty
  std::vector<float> values;        // finite
  std::string sha256;               // of the file as it lies on disk
};

// By the name's end .csv or .npy, or NPY's first bytes; everything else is IDX, plain or gzip.
// Another format is one more line there.
Array read_array(const std::filesystem::path& path);

inline std::string sizes(const std::vector<std::size_t>& dims) {  // (60000, 28, 28)
  std::string text;
  for (const std::size_t n : dims) text += concat(text.empty() ? "(" : ", ", n);
  return text.empty() ? "()" : text + ')';
}

}  // namespace vaegrad::inline VAEGRAD_ABI
