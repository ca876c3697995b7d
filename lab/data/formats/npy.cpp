#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>
#include <vaegrad/lab/data/formats/npy.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);

// The text after 'key': in the header's dictionary, or nothing.
std::string_view after(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const auto at = header.find(concat(quote, key, quote));
    if (at == header.npos) continue;
    header.remove_prefix(at + key.size() + 2);
    const auto colon = header.find_first_not_of(' ');
    if (colon == header.npos || header[colon] != ':') return {};
    header.remove_prefix(colon + 1);
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    return header;
  }
  return {};
}

struct Header {
  std::string type;  // such as <f4
  bool fortran = false;
  std::vector<std::size_t> dims;
};

Header parse(std::string_view text, const std::string& name) {
  const auto broken = [&](const char* key) {
    fail(name, ": not an NPY file: its header has no valid ", key, hint, damaged_hint);
  };
  Header header;
  std::string_view type = after(text, "descr"), order = after(text, "fortran_order"),
                   shape = after(text, "shape");
  check(!type.starts_with('['), name, ": records instead of numbers: the type is a list", hint,
        "save one field of them: numpy.save(file, x['field'])");
  if (type.empty() || (type[0] != '\'' && type[0] != '"')) broken("'descr'");
  type.remove_prefix(1);
  header.type = type.substr(0, std::min(type.find_first_of("'\""), type.size()));
  if (!order.starts_with("True") && !order.starts_with("False")) broken("'fortran_order'");
  header.fortran = order.starts_with("True");
  if (!shape.starts_with('(')) broken("'shape'");
  while (true) {
    shape.remove_prefix(1);  // ( or ,
    shape.remove_prefix(std::min(shape.find_first_not_of(' '), shape.size()));
    if (shape.starts_with(')')) break;
    std::size_t n = 0;
    const auto [end, status] = std::from_chars(shape.data(), shape.data() + shape.size(), n);
    if (status != std::errc{}) broken("'shape'");
    header.dims.push_back(n);
    shape.remove_prefix(static_cast<std::size_t>(end - shape.data()));
    if (shape.starts_with(')')) break;
    if (!shape.starts_with(',')) broken("'shape'");
  }
  return header;
}

// Bytes of the file per element, and the elements as floats. A table, so another type is one row.
template <class T>
void to_floats(const char* from, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    T x;
    std::memcpy(&x, from + i * sizeof x, sizeof x);
    to[i] = static_cast<float>(x);
    if constexpr (std::is_integral_v<T> && sizeof(T) >= 4)  // beyond 2^24 a float has gaps: NaN is
      if (std::cmp_greater(x, 1 << 24) || std::cmp_less(x, -(1 << 24)))
        to[i] = NAN;  // refused below
  }
}
// IEEE 754 binary16
struct Half {
  std::uint16_t bits;
  explicit operator float() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent     ? std::ldexp(float(1024 + fraction), exponent - 25)
                                      : std::ldexp(float(fraction), -24);
    return bits & 0x8000 ? -size : size;
  }
};
template <class T>
void to_floats_swapped(const char* from, std::span<float> to) {  // most significant byte first
  for (std::size_t i = 0; i < to.size(); ++i) {
    char x[sizeof(T)];
    for (std::size_t k = 0; k < sizeof x; ++k) x[k] = from[(i + 1) * sizeof x - 1 - k];
    to_floats<T>(x, to.subspan(i, 1));
  }
}
struct Type {
  std::string_view name;
  std::size_t size;
  void (*convert)(const char* from, std::span<float> to);  // null: bytes stay bytes
};
constexpr Type types[] = {
    {"|u1", 1, nullptr},
    {"|b1", 1, nullptr},
    {"|i1", 1, to_floats<std::int8_t>},
    {"<f2", 2, to_floats<Half>},
    {"<f4", 4, to_floats<float>},
    {"<f8", 8, to_floats<double>},
    {"<i2", 2, to_floats<std::int16_t>},
    {"<i4", 4, to_floats<std::int32_t>},
    {"<i8", 8, to_floats<std::int64_t>},
    {"<u2", 2, to_floats<std::uint16_t>},
    {"<u4", 4, to_floats<std::uint32_t>},
    {"<u8", 8, to_floats<std::uint64_t>},
    {">f4", 4, to_floats_swapped<float>},
    {">f8", 8, to_floats_swapped<double>},
    {">i2", 2, to_floats_swapped<std::int16_t>},
    {">i4", 4, to_floats_swapped<std::int32_t>},
    {">i8", 8, to_floats_swapped<std::int64_t>},
    {">u2", 2, to_floats_swapped<std::uint16_t>},
    {">u4", 4, to_floats_swapped<std::uint32_t>},
    {">u8", 8, to_floats_swapped<std::uint64_t>},
};

