#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include <future>
#include <memory>
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

bool GzipReader::read_at_once(std::span<char> to) {
  constexpr std::size_t most = std::size_t{1} << 30;  // which is held beside what it becomes
  const InputFile& file = source_.file;
  if (file.size() > most) return false;
  const auto memory = std::make_unique_for_overwrite<char[]>(file.size());
  const std::span packed(memory.get(), file.size());
  advise_large_pages(packed.data(), packed.size());
  if (file.read(0, packed.data(), packed.size()) != packed.size()) return false;
  const bool large = packed.size() > 1 << 20;  // then it is hashed while it is unpacked
  auto hash = std::async(large ? std::launch::async : std::launch::deferred, [&] {
    Sha256 of_all;
    of_all.update(packed.data(), packed.size());
    return of_all;
  });
  const bool done = unpack_at_once(Deflated::gzip, packed, to);
  if (done) source_.hash = hash.get(), source_.at = packed.size();
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
    bytes.resize(announced_size);
    if (read_at_once(bytes)) return bytes;
    bytes.clear();
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

bool unpack_at_once(Deflated kind, std::span<const char> packed, std::span<char> to) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> by(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  check(by != nullptr, "libdeflate: no memory to unpack ", to.size(), " bytes");
  const auto unpack =
      kind == Deflated::gzip ? libdeflate_gzip_decompress_ex : libdeflate_deflate_decompress_ex;
  std::size_t used = 0, made = 0;
  return unpack(by.get(), packed.data(), packed.size(), to.data(), to.size(), &used, &made) ==
             LIBDEFLATE_SUCCESS &&
         used == packed.size() && made == to.size();
}

void advise_large_pages(void* memory, std::size_t bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto at = reinterpret_cast<std::uintptr_t>(memory), begin = (at + page - 1) / page * page;
  const std::uintptr_t end = (at + bytes) / page * page;
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // or not
}

}  // namespace vaegrad::inline VAEGRAD_ABI
