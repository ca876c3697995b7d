#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/files/hashed_file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {
constexpr std::size_t side = 28, line_length = 2 * side * side;  // each value with what follows it
}

std::vector<std::uint8_t> parse_amat(std::string_view text, std::string_view name) {
  check(!text.empty(), name, ": empty file: 0 bytes", hint, damaged_hint);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2 + 1);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const bool ends_line = (i + 2) % line_length == 0;
    const char value = text[i], next = i + 1 < text.size() ? text[i + 1] : '\0';
    check((value == '0' || value == '1') && next == (ends_line ? '\n' : ' '), name, ':',
          i / line_length + 1, ": not ", side * side, " values 0 or 1 with spaces between", hint,
          damaged_hint);
    bytes.push_back(value == '1');
  }
  check(text.size() % line_length == 0, name, ':', text.size() / line_length + 1,
        ": truncated: ", text.size() % line_length / 2, " of ", side * side, " values", hint,
        damaged_hint);
  return bytes;
}

Array read_amat(const std::filesystem::path& path) {
  HashedFile source{InputFile(path)};
  check_memory(source.file.name(), source.file.size() / 2 * 3);
  std::string text(source.file.size(), '\0');
  text.resize(source.read(text.data(), text.size()));
  Array array{{0, side, side}, parse_amat(text, source.file.name()), {}, source.hash.hex()};
  array.dims[0] = array.bytes.size() / (side * side);
  return array;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
