#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/csv.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Array read_array(const std::filesystem::path& path) {
  if (path.extension() == ".csv") return read_csv(path);
  char first = 0;
  InputFile(path).read(0, &first, 1);
  if (path.extension() == ".npy" || first == '\x93') return read_npy(path);
  return read_idx(path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
