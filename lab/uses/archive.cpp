#include <algorithm>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/hashed_file.hpp>
#include <vaegrad/lab/uses/archive.hpp>
#include <vaegrad/models/coding/crc64.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::string_view magic("\x89VAEZ\r\n\x1a", 8);
constexpr std::uint32_t version = 1, stored_bit = 1u << 31;
constexpr std::size_t most_ratio = 512;  // pixels per byte of archive

template <class T>
void put(std::string& to, T x) {
  for (std::size_t i = 0; i < sizeof x; ++i) to += char(x >> (8 * i) & 0xff);
}

// Takes an archive apart from the front; never beyond its end.
struct Reader {
  std::string_view left;

  std::string_view bytes(std::size_t n) {
    check(n <= left.size(), "damaged archive: ", n, " bytes announced, ", left.size(), " there",
          hint, damaged_hint);
    const std::string_view part = left.substr(0, n);
    left.remove_prefix(n);
    return part;
  }
  template <class T>
  T number() {
    T x = 0;
    const std::string_view from = bytes(sizeof x);
    for (std::size_t i = 0; i < sizeof x; ++i) x |= T(std::uint8_t(from[i])) << (8 * i);
    return x;
  }
};

// Stream s holds the images [first(s), first(s + 1)).
struct Streams {
  std::size_t images, count;

  Streams(std::size_t n, Index dimensions) : images(n) {
    const std::size_t most =
        std::clamp<std::size_t>((stored_bit - 1) / std::size_t(dimensions), 1, 1250);
    count = n / most + (n % most != 0);
  }
  std::size_t first(std::size_t s) const {
    return s * (images / count) + std::min(s, images % count);
  }
};

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::uint64_t checksum(const std::string& header, std::span<const std::uint8_t> pixels) {
  Crc64 sum;
  sum.add(header);
  sum.add(pixels);
  return sum.value();
}

}  // namespace

Archive compress(const BitsBack& coder, const ImageFile& file) {
  const auto D = std::size_t(coder.dimensions());
  const std::size_t images = file.pixels.size() / D;
  const Streams streams(images, coder.dimensions());
  struct Part {
    std::string bytes;
    bool stored = false;
    std::size_t start_up_bits = 0;
  };
  std::vector<Part> parts(streams.count);
  parallel_for(Index(streams.count), true, [&](Index s) {
    const std::size_t first = streams.first(std::size_t(s)),
                      end = streams.first(std::size_t(s) + 1);
    const auto from = std::span(file.pixels).subspan(first * D, (end - first) * D);
    Part& part = parts[std::size_t(s)];
    const Rans stack = coder.compress(from);
    if (part.stored = 8 + 4 * stack.words().size() >= from.size(); part.stored) {
      part.bytes = as_text(from);
      return;
    }
    put(part.bytes, stack.state());
    for (const std::uint32_t word : stack.words()) put(part.bytes, word);
    part.start_up_bits = stack.start_up_bits();
  });

  Archive archive;
  std::string& to = archive.bytes;
  to += magic;
  put(to, version);
  put(to, coder.fingerprint());
  put(to, checksum(file.header, file.pixels));
  put(to, std::uint64_t(images));
  put(to, std::uint32_t(file.header.size()));
  to += file.header;
  for (const Part& p : parts) {
    put(to, std::uint32_t(p.bytes.size()) | (p.stored ? stored_bit : 0));
    archive.stored += p.stored;
    archive.start_up_bits += p.start_up_bits;
  }
  for (const Part& p : parts) to += p.bytes;
  to.resize(std::max(to.size(), file.pixels.size() / most_ratio));
  Crc64 all;
  all.add(to);
  put(to, all.value());
  archive.streams = streams.count;
  return archive;
}

ImageFile decompress(const BitsBack& coder, std::string_view archive) {
  Reader reader{archive};
  check(archive.starts_with(magic), "not an archive of vaegrad", hint,
        "vaegrad compress RUN IN OUT writes one");
  reader.bytes(magic.size());
  const auto of_version = reader.number<std::uint32_t>();
  check(of_version == version, "an archive of version ", of_version, ", only ", version,
        " can be read", hint, "a newer vaegrad reads it, or it is damaged");
  check(reader.left.size() >= 8, "damaged archive: ", archive.size(), " bytes", hint, damaged_hint);
  Crc64 all;
  all.add(archive.substr(0, archive.size() - 8));
  check(all.value() == Reader{archive.substr(archive.size() - 8)}.number<std::uint64_t>(),
        "damaged archive: the checksum of its ", archive.size(), " bytes is wrong", hint,
        damaged_hint);
  reader.left.remove_suffix(8);
  check(reader.number<std::uint64_t>() == coder.fingerprint(),
        "it was compressed with another model", hint,
        "decompress with the run it was compressed with, and its --weights");

  const auto sum = reader.number<std::uint64_t>(), images = reader.number<std::uint64_t>();
  ImageFile file;
  file.header = reader.bytes(reader.number<std::uint32_t>());
  const Streams streams(images, coder.dimensions());
  const auto D = std::size_t(coder.dimensions());
  // .. and each stream has at least 8 bytes and its length
  check(images <= (most_ratio * archive.size()) / D && streams.count <= reader.left.size() / 12,
        "damaged archive: ", images, " images announced, ", reader.left.size(), " bytes there",
        hint, damaged_hint);
  check_memory("decompressing", images * D);

  struct Part {
    std::string_view bytes;
    bool stored;
  };
  std::vector<Part> parts;
  Reader lengths{reader.bytes(4 * streams.count)};
  for (std::size_t s = 0; s < streams.count; ++s) {
    const auto length = lengths.number<std::uint32_t>();
    parts.push_back({reader.bytes(length & ~stored_bit), (length & stored_bit) != 0});
    const std::size_t pixels = (streams.first(s + 1) - streams.first(s)) * D;
    const Part& p = parts.back();
    check(p.stored ? p.bytes.size() == pixels : p.bytes.size() >= 8 && p.bytes.size() % 4 == 0,
          "damaged archive: a stream of ", p.bytes.size(), " bytes for ", pixels, " pixels", hint,
          damaged_hint);
  }
  const std::size_t needed = archive.size() - 8 - reader.left.size();
  check(reader.left.size() == std::max(needed, images * D / most_ratio) - needed &&
            reader.left.find_first_not_of('\0') == reader.left.npos,
        "damaged archive: ", reader.left.size(), " bytes more than announced", hint, damaged_hint);

  file.pixels.resize(images * D);
  parallel_for(Index(streams.count), true, [&](Index index) {
    const auto s = std::size_t(index);
    const std::size_t first = streams.first(s), end = streams.first(s + 1);
    const auto to = std::span(file.pixels).subspan(first * D, (end - first) * D);
    if (parts[s].stored) {
      std::ranges::copy(as_bytes(parts[s].bytes), to.begin());
      return;
    }
    Reader from{parts[s].bytes};
    const auto state = from.number<std::uint64_t>();
    std::vector<std::uint32_t> words;
    while (!from.left.empty()) words.push_back(from.number<std::uint32_t>());
    coder.decompress(Rans(state, std::move(words)), to);
  });
  check(checksum(file.header, file.pixels) == sum,
        "damaged archive: what comes out is not what was compressed", hint, damaged_hint);
  return file;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
