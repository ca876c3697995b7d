#include <boost/locale/encoding_utf.hpp>

#include <vaegrad/lab/data/formats/tables/lines.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t longest_line = 1 << 24, piece = 1 << 18;

bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

// All of the file, which begins with `text`, in UTF-8
std::string from_utf16(std::string text, ByteInput& source) {
  check_memory(source.name(), 3 * source.size());
  const std::size_t had = text.size();
  text.resize(std::max(had, source.size()));
  text.resize(had + source.read(text.data() + had, text.size() - had));
  const std::size_t high = text[0] == '\xff';  // where the higher byte of a unit is
  std::u16string units;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    units += char16_t(static_cast<unsigned char>(text[i + high]) << 8 |
                      static_cast<unsigned char>(text[i + 1 - high]));
  return boost::locale::conv::utf_to_utf<char>(units);
}

}  // namespace

void for_each_line(ByteInput& source, const std::function<void(std::string_view)>& take) {
  std::string text;
  std::size_t done = 0;  // characters of the text already taken
  for (bool more = true, first = true; more; first = false) {
    text.erase(0, done);
    done = 0;
    const std::size_t had = text.size();
    check(had < longest_line, source.name(), ": not a table: a line of more than ", longest_line,
          " characters", hint, "is this a CSV file?");
    text.resize(had + piece);
    text.resize(had + source.read(text.data() + had, piece));
    more = text.size() == had + piece;
    if (first && is_utf16(text)) text = from_utf16(std::move(text), source), more = false;
    if (first && text.starts_with("\xef\xbb\xbf")) done = 3;
    for (auto end = text.find_first_of("\r\n", had > 0 ? had - 1 : 0); end != text.npos;
         end = text.find_first_of("\r\n", done)) {
      const bool carriage = text[end] == '\r';
      if (carriage && end + 1 == text.size() && more) break;  // does \n follow?
      take(std::string_view(text).substr(done, end - done));
      done = end + 1 + (carriage && end + 1 < text.size() && text[end + 1] == '\n');
    }
  }
  if (done < text.size()) take(std::string_view(text).substr(done));
}

std::size_t count_lines(const std::filesystem::path& path) {
  ByteInput source(path);
  check(source.size() > 0, source.name(), ": empty file: 0 bytes", hint,
        "give a file with at least one row of numbers");
  std::size_t lines = 1;
  std::vector<char> bytes(piece);
  char before = '\n';
  for (std::size_t got; (got = source.read(bytes.data(), bytes.size())) > 0;)
    for (std::size_t i = 0; i < got; ++i) {
      lines += bytes[i] == '\r' || (bytes[i] == '\n' && before != '\r');
      before = bytes[i];
    }
  return lines;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
