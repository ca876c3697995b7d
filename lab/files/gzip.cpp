#include <vaegrad/lab/files/gzip.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace io = boost::iostreams;

std::string_view explain(const io::gzip_error& e) {
  switch (e.error()) {
    case io::gzip::bad_crc:
      return "its checksum does not match";
    case io::gzip::bad_length:
      return "its length does not match";
    case io::gzip::bad_header:
      return "bytes that are not gzip follow, or its header is wrong";
    case io::gzip::bad_footer:
      return "its end is missing";
    default:
      return "it cannot be unpacked";
  }
}

struct Source {  // as Boost reads
  using char_type = char;
  using category = io::source_tag;

  HashedFile& file;
  std::streamsize read(char* to, std::streamsize bytes) {
    const std::size_t got = file.read(to, static_cast<std::size_t>(bytes));
    return got > 0 || bytes == 0 ? static_cast<std::streamsize>(got) : -1;
  }
};

}  // namespace

bool is_gzip(const InputFile& file) {
  unsigned char magic[2] = {};
  if (file.read(0, magic, 2) != 2 || magic[0] != 0x1f || magic[1] != 0x8b) return false;
  // The smallest gzip file: 10 bytes of header, 2 of deflate, 8 of trailer.
  check(file.size() >= 20, file.name(), ": truncated: a gzip file of ", file.size(), " bytes", hint,
        damaged_hint);
  return true;
}

std::size_t GzipReader::read(void* to, std::size_t bytes) {
  std::size_t done = 0;
  try {
    while (done < bytes) {
      Source packed{source_};
      const auto got = unpack_.read(packed, static_cast<char*>(to) + done,
                                    static_cast<std::streamsize>(bytes - done));
      if (got < 0) break;
      done += static_cast<std::size_t>(got);
    }
  } catch (const io::gzip_error& e) {
    fail(source_.file.name(), ": damaged gzip file: ", explain(e), ", after ", source_.at, " of ",
         source_.file.size(), " bytes", hint, damaged_hint);
  } catch (const std::ios_base::failure&) {
    fail(source_.file.name(), ": damaged gzip file: it cannot be unpacked, after ", source_.at,
         " of ", source_.file.size(), " bytes", hint, damaged_hint);
  }
  return done;
}

std::uint32_t GzipReader::announced() const {
  std::uint32_t size = 0;
  unsigned char trailer[4] = {};
  source_.file.read(source_.file.size() - 4, trailer, 4);
  for (int k = 3; k >= 0; --k) size = size << 8 | trailer[k];
  return size;
}

std::string GzipReader::read_all() {
  constexpr std::size_t piece = 1 << 18;
  std::string bytes;
  const std::size_t announced_size = announced(), most = best * source_.file.size();
  if (announced_size <= most) {
    check_memory(source_.file.name(), announced_size);
    bytes.reserve(announced_size + piece);
  }
  while (true) {
    const std::size_t had = bytes.size();
    check(had <= most, source_.file.name(), ": damaged gzip file: more than ", most, " bytes", hint,
          damaged_hint);
    check_memory(source_.file.name(), had);
    bytes.resize(had + piece);
    const std::size_t got = read(bytes.data() + had, piece);
    bytes.resize(had + got);
    if (got < piece) return bytes;
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
