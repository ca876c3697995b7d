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
  // What is put together again is a header with the pixels behind it.
  const std::size_t all = images.bytes.size(),
                    header = std::max<std::size_t>(file.size(), all) - all;
  std::vector<std::uint8_t> end(std::min<std::size_t>(file.size(), all));
  file.read(header, end.data(), end.size());
  check(end == images.bytes, file.name(), ": it does not end with its pixels, row by row", hint,
        "numpy.save(file, numpy.ascontiguousarray(x)): no archive, not columns first (Fortran "
        "order)");
  check(header <= 1 << 20, file.name(), ": a header of ", header, " bytes");
  ImageFile to{std::string(header, '\0'), std::move(images.bytes)};
  file.read(0, to.header.data(), header);
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
