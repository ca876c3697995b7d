#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <set>

#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/safetensors.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors: numbers are little-endian");

struct Type {
  std::string_view name;
  std::size_t size;  // bytes
};
constexpr Type types[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                          {"U64", 8}, {"I32", 4}, {"U32", 4}, {"I16", 2},  {"U16", 2},
                          {"I8", 1},  {"U8", 1},  {"BOOL", 1}};

const Type* find_type(std::string_view name) {
  const auto type =
      std::find_if(std::begin(types), std::end(types), [&](auto& t) { return t.name == name; });
  return type == std::end(types) ? nullptr : type;
}

// False when it does not fit a number.
bool size_of(std::span<const std::size_t> shape, std::size_t& size) {
  return std::none_of(shape.begin(), shape.end(),
                      [&](std::size_t n) { return __builtin_mul_overflow(size, n, &size); });
}

std::string text_of(std::span<const std::size_t> shape) {
  std::string text = "(";
  for (const std::size_t n : shape) text += concat(text.size() > 1 ? ", " : "", n);
  return text + ")";
}

bool has_numbers(const nlohmann::json& entry, const char* key) {
  if (!entry.is_object() || !entry.contains(key) || !entry[key].is_array()) return false;
  return std::all_of(entry[key].begin(), entry[key].end(),
                     [](const nlohmann::json& j) { return j.is_number_unsigned(); });
}

constexpr std::size_t header_limit = 100'000'000;  // the reference implementation's
constexpr std::string_view damaged =
    "the file is damaged or no safetensors file, take the copy before it";

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const Tensor> tensors,
                       const Metadata& metadata) {
  // Wide numbers first: then every tensor is aligned to its own numbers.
  std::vector<const Tensor*> order;
  for (const auto& t : tensors) order.push_back(&t);
  const auto width = [&](const Tensor* t) {
    const Type* type = find_type(t->dtype);
    check(type, path.native(), ": tensor ", t->name, ": unknown type: ", t->dtype);
    return type->size;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](auto* a, auto* b) { return width(a) > width(b); });

  auto header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::vector<std::string_view> parts(2);
  std::set<std::string_view> names{"__metadata__"};
  std::size_t at = 0;
  for (const Tensor* t : order) {
    std::size_t size = width(t);
    check(size_of(t->shape, size) && size == t->bytes.size(), path.native(), ": tensor ", t->name,
          ": shape ", text_of(t->shape), " of ", t->dtype, " does not fit its ", t->bytes.size(),
          " bytes");
    check(names.insert(t->name).second, path.native(), ": tensor name used twice: ", t->name);
    header[t->name] = {{"dtype", t->dtype}, {"shape", t->shape}, {"data_offsets", {at, at + size}}};
    at += size;
    parts.push_back(t->bytes);
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  parts[0] = {reinterpret_cast<const char*>(&length), sizeof length};
  parts[1] = text;
  write_atomically(path, parts);
}

const Tensor* SafeTensors::find(std::string_view name) const {
  const auto t =
      std::find_if(tensors_.begin(), tensors_.end(), [&](auto& x) { return x.name == name; });
  return t == tensors_.end() ? nullptr : &*t;
}

const Tensor& SafeTensors::expect(std::string_view name, std::span<const std::size_t> shape,
                                  std::optional<std::size_t> count) const {
  const Tensor* t = find(name);
  check(t, file_, ": no tensor ", name, " among its ", tensors_.size(), hint,
        "is this the right file?");
  std::size_t size = 1;
  check(std::equal(shape.begin(), shape.end(), t->shape.begin(), t->shape.end()) &&
            size_of(shape, size) && size == count.value_or(size),
        file_, ": tensor ", name, " has shape ", text_of(t->shape), ", expected is ",
        text_of(shape), hint, "is this the right file?");
  return *t;
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  const std::string& where = file.name();
  std::uint64_t length = 0;
  check(file.read(0, &length, 8) == 8 && length <= std::min(file.size() - 8, header_limit), where,
        ": not a safetensors file: it claims a header of ", length, " bytes, the file has ",
        file.size(), hint, damaged);
  std::string text(length, '\0');
  check(file.read(8, text.data(), length) == length, where, ": truncated: no ", length,
        " bytes of header", hint, damaged);
  const auto header = nlohmann::json::parse(text, nullptr, false);
  check(header.is_object(), where, ": its header is not a JSON object: ", length, " bytes", hint,
        damaged);

  const std::size_t data_size = file.size() - 8 - length;
  SafeTensors result;
  result.file_ = where;
  struct Place {
    std::size_t begin, end, tensor;
  };
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      check(entry.is_object(), where, ": its metadata are not an object", hint, damaged);
      for (const auto& [key, value] : entry.items()) {
        check(value.is_string(), where, ": its metadata are not texts: ", key, hint, damaged);
        result.metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    check(has_numbers(entry, "shape") && has_numbers(entry, "data_offsets") &&
              entry["data_offsets"].size() == 2 && entry.contains("dtype") &&
              entry["dtype"].is_string(),
          where, ": tensor ", name, " is not described by dtype, shape and data_offsets", hint,
          damaged);
    const auto dtype = entry["dtype"].get<std::string>();
    const Type* type = find_type(dtype);
    check(type, where, ": tensor ", name, " has an unknown type: ", dtype, hint, damaged);
    const auto shape = entry["shape"].get<std::vector<std::size_t>>();
    const auto begin = entry["data_offsets"][0].get<std::size_t>(),
               end = entry["data_offsets"][1].get<std::size_t>();
    std::size_t size = type->size;
    check(size_of(shape, size) && begin <= end && end - begin == size && end <= data_size, where,
          ": tensor ", name, " lies: shape ", text_of(shape), " of ", dtype, " at bytes ", begin,
          " to ", end, " of ", data_size, hint, damaged);
    places.push_back({begin, end, result.tensors_.size()});
    result.tensors_.push_back({name, shape, type->name, {}});
  }
  std::sort(places.begin(), places.end(),
            [](auto& a, auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::size_t at = 0;
  for (const auto& p : places) {
    check(p.begin == at, where, ": gap or overlap before tensor ", result.tensors_[p.tensor].name,
          ": at byte ", p.begin, ", expected ", at, hint, damaged);
    at = p.end;
  }
  check(at == data_size, where, ": truncated or trailing bytes: the header claims ", at,
        " bytes, there are ", data_size, hint, damaged);
  check_memory(where, data_size);

  result.data_.resize(data_size);
  check(file.read(8 + length, result.data_.data(), data_size) == data_size, where,
        ": truncated while reading", hint, damaged);
  for (const auto& p : places)
    result.tensors_[p.tensor].bytes = {result.data_.data() + p.begin, p.end - p.begin};
  return result;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
