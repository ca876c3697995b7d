#include <algorithm>
#include <cctype>
#include <span>

#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/files/byte_input.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::string small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}
// The name's end in small letters, without .gz
std::string ending(const std::filesystem::path& path) {
  const std::string end = small(path.extension().string());
  return end == ".gz" ? small(path.stem().extension().string()) : end;
}
bool is_table_name(const std::filesystem::path& path) {
  const std::string end = ending(path);
  return end == ".csv" || end == ".tsv" || end == ".txt" || end == ".tab" || end == ".dat";
}

// What a file begins with, unpacked; nothing of one that is damaged or not there.
std::string first_bytes(const std::filesystem::path& path) try {
  HashedFile source{InputFile(path)};
  std::string to(512, '\0');
  to.resize(is_gzip(source.file) ? GzipReader(source).read(to.data(), to.size())
                                 : source.read(to.data(), to.size()));
  return to;
} catch (const Error&) {
  return "";
}

bool is_text(std::string_view start) {
  if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) return true;  // UTF-16
  std::size_t high = 0;
  for (const char c : start) {
    if (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r') return false;
    high += static_cast<unsigned char>(c) >= 0x80;
  }
  return high < start.size() / 2;
}

// What a file is that is not read, by how it begins, and what makes one of it that is.
struct Other {
  std::string_view begins;
  const char *what, *way_out;
};
constexpr Other binary_files[] = {
    {"\x89HDF", "an HDF5 file", "numpy.save('x.npy', h5py.File(FILE)['NAME'][:])"},
    {"PAR1", "a Parquet file", "pandas.read_parquet(FILE).to_csv('x.csv', index=False)"},
    {"ARROW1", "a Feather file", "pandas.read_feather(FILE).to_csv('x.csv', index=False)"},
    {"\xd0\xcf\x11\xe0", "an Excel workbook", "save it as CSV"},
    {"\x89PNG", "one PNG image", "--data FOLDER of such images"},
    {"\xff\xd8\xff", "one JPEG image", "--data FOLDER of such images"},
    {"\x80", "a Python pickle", "numpy.save('x.npy', pickle.load(open(FILE, 'rb')))"},
    {"MATLAB", "a MATLAB file", "numpy.save('x.npy', scipy.io.loadmat(FILE)['NAME'])"},
    {"BZh", "a bzip2 file", "bunzip2 --keep FILE"},
    {"\xfd"
     "7zXZ",
     "an xz file", "unxz --keep FILE"},
    {"\x28\xb5\x2f\xfd", "a Zstandard file", "unzstd FILE"},
    {"7z\xbc\xaf", "a 7z archive", "7z x FILE"},
    {"SQLite format 3", "an SQLite database", "sqlite3 -csv -header FILE 'select ..' >x.csv"},
    {"%PDF", "a PDF file", "its tables as CSV"},
};
constexpr Other text_files[] = {
    {"<!doctype", "a web page", "the file itself, not the page about it"},
    {"<html", "a web page", "the file itself, not the page about it"},
    {"version https://git-lfs", "a pointer of Git LFS, not the data", "git lfs pull"},
    {"@relation", "an ARFF file", "what follows @data, as .csv"},
    {"{", "a JSON file", "pandas.read_json(FILE).to_csv('x.csv', index=False)"},
    {"[", "a JSON file", "pandas.read_json(FILE).to_csv('x.csv', index=False)"},
};
void check_known(const std::filesystem::path& path, const std::string& start, bool text) {
  const std::string first = text ? small(start.substr(0, 32)) : start;
  for (const Other& o : text ? std::span<const Other>(text_files) : binary_files)
    check(!first.starts_with(o.begins), path.native(), ": ", o.what, hint, o.way_out, "; ",
          known_formats);
}

}  // namespace

bool is_table_file(const std::filesystem::path& path) {
  const std::string end = ending(path);
  if (is_table_name(path)) return true;
  const std::string start = end == ".amat" ? "" : first_bytes(path);
  return !start.empty() && is_text(start);
}

ArrayName array_name(const std::filesystem::path& path) {
  const std::string& text = path.native();
  const auto at = text.rfind(".npz:");
  std::error_code error;
  if (at == text.npos || std::filesystem::exists(path, error)) return {path, ""};
  return {text.substr(0, at + 4), text.substr(at + 5)};
}

Array read_array(const std::filesystem::path& path, const TableOptions& options) {
  const auto [file, key] = array_name(path);
  const std::string start = first_bytes(file);
  if (start.starts_with("PK\3\4") || !key.empty()) return read_npz(file, key);
  if (ending(path) == ".npy" || start.starts_with('\x93')) {
    ByteInput input(path);
    return read_npy(input);
  }
  const bool text = !start.empty() && is_text(start);
  check_known(path, start, text);
  return text || is_table_name(path) ? read_csv(path, options) : read_idx(path);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
