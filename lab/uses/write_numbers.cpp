#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/uses/write_numbers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::string ending(const std::filesystem::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return end;
}

}  // namespace

bool is_numbers_name(const std::filesystem::path& path) {
  return ending(path) == ".npy" || ending(path) == ".csv";
}
bool is_picture_name(const std::filesystem::path& path) {
  return ending(path) == ".png" || ending(path) == ".svg";
}

void check_output_name(const std::filesystem::path& path, bool pictures, bool numbers) {
  if ((pictures && is_picture_name(path)) || (numbers && is_numbers_name(path))) {
    const std::filesystem::path folder = path.parent_path();
    std::error_code error;
    check(folder.empty() || std::filesystem::is_directory(folder, error), "--out ", path.string(),
          ": there is no folder ", folder.string(), hint, "check the spelling, or mkdir -p ",
          folder.string());
    return;
  }
  const std::string end = path.extension().string();
  fail<UsageError>("--out ", path.string(), end.empty() ? ": it ends in no format" : ": no format ",
                   end, hint, "a name that ends in ", pictures ? ".png or .svg" : "",
                   pictures && numbers ? " for a picture, " : "",
                   numbers ? ".npy or .csv for numbers" : "");
}

void write_numbers(const std::filesystem::path& path, std::span<const std::size_t> dims,
                   ConstMatrix values) {
  check_output_name(path, false, true);
  if (ending(path) == ".npy")
    return write_npy<Real>(path, dims, {values.data, std::size_t(values.size())});
  fmt::memory_buffer text;
  for (Index i = 0; i < values.rows; ++i)
    for (Index j = 0; j < values.cols; ++j)
      fmt::format_to(std::back_inserter(text), "{:.9g}{}", values(i, j),
                     j + 1 < values.cols ? ',' : '\n');
  write_atomically(path, std::string_view(text.data(), text.size()));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
