#include <cstdlib>

#include <vaegrad/lab/data/known_sets.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// clang-format off
std::span<const KnownSet> known_sets() {
  static const KnownSet all[] = {
      {"fashion-mnist", "/usr/share/datasets/fashion-mnist", "dataset-fashion-mnist",
       {{"train-images-idx3-ubyte.gz"}, {"train-labels-idx1-ubyte.gz"}}, {},
       {{"t10k-images-idx3-ubyte.gz"}, {"t10k-labels-idx1-ubyte.gz"}}, {}},
      {"mnist", "", "",
       {{"train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
        {"train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"}}, {},
       {{"t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
        {"t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}},
       {"https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/"}},
      // Larochelle and Murray's fixed binarization (AISTATS 2011); the second mirror is a copy of it
      {"binarized-mnist", "", "",
       {{"train-images-idx3-ubyte.gz", "0eae7dff54784fdce12433da8ed5d8549d4676c91740d78aa0b18fa99a8b96f2", "binarized_mnist_train.amat"}, {}},
       {{"valid-images-idx3-ubyte.gz", "1b017d51bf2733a6cbde62f26dd36be91c88ab4e95f8de9cdafadcb26fe9a852", "binarized_mnist_valid.amat"}, {}},
       {{"test-images-idx3-ubyte.gz", "491785121c5ff9ffb073809cd7c755a241b9e04052f1cf2ec7c9608a9346e097", "binarized_mnist_test.amat"}, {}},
       {"http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
        "https://raw.githubusercontent.com/mingzhang-yin/ARM-gradient/bac893cfcec486bbd00b755b12cf8402053b0e84/"}},
  };
  return all;
}
// clang-format on

const KnownSet* find_known_set(std::string_view name) {
  for (const KnownSet& set : known_sets())
    if (set.name == name) return &set;
  return nullptr;
}

std::vector<KnownFile> KnownSet::files() const {
  std::vector<KnownFile> all;
  for (const auto* part : {&train, &validation, &test})
    for (const KnownFile& file : {part->images, part->labels})
      if (!file.name.empty()) all.push_back(file);
  return all;
}

std::filesystem::path data_folder(const std::filesystem::path& given) {
  if (!given.empty()) return given;
  if (const char* dir = std::getenv("VAEGRAD_DATA"); dir && *dir) return dir;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".cache" / "vaegrad";
}

}  // namespace vaegrad::inline VAEGRAD_ABI