const Type& find_type(const std::string& type, const std::string& name) {
  for (const Type& t : types)
    if (t.name == type) return t;
  const bool object = type.size() > 1 && type[1] == 'O';
  fail(name, ": elements of type '", type, "' are not read", object ? ": Python objects" : "", hint,
       object ? "arrays of different sizes? bring them to one size, then numpy.stack"
              : "x.astype('uint8') for images with values 0..255, x.astype('<f4') for tables");
}

// Of elements in Fortran's order, the first index fastest, as pandas has its tables
template <class T>
void to_rows_first(std::vector<T>& x, const std::vector<std::size_t>& dims) {
  std::vector<T> to(x.size());
  std::vector<std::size_t> index(dims.size());
  std::size_t from = 0;
  for (T& y : to) {
    y = x[from];
    std::size_t stride = x.size();
    for (std::size_t k = dims.size(); k-- > 0;) {  // the next index, the last one fastest
      stride /= dims[k];
      from += stride;
      if (++index[k] < dims[k]) break;
      from -= stride * dims[k], index[k] = 0;
    }
  }
  x = std::move(to);
}

}  // namespace

std::vector<std::size_t> npy_dims(std::string_view start, const std::string& name) {
  if (!start.starts_with(magic) || start.size() < 12) return {};
  const auto end = start.find('}');
  return end == start.npos ? std::vector<std::size_t>{}
                           : parse(start.substr(0, end + 1), name).dims;
}

Array read_npy(const std::filesystem::path& path) {
  ByteInput input(path);
  return read_npy(input);
}

