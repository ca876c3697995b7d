// Files of data sets for tests, and the form that their errors must have.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>

#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>

#include "folder.hpp"

using namespace vaegrad;

using Path = std::filesystem::path;

// n images; image i begins with i % 256 and i / 256, so that it is known by its bytes.
inline void write_images(const Path& path, std::size_t n, std::size_t height = 4,
                         std::size_t width = 3, std::uint8_t modulo = 0) {
  std::vector<std::uint8_t> bytes(n * height * width, 0);
  for (std::size_t i = 0; i < n && height * width > 0; ++i) {
    bytes[i * height * width] = static_cast<std::uint8_t>(modulo ? i % modulo : i % 256);
    if (!modulo && height * width > 1)
      bytes[i * height * width + 1] = static_cast<std::uint8_t>(i / 256);
  }
  write_idx(path, std::vector<std::size_t>{n, height, width}, bytes);
}

inline void write_labels(const Path& path, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i % 10);
  write_idx(path, std::vector<std::size_t>{n}, bytes);
}

inline void write_mnist(const Path& folder, std::size_t n = 120) {
  std::filesystem::create_directories(folder);
  write_images(folder / "train-images-idx3-ubyte.gz", n);
  write_labels(folder / "train-labels-idx1-ubyte.gz", n);
  write_images(folder / "t10k-images-idx3-ubyte.gz", 20);
  write_labels(folder / "t10k-labels-idx1-ubyte.gz", 20);
}

inline void check_error(const std::string& name, const DataOptions& options,
                        const std::string& part) {
  std::string text = "(no error)";
  try {
    load_data_set(name, options);
  } catch (const Error& e) {
    text = e.what();
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find("\n  hint: ") != std::string::npos);
  }
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}
