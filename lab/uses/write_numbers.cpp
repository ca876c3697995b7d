#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

namespace {

void check_folder_of(const std::filesystem::path& path, std::string_view option) {
  const std::filesystem::path folder = path.parent_path();
  std::error_code error;
  check(folder.empty() || std::filesystem::is_directory(folder, error), option, ' ', path.string(),
        ": there is no folder ", folder.string(), hint, "check the spelling, or mkdir -p ",
        folder.string());
}
[[noreturn]] void refuse_end(const std::filesystem::path& path, std::string_view option,
                             const std::string& ends) {
  const std::string end = path.extension().string();
  fail<UsageError>(option, ' ', path.string(),
                   end.empty() ? ": it ends in no format" : ": no format ", end, hint,
                   "a name that ends in ", ends);
}

}  // namespace

void check_output_name(const std::filesystem::path& path, bool pictures, bool numbers,
                       std::string_view option) {
  if ((pictures && is_picture_name(path)) || (numbers && is_numbers_name(path)))
    return check_folder_of(path, option);
  refuse_end(path, option,
             concat(pictures ? ".png or .svg" : "", pictures && numbers ? " for a picture, " : "",
                    numbers ? ".npy or .csv for numbers" : ""));
}

void check_output_end(const std::filesystem::path& path, std::initializer_list<const char*> ends,
                      std::string_view option) {
  std::string known;
  for (const char* end : ends) {
    if (ending(path) == end) return check_folder_of(path, option);
    known += concat(known.empty() ? "" : " or ", end);
  }
  refuse_end(path, option, known);
}

void write_numbers(const std::filesystem::path& path, std::span<const std::size_t> dims,
                   ConstMatrix values) {
  check_output_name(path, false, true);
  Index bad = 0, first = 0;
  for (Index i = values.rows; i-- > 0;)
    if (!std::all_of(values.row(i), values.row(i) + values.cols,
                     [](Real x) { return std::isfinite(x); }))
      ++bad, first = i;
  check(bad == 0, path.string(), ": not written: numbers of ", bad, " of ", values.rows,
        " rows are not finite, row ", first, " is the first", hint,
        "has training diverged, or is the input out of all proportion?");
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
