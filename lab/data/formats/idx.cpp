#include <algorithm>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/files/gzip.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace io = boost::iostreams;
using Byte = std::uint8_t;

struct Plain {
  HashedFile& source;

  std::size_t read(void* to, std::size_t bytes) { return source.read(to, bytes); }
  bool read_whole(std::vector<Byte>&, std::size_t, std::size_t) { return false; }

  void check_claim(std::size_t header, std::size_t claimed) const {
    const auto& file = source.file;
    check(file.size() == header + claimed, file.name(), ": ",
          file.size() < header + claimed ? "truncated" : "trailing bytes", ": the header claims ",
          header + claimed, " bytes, the file has ", file.size(), hint, damaged_hint);
  }
};

struct Gzip {
  HashedFile& source;
  GzipReader unpacked{source};

  std::size_t read(void* to, std::size_t bytes) { return unpacked.read(to, bytes); }
  // All that follows the header, or nothing: then `read` does it, and says what is wrong
  bool read_whole(std::vector<Byte>& to, std::size_t header, std::size_t claimed) {
    to.reserve(header + claimed);
    advise_large_pages(to.data(), header + claimed);
    to.resize(header + claimed);
    const bool done = unpacked.read_at_once({reinterpret_cast<char*>(to.data()), to.size()});
    to.erase(to.begin(), to.begin() + std::ptrdiff_t(header));
    return done;
  }

  void check_claim(std::size_t header, std::size_t claimed) const {
    const auto& file = source.file;
    check(claimed / GzipReader::best <= file.size(), file.name(), ": its header lies: it claims ",
          claimed, " bytes, but ", file.size(), " bytes of gzip hold at most ",
          GzipReader::best * file.size(), hint, damaged_hint);
    const std::uint32_t size = unpacked.announced();
    check(size == static_cast<std::uint32_t>(header + claimed), file.name(),
          ": truncated or damaged: the header claims ", header + claimed,
          " bytes, the gzip trailer ", size, hint, damaged_hint);
  }
};

std::string_view type_name(Byte type) {
  switch (type) {
    case 0x09:
      return "signed bytes";
    case 0x0b:
      return "16-bit integers";
    case 0x0c:
      return "32-bit integers";
    case 0x0d:
      return "floats";
    case 0x0e:
      return "doubles";
    default:
      return "";
  }
}

void append_hex(std::string& to, std::span<const Byte> bytes) {
  for (const Byte b : bytes) {
    to += ' ';
    to += "0123456789abcdef"[b >> 4];
    to += "0123456789abcdef"[b & 15];
  }
}

template <class Reader>
Idx read_from(Reader reader) {
  const auto& name = reader.source.file.name();
  Byte magic[4] = {};
  const std::size_t got = reader.read(magic, 4);
  const bool is_idx = got == 4 && magic[0] == 0 && magic[1] == 0 && magic[3] > 0 &&
                      (magic[2] == 0x08 || !type_name(magic[2]).empty());
  if (!is_idx) {
    std::string first;
    append_hex(first, {magic, got});
    fail(name, ": not an IDX file: first bytes are", first, hint, known_formats);
  }
  check(magic[2] == 0x08, name, ": IDX file of ", type_name(magic[2]), ": type ", int{magic[2]},
        ", only unsigned bytes (type 8) are read", hint, "write the values as bytes 0..255");

  Idx idx;
  Byte sizes[4 * 255];
  const std::size_t header = 4 + 4 * std::size_t{magic[3]};
  const std::size_t have = reader.read(sizes, header - 4);
  check(have == header - 4, name, ": truncated: ", header, " bytes of header announced, ", 4 + have,
        " there", hint, damaged_hint);
  std::size_t claimed = 1;
  bool overflow = false;
  for (const Byte* s = sizes; s < sizes + (header - 4); s += 4) {
    idx.dims.push_back(std::size_t{s[0]} << 24 | std::size_t{s[1]} << 16 | std::size_t{s[2]} << 8 |
                       s[3]);
    overflow |= __builtin_mul_overflow(claimed, idx.dims.back(), &claimed);
  }
  check(!overflow && claimed < std::size_t{1} << 48, name,
        ": its header lies: it claims more than 2^48 bytes", hint, damaged_hint);
  reader.check_claim(header, claimed);
  check_memory(name, claimed);

  if (!reader.read_whole(idx.bytes, header, claimed)) {
    idx.bytes.resize(claimed);
    const std::size_t read = reader.read(idx.bytes.data(), claimed);
    check(read == claimed, name, ": truncated: ", claimed, " bytes announced, ", read, " there",
          hint, damaged_hint);
    Byte more;  // reading on also makes gzip look at its checksum
    check(reader.read(&more, 1) == 0, name, ": trailing bytes: more than the ", claimed,
          " announced", hint, damaged_hint);
  }
  idx.sha256 = reader.source.hash.hex();
  return idx;
}

}  // namespace

Idx read_idx(const std::filesystem::path& path) {
  HashedFile source{InputFile(path)};
  const InputFile& file = source.file;
  check(file.size() > 0, file.name(), ": empty file: 0 bytes", hint, damaged_hint);
  if (is_gzip(file)) return read_from(Gzip{source});
  return read_from(Plain{source});
}

std::string idx_header(std::span<const std::size_t> dims) {
  check(!dims.empty() && dims.size() < 256, "IDX: ", dims.size(), " dimensions, from 1 to 255 fit");
  std::string header{'\0', '\0', '\x08', static_cast<char>(dims.size())};
  for (const std::size_t n : dims) {
    check(n <= 0xffffffff, "IDX: too large: a dimension of ", n);
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(n >> shift & 0xff);
  }
  return header;
}

void write_gzip(const std::filesystem::path& path, std::span<const std::string_view> parts) {
  std::vector<char> packed;
  {
    io::filtering_ostream out;
    io::zlib_params gzip;
    gzip.window_bits =
        15 + 16;  // zlib's own gzip form; at Boost's GCC 12 warns of overlaps that are not there
    out.push(io::zlib_compressor(gzip));
    out.push(io::back_inserter(packed));
    for (const auto part : parts) out << part;
  }
  write_atomically(path, {packed.data(), packed.size()});
}

void write_idx(const std::filesystem::path& path, std::span<const std::size_t> dims,
               std::span<const Byte> bytes) {
  std::size_t size = 1;
  for (const std::size_t n : dims) size *= n;
  check(size == bytes.size(), path.native(), ": not an IDX array: ", dims.size(), " dimensions of ",
        size, " bytes, given ", bytes.size());
  const std::string header = idx_header(dims);
  const std::string_view parts[] = {header, as_text(bytes)};
  path.extension() == ".gz" ? write_gzip(path, parts) : write_atomically(path, parts);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
