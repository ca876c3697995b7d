#include <algorithm>
#include <boost/crc.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <cstring>

#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/files/byte_input.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace io = boost::iostreams;

std::size_t number(std::string_view bytes, std::size_t at, std::size_t width) {  // little-endian
  std::size_t n = 0;
  for (std::size_t k = width; k-- > 0;) n = n << 8 | static_cast<unsigned char>(bytes[at + k]);
  return n;
}

struct Member {
  std::string name;
  std::size_t method, crc, packed, size, local_header;
  bool encrypted, array;
};

struct Packed {  // as Boost reads
  using char_type = char;
  using category = io::source_tag;

  const InputFile& file;
  std::size_t at, left;
  std::streamsize read(char* to, std::streamsize n) {
    const std::size_t got = file.read(at, to, std::min(left, std::size_t(n)));
    at += got, left -= got;
    return got > 0 || n == 0 ? std::streamsize(got) : -1;
  }
};

struct Zip {
  InputFile file;
  std::vector<Member> members = {};

  [[noreturn]] void refuse(std::string_view what) const {
    fail(file.name(), ": damaged: ", what, hint, damaged_hint);
  }
  std::string bytes(std::size_t at, std::size_t count) const {
    if (at > file.size() || count > file.size() - at) refuse("a part of it lies behind its end");
    std::string to(count, '\0');
    if (file.read(at, to.data(), count) != count) refuse("it cannot be read to its end");
    return to;
  }

  explicit Zip(const std::filesystem::path& path) : file(path) {
    // The end of the central directory: at most 64 KB before the file's end
    const std::size_t tail_size = std::min<std::size_t>(file.size(), 22 + 65535);
    const std::string tail = bytes(file.size() - tail_size, tail_size);
    const auto end = tail.rfind("PK\5\6");
    if (end == tail.npos || end + 22 > tail.size())
      refuse("it has no directory, was it cut short?");
    std::size_t count = number(tail, end + 10, 2), at = number(tail, end + 16, 4);
    if (end >= 20 && tail.compare(end - 20, 4, "PK\6\7") == 0) {  // of ZIP64
      const std::string wide = bytes(number(tail, end - 20 + 8, 8), 56);
      count = number(wide, 32, 8), at = number(wide, 48, 8);
    }
    for (; count > 0; --count) at = read_entry(at);
  }

  std::size_t read_entry(std::size_t at) {
    const std::string fixed = bytes(at, 46);
    if (fixed.compare(0, 4, "PK\1\2") != 0) refuse("its directory is broken");
    const std::size_t name_size = number(fixed, 28, 2), extra_size = number(fixed, 30, 2);
    const std::string rest = bytes(at + 46, name_size + extra_size);
    Member m{rest.substr(0, name_size),      number(fixed, 10, 2),
             number(fixed, 16, 4),           number(fixed, 20, 4),
             number(fixed, 24, 4),           number(fixed, 42, 4),
             (number(fixed, 8, 2) & 1) != 0, false};
    for (std::size_t e = name_size; e + 4 <= rest.size();) {
      const std::size_t size = number(rest, e + 2, 2);
      std::size_t field = e + 4, last = std::min(field + size, rest.size());
      for (std::size_t* n : {&m.size, &m.packed, &m.local_header})
        if (number(rest, e, 2) == 1 && *n == 0xffffffff && field + 8 <= last)
          *n = number(rest, field, 8), field += 8;
      e += 4 + size;
    }
    m.array = m.name.ends_with(".npy");
    if (m.array) m.name.resize(m.name.size() - 4);
    members.push_back(std::move(m));
    return at + 46 + name_size + extra_size + number(fixed, 32, 2);
  }

