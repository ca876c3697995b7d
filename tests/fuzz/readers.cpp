#include <boost/crc.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include <vaegrad/lab/data/formats/amat.hpp>
#include <vaegrad/lab/data/formats/idx.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>
#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/uses/coder.hpp>

#include "../lab/folder.hpp"
#include "memory_files.hpp"
#include "readers.hpp"

namespace {

using namespace vaegrad;

void require(bool condition) {
  if (!condition) std::abort();
}
std::size_t product(std::span<const std::size_t> dims) {
  std::size_t n = 1;
  for (const std::size_t d : dims) n *= d;
  return n;
}

void idx(std::string_view input) {
  const MemoryFiles files({"a", input});
  const Idx got = read_idx("a");
  require(got.bytes.size() == product(got.dims));
  if (!input.starts_with("\x1f\x8b"))
    require(idx_header(got.dims) + std::string(as_text(std::span(got.bytes))) == input);
}

std::string deflated(std::string_view input, bool gzip) {
  namespace io = boost::iostreams;
  std::string packed;
  io::zlib_params params(1);
  params.window_bits = gzip ? 15 + 16 : 15;
  io::filtering_ostream out;
  out.push(io::zlib_compressor(params));
  out.push(io::back_inserter(packed));
  out << input;
  out.reset();
  return packed;
}

// As it is, or packed here, so that what lies behind the checksum is reached too.
void idx_gz(std::string_view input) {
  if (input.empty()) return;
  const bool packed = input[0] & 1;
  input.remove_prefix(1);
  packed ? idx(input) : idx(deflated(input, true));
}

void check_array(const Array& a) {
  require(a.bytes.empty() || a.values.empty());
  require(a.bytes.size() + a.values.size() == product(a.dims));
  for (const float x : a.values) require(std::isfinite(x));
}
void npy(std::string_view input) {
  const MemoryFiles files({"a", input});
  check_array(read_npy("a"));
}
void csv(std::string_view input) {
  const MemoryFiles files({"a", input});
  check_array(read_csv("a"));
}
void amat(std::string_view input) {
  const MemoryFiles files({"a", input});
  check_array(read_amat("a"));
}

// Files that are there for std::filesystem, too
struct ThereToo : Folder {
  ThereToo() {
    for (const char* name : {"a.idx", "a.npy", "a.csv", "config.ini", "model.safetensors"})
      std::ofstream(path / name);
  }
};
const Folder& folder() {
  static const ThereToo folder;
  return folder;
}

// The first byte chooses what it is called.
void data_set(std::string_view input) {
  if (input.empty()) return;
  const char* const names[] = {"a.idx", "a.npy", "a.csv"};
  const char* const name = names[std::uint8_t(input[0]) % 3];
  const std::string path = folder() / name;
  const MemoryFiles files({name, input.substr(1)});
  const DataSet set = load_data_set(path, {});
  require(set.train.count() > 0 && set.test.count() > 0);
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t n = 0;
  for (const char c : bytes.substr(0, 4)) n = n << 8 | std::uint8_t(c);
  return n;
}
std::string big_endian(std::uint32_t n) {
  return {char(n >> 24), char(n >> 16), char(n >> 8), char(n)};
}
// A chunk of a PNG file, with its checksum: CRC-32 of type and bytes
std::string chunk(std::string_view type_and_bytes) {
  boost::crc_32_type sum;
  sum.process_bytes(type_and_bytes.data(), type_and_bytes.size());
  return concat(big_endian(std::uint32_t(type_and_bytes.size() - 4)), type_and_bytes,
                big_endian(sum.checksum()));
}
std::string chunks_made_right(std::string_view input) {
  std::string to(input.substr(0, 8));
  for (input.remove_prefix(to.size()); input.size() >= 12;) {
    const std::size_t bytes = std::min<std::size_t>(big_endian(input), input.size() - 12);
    to += chunk(input.substr(4, 4 + bytes));
    input.remove_prefix(12 + bytes);
  }
  return to;
}

// One image in its folder. The first byte says what the rest is: 0 a file, 1 a PNG file whose
// checksums are made right, 2 the header of one (13 bytes) and what is to be packed in it.
void image_folder(std::string_view input) {
  static const struct OneFile : Folder {
    OneFile() { std::ofstream(path / "a.png"); }
  } folder;
  if (input.empty()) return;
  const int what = std::uint8_t(input[0]) % 3;
  input.remove_prefix(1);
  std::string file(input);
  if (what == 1) file = chunks_made_right(input);
  if (what == 2) {
    const std::string_view header = input.substr(0, 13);
    file = concat("\x89PNG\r\n\x1a\n", chunk(concat("IHDR", header)),
                  chunk("IDAT" + deflated(input.substr(header.size()), false)), chunk("IEND"));
  }
  const MemoryFiles files({"a.png", file});
  const Array a = read_image_folder(folder.path);
  check_array(a);
  require(a.dims.size() == 4 && a.dims[0] == 1 && (a.dims[3] == 1 || a.dims[3] == 3));
}

void safetensors(std::string_view input) {
  const MemoryFiles files({"a", input});
  const SafeTensors file = read_safetensors("a");
  for (const Tensor& t : file.tensors()) {
    if (t.dtype != "F32" && t.dtype != "F64") continue;
    const auto values = file.values<double>(t.name, t.shape);
    require(values.size() == product(t.shape));
  }
}

void config(std::string_view input) {
  const MemoryFiles files({"a", input});
  Settings settings;
  read_config("a", settings);
  const std::string text = config_text(settings);
  const MemoryFiles again({"a", text});
  Settings same;
  read_config("a", same);
  require(config_text(same) == text);
}

void metrics(std::string_view input) {
  const std::string path = folder().path;
  const MemoryFiles files({"metrics.csv", input});
  read_metrics(path);
}

// A run's folder: the length of its configuration as two bytes, the configuration, the weights.
void run(std::string_view input) {
  if (input.size() < 2) return;
  const std::size_t length = std::uint8_t(input[0]) + 256u * std::uint8_t(input[1]);
  input.remove_prefix(2);
  const auto configuration = input.substr(0, length);
  const std::string path = folder().path;
  const MemoryFiles files({"config.ini", configuration},
                          {"model.safetensors", input.substr(configuration.size())});
  try {
    load_run(path);
  } catch (const Error&) {
  }
  make_coder(read_run_files(path));
}

}  // namespace

std::span<const Reader> readers() {
  static constexpr Reader all[] = {{"idx", idx},
                                   {"idx-gz", idx_gz},
                                   {"npy", npy},
                                   {"csv", csv},
                                   {"amat", amat},
                                   {"data-set", data_set},
                                   {"image-folder", image_folder},
                                   {"config", config},
                                   {"metrics", metrics},
                                   {"run", run},
                                   {"safetensors", safetensors},
                                   {"archive", read_archive}};
  return all;
}
