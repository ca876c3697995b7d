#include <algorithm>
#include <cctype>

#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/files/byte_input.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// The name's end in small letters, without .gz
std::string ending(std::filesystem::path path) {
  const auto of = [](const std::filesystem::path& p) {
    std::string end = p.extension().string();
    std::transform(end.begin(), end.end(), end.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    return end;
  };
  return of(path) == ".gz" ? of(path.stem()) : of(path);
}

}  // namespace

bool is_table_name(const std::filesystem::path& path) {
  const std::string end = ending(path);
  return end == ".csv" || end == ".tsv" || end == ".txt" || end == ".tab" || end == ".dat";
}

ArrayName array_name(const std::filesystem::path& path) {
  const std::string& text = path.native();
  const auto at = text.rfind(".npz:");
  std::error_code error;
  if (at == text.npos || std::filesystem::exists(path, error)) return {path, ""};
  return {text.substr(0, at + 4), text.substr(at + 5)};
}

Array read_array(const std::filesystem::path& path, const TableOptions& options) {
  if (is_table_name(path)) return read_csv(path, options);
  const auto [file, key] = array_name(path);
  char first[6] = {};
  InputFile(file).read(0, first, sizeof first);
  const std::string_view start(first, sizeof first);
  if (start.starts_with("PK\3\4") || !key.empty()) return read_npz(file, key);
  if (ending(path) == ".npy" || start.starts_with('\x93')) {
    ByteInput input(path);
    return read_npy(input);
  }
  for (const auto& [begins, what] :
       {std::pair("\x89HDF", "an HDF5 file"), std::pair("PAR1", "a Parquet file"),
        std::pair("\x89PNG", "one PNG image"), std::pair("\xff\xd8\xff", "one JPEG image"),
        std::pair("\x80", "a Python pickle"), std::pair("MATLAB", "a MATLAB file"),
        std::pair("BZh", "a bzip2 file"),
        std::pair("\xfd"
                  "7zXZ",
                  "an xz file")})
    check(!start.starts_with(begins), path.native(), ": ", what, hint, known_formats);
  return read_idx(path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
