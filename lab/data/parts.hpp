// From the name of a data set to its files, and from a file to images.
#pragma once
#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Part {
  std::filesystem::path images, labels, factors = {};
};
struct Parts {
  Part train, validation, test;
};
// Of a name, a path, or nothing of a set that is built in. Errors: there is no such file.
Parts find_parts(const std::string& name, const DataOptions& options, bool built_in);

struct Loaded {
  std::shared_ptr<Images> images;
  std::vector<Checksum> checksums;
};
// Nothing for a part without images.
Loaded load_part(const Part& part, const DataOptions& options);

}  // namespace vaegrad::inline VAEGRAD_ABI