Array read_npy(ByteInput& source) {
  const std::string& name = source.name();
  check(source.size() > 0, name, ": empty file: 0 bytes", hint, damaged_hint);
  unsigned char start[12] = {};
  const std::size_t got = source.read(start, 10);
  check(got == 10 && std::memcmp(start, magic.data(), magic.size()) == 0, name,
        ": not an NPY file: it does not begin with \\x93NUMPY", hint,
        "numpy.save(file, x) writes one");
  check(start[6] >= 1 && start[6] <= 3, name, ": NPY version ", int{start[6]},
        ", only 1, 2 and 3 are read", hint, "numpy.save(file, x) writes version 1");
  std::size_t length = start[8] | std::size_t{start[9]} << 8;
  if (start[6] > 1) {
    source.read(start + 10, 2);
    length |= std::size_t{start[10]} << 16 | std::size_t{start[11]} << 24;
  }
  check(length <= 1 << 16 && length <= source.size(), name, ": its header lies: it claims to be ",
        length, " bytes long, the file has ", source.size(), hint, damaged_hint);
  std::string text(length, '\0');
  text.resize(source.read(text.data(), length));
  const Header header = parse(text, name);
  const Type& type = find_type(header.type, name);
  const bool columns_first = header.fortran && header.dims.size() > 1;

  std::size_t count = 1, claimed = 0;
  bool overflow = false;
  for (const std::size_t n : header.dims) overflow |= __builtin_mul_overflow(count, n, &count);
  overflow |= __builtin_mul_overflow(count, type.size, &claimed);
  const std::size_t have = source.size() - source.at();
  check(!overflow && claimed == have, name, ": ",
        overflow || claimed > have ? "truncated" : "trailing bytes", ": the header claims ",
        sizes(header.dims), " of ", type.size,
        overflow ? " bytes each, more than 2^64" : " bytes each", ", the file has ", have,
        " bytes of them", hint, damaged_hint);

  Array array{header.dims};
  check_memory(name, (columns_first ? 2 : 1) * count * (type.convert ? sizeof(float) : 1));
  std::size_t read = 0;
  if (!type.convert) {
    array.bytes.resize(count);
    read = source.read(array.bytes.data(), count);
    const bool is_bool = type.name == "|b1";
    for (std::size_t i = 0; is_bool && i < read; ++i)
      check(array.bytes[i] <= 1, name, ": a bool that is neither 0 nor 1: ", array.bytes[i], hint,
            damaged_hint);
  } else {
    array.values.resize(count);
    std::vector<char> piece(std::min(claimed, std::size_t{1} << 18));  // a multiple of 8, or all
    for (std::size_t done = 0; done < count;) {
      const std::size_t part = std::min(piece.size() / type.size, count - done);
      const std::size_t bytes = source.read(piece.data(), part * type.size);
      read += bytes;
      if (bytes < part * type.size) break;
      const auto to = std::span(array.values).subspan(done, part);
      type.convert(piece.data(), to);
      for (std::size_t i = 0; i < part; ++i)
        if (!std::isfinite(to[i]))
          fail(name, ": element ", done + i, " of ", sizes(header.dims),
               " is NaN, infinite, or too large for a float", hint,
               "remove or replace such rows: x[numpy.isfinite(x).all(axis=1)]");
      done += part;
    }
  }
  check(read == claimed, name, ": truncated: ", claimed, " bytes announced, ", read, " there", hint,
        damaged_hint);
  array.sha256 = source.sha256();
  if (columns_first)
    to_rows_first(array.bytes, array.dims), to_rows_first(array.values, array.dims);
  return array;
}

template <class T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> dims,
               std::span<const T> values) {
  std::string shape;
  std::size_t count = 1;
  for (const std::size_t n : dims) {
    shape += concat(n, ", ");
    count *= n;
  }
  check(count == values.size(), path.native(), ": not an array: ", dims.size(), " dimensions of ",
        count, " elements, given ", values.size());
  if (dims.size() > 1)
    shape.resize(shape.size() - 2);
  else if (dims.size() == 1)
    shape.resize(shape.size() - 1);  // a tuple of one: (3,)
  constexpr std::string_view type = sizeof(T) == 1   ? "|u1"
                                    : sizeof(T) == 2 ? "<u2"
                                    : sizeof(T) == 4 ? "<f4"
                                                     : "<f8";
  std::string header =
      concat("{'descr': '", type, "', 'fortran_order': False, 'shape': (", shape, "), }");
  // magic, version, length and header together a multiple of 64 bytes, ended by a line feed
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  const std::string head = concat(magic, '\x01', '\x00', static_cast<char>(header.size() & 0xff),
                                  static_cast<char>(header.size() >> 8), header);
  const std::string_view parts[] = {head, as_text(values)};
  write_atomically(path, parts);
}
template void write_npy(const std::filesystem::path&, std::span<const std::size_t>,
                        std::span<const std::uint8_t>);
template void write_npy(const std::filesystem::path&, std::span<const std::size_t>,
                        std::span<const std::uint16_t>);
template void write_npy(const std::filesystem::path&, std::span<const std::size_t>,
                        std::span<const float>);
template void write_npy(const std::filesystem::path&, std::span<const std::size_t>,
                        std::span<const double>);

}  // namespace vaegrad::inline VAEGRAD_ABI
