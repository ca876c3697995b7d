// A temporary folder that goes away with its test.
#pragma once
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

inline std::string names(const std::filesystem::path& folder) {  // in it, sorted, spaces between
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    all.push_back(entry.path().filename());
  std::sort(all.begin(), all.end());
  std::string text;
  for (const auto& name : all) text += (text.empty() ? "" : " ") + name;
  return text;
}

struct Folder {
  std::filesystem::path path;

  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "vaegrad-test-XXXXXX").native();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::filesystem::path& name) const { return path / name; }

  std::string names() const { return ::names(path); }
};
