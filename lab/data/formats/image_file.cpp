#include <cstring>

#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/image_file.hpp>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

ImageFile read_image_file(const std::filesystem::path& path, Index height, Index width) {
  const InputFile file(path);
  char start[2] = {};
  file.read(0, start, 2);
  check(std::memcmp(start, "\x1f\x8b", 2) != 0, file.name(), ": it is packed with gzip", hint,
        "gunzip --keep ", file.name());
  check(path.extension() != ".csv", file.name(), ": not a file of bytes", hint,
        "IDX and NPY files of bytes can be compressed");
  Array images = read_array(path);
  check(images.values.empty(), file.name(), ": its elements are not bytes", hint,
        "numpy.save(file, x.astype('uint8')) for images with values 0..255");
  const auto& d = images.dims;
  const auto h = std::size_t(height), w = std::size_t(width);
  const bool fits = (d.size() == 3 && d[1] == h && d[2] == w) || (d.size() == 2 && d[1] == h * w);
  check(fits, file.name(), ": its size is ", sizes(d), ", but the model's images are ", height,
        " x ", width, hint, "expected is (N, ", height, ", ", width, ")");
  ImageFile to{std::string(file.size() - images.bytes.size(), '\0'), std::move(images.bytes)};
  check(to.header.size() <= 1 << 20, file.name(), ": a header of ", to.header.size(), " bytes");
  file.read(0, to.header.data(), to.header.size());
  check(to.header.find("'fortran_order': True") == to.header.npos, file.name(),
        ": columns first (Fortran order)", hint,
        "numpy.save(file, numpy.ascontiguousarray(x))");  // or other bytes would come back
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