  // The unpacked bytes, at most `limit` of them and then unchecked.
  std::string unpack(const Member& m, std::size_t limit = SIZE_MAX) const {
    const std::string where = concat(file.name(), ":", m.name);
    check(!m.encrypted && (m.method == 0 || m.method == 8), where, ": packed by method ", m.method,
          m.encrypted ? " and encrypted" : "", hint, "numpy.savez or savez_compressed write it");
    check(m.size / GzipReader::best <= m.packed && m.packed <= file.size(), where,
          ": its directory lies: ", m.size, " bytes of ", m.packed, " packed ones", hint,
          damaged_hint);
    const std::string local = bytes(m.local_header, 30);
    if (local.compare(0, 4, "PK\3\4") != 0) refuse("a member is not where it should be");
    const std::size_t data = m.local_header + 30 + number(local, 26, 2) + number(local, 28, 2);
    const std::size_t wanted = std::min(limit, m.size);
    check_memory(where, wanted);
    if (m.method == 0) {
      check(m.size == m.packed, where, ": its directory lies: stored, but of two sizes", hint,
            damaged_hint);
      std::string to = bytes(data, wanted);
      if (wanted == m.size) check_sum(m, to, where);
      return to;
    }
    std::string to(wanted, '\0');
    if (wanted == m.size && unpack_at_once(Deflated::raw, bytes(data, m.packed), to)) {
      check_sum(m, to, where);
      return to;
    }
    io::zlib_params raw;
    raw.noheader = true;
    io::zlib_decompressor unpacker(raw, 1 << 16);
    Packed packed{file, data, m.packed};
    std::size_t done = 0;
    try {
      while (done < wanted) {
        const auto got = unpacker.read(packed, to.data() + done, std::streamsize(wanted - done));
        if (got < 0) break;
        done += std::size_t(got);
      }
    } catch (const std::ios_base::failure&) {
      done = 0;
    }
    check(done == wanted, where, ": damaged: it cannot be unpacked", hint, damaged_hint);
    if (wanted == m.size) check_sum(m, to, where);
    return to;
  }
  static void check_sum(const Member& m, const std::string& bytes, const std::string& where) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    check(crc.checksum() == m.crc, where, ": damaged: its checksum does not match", hint,
          damaged_hint);
  }
  std::vector<std::size_t> dims(const Member& m) const {
    return npy_dims(unpack(m, 4096), concat(file.name(), ":", m.name));
  }
  std::string listed() const {
    std::string text;
    for (std::size_t i = 0; i < members.size() && i < 20; ++i)
      text += concat(text.empty() ? "" : ", ", members[i].name);
    return members.size() > 20 ? text + ", .." : text;
  }
  // Error: it is an archive of something else.
  void check_arrays() const {
    const auto has = [&](auto is) {
      return std::any_of(members.begin(), members.end(),
                         [&](const Member& m) { return is(m.name); });
    };
    if (members.empty() ||
        std::any_of(members.begin(), members.end(), [](auto& m) { return m.array; }))
      return;
    if (has([](auto& n) { return n.starts_with("xl/"); }))
      fail(file.name(), ": an Excel workbook", hint, "save it as CSV");
    if (has([](auto& n) { return n == "content.xml"; }))
      fail(file.name(), ": an OpenDocument table", hint, "save it as CSV");
    if (has([](auto& n) { return n.ends_with("data.pkl"); }))
      fail(file.name(), ": a PyTorch file", hint, "numpy.save('x.npy', torch.load(FILE).numpy())");
    fail(file.name(), ": a ZIP archive without arrays; it holds ", listed(), hint, "unzip ",
         file.name(), ", then --data ", members[0].name);
  }
};

std::string sha256_of(const std::filesystem::path& path) {
  HashedFile file{InputFile(path)};
  std::vector<char> piece(1 << 18);
  while (file.read(piece.data(), piece.size()) == piece.size()) {
  }
  return file.hash.hex();
}

}  // namespace

std::vector<std::string> npz_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const Member& m : Zip(path).members) names.push_back(m.name);
  return names;
}

Array read_npz(const std::filesystem::path& path, const std::string& name) {
  const Zip zip(path);
  zip.check_arrays();
  const Member* chosen = nullptr;
  std::string several;
  for (const Member& m : zip.members) {
    if (name.empty() ? zip.dims(m).size() < 2 : m.name != name) continue;
    several += concat(several.empty() ? "" : " and ", m.name, ' ', sizes(zip.dims(m)));
    check(!chosen, zip.file.name(), ": which of its arrays? ", several, hint,
          "name one: ", zip.file.name(), ":", m.name);
    chosen = &m;
  }
  check(chosen, zip.file.name(), ": no array ", name.empty() ? "of images" : name,
        " in it; it holds ", zip.listed(), hint, "name one of them: ", zip.file.name(), ":NAME");
  ByteInput input(concat(zip.file.name(), ":", chosen->name), zip.unpack(*chosen), sha256_of(path));
  Array array = read_npy(input);
  if (name.empty()) array.note = concat("array ", chosen->name);
  return array;
}

NpzRoles npz_roles(const std::filesystem::path& path) {
  const std::vector<std::string> names = npz_names(path);
  const auto find = [&](std::initializer_list<const char*> bases, const char* part) -> std::string {
    for (const char* base : bases)
      for (const std::string& name :
           {concat(base, *part ? "_" : "", part), concat(part, *part ? "_" : "", base)})
        if (std::find(names.begin(), names.end(), name) != names.end()) return name;
    return "";
  };
  const auto images = [&](const char* part) {
    return find({"x", "X", "images", "data", "imgs", "features"}, part);
  };
  const auto labels = [&](const char* part) {
    return find({"y", "Y", "labels", "label", "targets"}, part);
  };
  NpzRoles roles{images("train"), labels("train"), images("test"), labels("test")};
  if (roles.images.empty()) roles = {images(""), labels(""), {}, {}};
  if (roles.test_images.empty()) roles.factors = find({"latents_classes", "factors"}, "");
  return roles;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
