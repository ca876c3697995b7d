// The data sets that go by a name: where their files lie, where they come from, what they must be.
// Another one is a row of the table in known_sets.cpp.
#pragma once
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct KnownFile {
  std::string_view name = {};    // as it is kept, ending in .gz; "" when the set has none
  std::string_view sha256 = {};  // of the unpacked IDX bytes
  std::string_view amat =
      {};  // its name as text, one row of 0 and 1 per line, when it was published so
};

// A data set that goes by a name.
struct KnownSet {
  std::string_view name;
  std::string_view installed;  // the folder where a package of the system puts it, or ""
  std::string_view package;
  struct {
    KnownFile images, labels;
  } train, validation, test;
  std::vector<std::string_view> mirrors;  // folders, with their last slash; tried in this order

  std::vector<KnownFile> files() const;  // those it has
};

// The table.
std::span<const KnownSet> known_sets();
const KnownSet* find_known_set(std::string_view name);  // null: none of this name

// DIR, or $VAEGRAD_DATA, or ~/.cache/vaegrad
std::filesystem::path data_folder(const std::filesystem::path& given);

}  // namespace vaegrad::inline VAEGRAD_ABI
