// Readers before files that lie: those that fuzzing found, and those that claim the most that 4 KB
// can. None takes more than 64 MB of memory or a second. (This executable replaces malloc, to
// know.)
#include <doctest/doctest.h>
#include <malloc.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include <vaegrad/lab/data/formats/tables/csv.hpp>
#include <vaegrad/lab/files/file.hpp>

#include "../support/sanitized.hpp"
#include "readers.hpp"

namespace {
std::atomic<std::ptrdiff_t> held, most_held;  // bytes
}

#if !defined(VAEGRAD_SANITIZED)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}
namespace {
void* took(void* p) {
  if (p) {
    const std::ptrdiff_t now = held += std::ptrdiff_t(malloc_usable_size(p));
    if (now > most_held) most_held = now;
  }
  return p;
}
void gave(void* p) {
  if (p) held -= std::ptrdiff_t(malloc_usable_size(p));
}
}  // namespace
extern "C" {
void* malloc(std::size_t n) { return took(__libc_malloc(n)); }
void* calloc(std::size_t n, std::size_t size) { return took(__libc_calloc(n, size)); }
void* realloc(void* p, std::size_t n) { return gave(p), took(__libc_realloc(p, n)); }
void* memalign(std::size_t a, std::size_t n) { return took(__libc_memalign(a, n)); }
void* aligned_alloc(std::size_t a, std::size_t n) { return took(__libc_memalign(a, n)); }
int posix_memalign(void** to, std::size_t a, std::size_t n) {
  *to = took(__libc_memalign(a, n));
  return *to ? 0 : ENOMEM;
}
void free(void* p) { gave(p), __libc_free(p); }
}
#endif

namespace {

using namespace vaegrad;

constexpr std::size_t small = 4096;  // bytes

struct Worst {
  double seconds = 0;  // of the processor
  std::ptrdiff_t bytes = 0;
  int inputs = 0, errors = 0;
};

void feed(const Reader& reader, std::string_view input, Worst& worst) {
  const std::ptrdiff_t before = most_held = held.load();
  const std::clock_t start = std::clock();
  try {
    reader.read(input);
  } catch (const Error&) {
    ++worst.errors;
  }
  ++worst.inputs;
  worst.seconds = std::max(worst.seconds, double(std::clock() - start) / CLOCKS_PER_SEC);
  worst.bytes = std::max(worst.bytes, most_held - before);
}

std::vector<std::string> corpus(const Reader& reader) {
  std::vector<std::string> inputs;
  for (const auto& e :
       std::filesystem::directory_iterator(concat(VAEGRAD_CORPUS, '/', reader.name)))
    inputs.push_back(read_file(e.path(), 1 << 20));
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

std::string big_endian(std::initializer_list<std::uint32_t> numbers) {
  std::string to;
  for (const std::uint32_t n : numbers)
    for (int shift = 24; shift >= 0; shift -= 8) to += char(n >> shift & 0xff);
  return to;
}
template <class T>
std::string little_endian(T n) {
  return {reinterpret_cast<const char*>(&n), sizeof n};
}
std::string filled(std::string start, char with = '\0') {
  start.resize(std::max(start.size(), small), with);
  return start;
}
std::string npy(const std::string& type, const std::string& shape) {
  std::string header =
      concat("{'descr': '", type, "', 'fortran_order': False, 'shape': (", shape, "), }\n");
  return concat(std::string_view("\x93NUMPY\1\0", 8), little_endian(std::uint16_t(header.size())),
                header);
}
std::string tensors(const std::string& header) {
  return little_endian(std::uint64_t(header.size())) + header;
}
std::string repeated(std::string_view what, std::size_t bytes) {
  std::string to;
  while (to.size() + what.size() <= bytes) to += what;
  return to;
}
std::string run(const std::string& config, const std::string& height, const std::string& width) {
  const nlohmann::json header = {
      {"__metadata__", {{"height", height}, {"width", width}, {"conditions", "16777216"}}},
      {"encoder.mean.weight",
       {{"dtype", "F32"}, {"shape", {0, 1ull << 60}}, {"data_offsets", {0, 0}}}},
      {"encoder.mean.bias", {{"dtype", "F32"}, {"shape", {1, 0}}, {"data_offsets", {0, 0}}}}};
  return little_endian(std::uint16_t(config.size())) + config + tensors(header.dump());
}
// As tests/fuzz/archive.cpp has it made right: images announced, in streams of 8 bytes that do so.
std::string archive(std::uint64_t images, std::size_t streams) {
  std::string to("\x08\x00", 2);
  to += std::string(28, '\0') + little_endian(images) + little_endian(std::uint32_t{0});
  for (std::size_t s = 0; s < streams; ++s) to += little_endian(std::uint32_t{8});
  for (std::size_t s = 0; s < streams; ++s) to += little_endian(~std::uint64_t{0} >> 1);
  return filled(to);
}

// JPEG files
std::string marker(char code, std::string_view bytes) {
  const std::size_t n = bytes.size() + 2;
  return concat('\xff', code, char(n >> 8), char(n), bytes);
}
std::string jpeg_start(char kind, unsigned side, int channels, char sampling) {
  std::string frame{8, char(side >> 8), char(side), char(side >> 8), char(side), char(channels)};
  for (int c = 1; c <= channels; ++c) frame += {char(c), c == 1 ? sampling : '\x11', 0};
  return "\xff\xd8" + marker('\xdb', '\0' + std::string(64, '\1')) + marker(kind, frame);
}
std::string table(char which, char symbol) {  // its code is 0
  return marker('\xc4', concat(which, '\1', std::string(15, '\0'), symbol));
}
// Whole, grey and progressive: one bit for the mean of each block, and then scan after scan that
// says that there is nothing in any block, in two bytes. (EOB14: fourteen bits more are a run of
// blocks.)
std::string jpeg_scans(unsigned side, std::size_t scans, int width) {
  const unsigned blocks = side / 8 * (side / 8), run = blocks - (1u << 14);
  const std::string nothing{char(run >> 7), char(run << 1 | 1)};
  std::string to =
      concat(jpeg_start('\xc2', side, 1, '\x11'), table(0, 0), table(0x10, '\xe0'),
             marker('\xda', std::string{1, 1, 0, 0, 0, 0}), std::string(blocks / 8, '\0'));
  std::size_t n = 0;
  for (int bit = 13; bit >= 0;
       --bit)  // all coefficients from their highest bit down, a band at a time
    for (int first = 1; first < 64 && n < scans; first += width, ++n) {
      const char last = char(std::min(first + width - 1, 63));
      const char bits = char(bit == 13 ? bit : (bit + 1) << 4 | bit);
      to += marker('\xda', std::string{1, 1, 0, char(first), last, bits}) + nothing;
    }
  return to + "\xff\xd9";
}

// Parts of PNG files
std::string chunk(const std::string& type_and_bytes) {  // without its checksum
  return concat(big_endian({std::uint32_t(type_and_bytes.size() - 4)}), type_and_bytes, "....");
}
std::string packed(std::size_t zeros) {
  const std::string from(zeros, '\0');
  uLongf bytes = compressBound(zeros);
  std::string to(bytes, '\0');
  compress(reinterpret_cast<Bytef*>(to.data()), &bytes, reinterpret_cast<const Bytef*>(from.data()),
           zeros);
  to.resize(bytes);
  return to;
}
std::string png_start(std::uint32_t width, std::uint32_t height, char depth, char type, char lace) {
  return big_endian({width, height}) + std::string{depth, type, 0, 0, lace};
}

// By reader: files of 4 KB that claim as much as they can.
std::map<std::string, std::vector<std::string>> liars() {
  std::map<std::string, std::vector<std::string>> all;
  const std::string_view images("\0\0\x08\x03", 4);
  const std::string deep = filled(std::string("\0\0\x08\xff", 4), '\xff');
  const std::vector<std::string> idx{
      filled(concat(images, big_endian({0x7fffffff, 28, 28}))),
      filled(concat(images, big_endian({0xffffffff, 0xffffffff, 0xffffffff}))),
      filled(concat(images, big_endian({0xffffffff, 0, 0xffffffff}))),
      concat(images, big_endian({0xffffffff, 0xffffffff, 0})),
      deep,
      filled(concat(images, big_endian({4080, 1, 1})))};
  all["idx"] = idx;
  for (const std::string& file : idx) all["idx-gz"].push_back('\0' + file);
  // packed, 4 KB are some 4 MB of zeros
  for (const std::uint32_t n : {4'000'000u, 4'100'000u, 0x7fffffffu})
    all["idx-gz"].push_back('\0' +
                            concat(images, big_endian({n, 1, 1}), std::string(4'000'000, '\0')));
  for (const char* type : {"|u1", "|b1", "<f4", "<f8", "<i8"})
    for (const char* shape : {"9223372036854775807", "4294967296, 4294967296", "1099511627776, 0",
                              "500,", "18446744073709551616", "2305843009213693952, 8"})
      all["npy"].push_back(filled(npy(type, shape)));
  all["npy"].push_back(filled(npy("|u1", repeated("1,", 3000))));
  all["npy"].push_back(filled(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12)));
  for (const char* piece :
       {",", "1,", "1\n", "\n", " ", "9", "a,", "1e308,", "0.1e-9\n", "\r\n", "-"})
    all["csv"].push_back(repeated(piece, small));
  all["csv"].push_back(repeated("1,", small / 2) + '\n' + repeated("1\n", small / 2));
  all["csv"].push_back(repeated("1\n", small / 2) + repeated("1,", small / 2));
  for (const char* piece : {"0 ", "1\n", " "}) all["amat"].push_back(repeated(piece, small));
  for (const auto& [name, kind] :
       {std::pair("idx", '\0'), std::pair("npy", '\1'), std::pair("csv", '\2')})
    for (const std::string& file : all[name]) all["data-set"].push_back(kind + file);
  std::vector<std::string>& pictures = all["image-folder"];
  for (const char type : {'\0', '\2', '\4', '\6'})  // packed, 4 KB are some 4 MB of zeros
    for (const char lace : {'\0', '\1'})
      for (const std::uint32_t side : {2048u, 4096u, 0x7fffffffu})
        for (const char depth : {'\1', '\10', '\20'})
          pictures.push_back('\2' + png_start(side, side, depth, type, lace) +
                             std::string(2'200'000, '\0'));
  // a palette of two colours, whole
  for (const std::uint32_t side : {2048u, 4096u})
    pictures.push_back(concat('\1', "\x89PNG\r\n\x1a\n",
                              chunk("IHDR" + png_start(side, side, 1, 3, 0)),
                              chunk(std::string("PLTE\0\0\0\xff\xff\xff", 10)),
                              chunk("IDAT" + packed(side * (side / 8 + 1))), chunk("IEND")));
  for (const unsigned side : {2048u, 2360u, 4096u, 65500u})
    for (const char kind : {'\xc0', '\xc1', '\xc2', '\xc9', '\xca'})
      for (const int channels : {1, 3, 4})
        for (const char sampling : {'\x11', '\x44'}) {
          const std::string start =
              '\0' + jpeg_start(kind, side, channels, sampling) + table(0, 0) + table(0x10, 0);
          std::string scan{char(channels)};
          for (int c = 1; c <= channels; ++c) scan += {char(c), 0};
          scan += {0, kind == '\xc2' || kind == '\xca' ? '\0' : '\77', 0};
          pictures.push_back(filled(start + marker('\xda', scan)));
          pictures.push_back(start + repeated(marker('\xda', scan) + "..", small - start.size()));
          pictures.push_back(start + "\xff\xd9");
        }
  // of three components only the smallest has a scan, of 74 x 74 blocks
  pictures.push_back(concat('\0', jpeg_start('\xc2', 2360, 3, '\x44'), table(0, 0),
                            marker('\xda', std::string{1, 2, 0, 0, 0, 0}), std::string(685, '\0'),
                            "\xff\xd9"));
  for (const unsigned side : {1024u, 1280u})
    for (const auto& [scans, width] : {std::pair(10, 63), {14, 63}, {98, 9}, {150, 4}})
      pictures.push_back('\0' + jpeg_scans(side, std::size_t(scans), width));
  for (const char* piece : {"[", "{\"\":", "[[],", "{\"a\":[0,", "0,", "\""})
    all["safetensors"].push_back(tensors(repeated(piece, small - 8)));
  all["safetensors"].push_back(little_endian(~std::uint64_t{0}) + std::string(100, '{'));
  all["safetensors"].push_back(filled(little_endian(std::uint64_t{100'000'000})));
  all["safetensors"].push_back(
      tensors(R"({"x":{"dtype":"F32","shape":[0,1152921504606846976],"data_offsets":[0,0]}})"));
  std::string many = "{";
  for (int i = 0; many.size() < small - 80; ++i)
    many += concat(i ? "," : "", '"', i, R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
  all["safetensors"].push_back(tensors(many + "}"));
  for (const char* piece : {"hidden = 1048576\n", "a\n", "=\n", "#", "[a]\n", "epochs = 1"})
    all["config"].push_back(repeated(piece, small));
  all["config"].push_back("hidden = " + repeated("1048576,", small - 20) + "1\n");
  all["metrics"] = {repeated(",", small), repeated("\n", small),
                    "\n" + repeated("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1\n", small),
                    "\n1e300,-1e300,1,1,1,1,1,1,1,1,1,1,1,1,1\n", repeated("9", small)};
  const std::string common =
      "model = vae\nlikelihood = bernoulli\nactivation = relu\nposterior-scale = softplus\n";
  for (const char* hidden : {"1048576,1048576", "1048576", "1"})
    for (const char* latent : {"65536", "1"})
      for (const char* side : {"16777216", "4096", "1"})
        for (const char* model :
             {"", "model = autoencoder\n", "model = cvae\nprior = conditional\n",
              "model = baseline\ncondition = quadrants:3\n",
              "model = cvae\ncondition = quadrants:1\nprior = conditional\n"})
          all["run"].push_back(
              run(concat(*model ? model : common, "hidden = ", hidden, "\nlatent = ", latent, '\n'),
                  side, side));
  for (const std::uint64_t n :
       {~std::uint64_t{0}, std::uint64_t{1} << 62, std::uint64_t{340} * 1250,
        std::uint64_t{512} * 4140 / 4, std::uint64_t{512} * 4000 / 4})
    for (const std::size_t streams :
         {std::size_t{1}, std::size_t{340}, std::size_t(n / 1250 + 1) % 341})
      all["archive"].push_back(archive(n, streams));
  return all;
}

}  // namespace

TEST_CASE("4 KB make no reader take more than 64 MB or a second; what fuzzing found is answered") {
  constexpr double megabyte = 1 << 20;
#if !defined(VAEGRAD_SANITIZED)
  const std::ptrdiff_t before = most_held = held.load();
  std::free(std::malloc(10 << 20));
  CHECK(most_held - before > 9 << 20);  // the counter counts
#endif
  const char* const patience = std::getenv("VAEGRAD_TEST_PATIENCE");
  const auto made = liars();
  std::mt19937_64 random(1);
  for (const Reader& reader : readers()) {
    const std::string name = reader.name;
    CAPTURE(name);
    Worst worst;
    std::vector<std::string> inputs = corpus(reader);
    CHECK(!inputs.empty());
    const auto& lies = made.at(reader.name);
    inputs.insert(inputs.end(), lies.begin(), lies.end());
    for (const std::string& input : inputs) feed(reader, input, worst);
    const int errors_of_lies = worst.errors;
    // .. and with a few bytes changed
    for (int n = 0; n < 2000; ++n) {
      std::string input = inputs[random() % inputs.size()];
      if (input.empty() || input.size() > 2 * small) continue;
      for (std::uint64_t k = 0; k <= random() % 4; ++k)
        input[random() % input.size()] = char(random());
      feed(reader, input, worst);
    }
    MESSAGE(name << ": " << worst.inputs << " inputs, " << worst.errors << " refused, at most "
                 << double(worst.bytes) / megabyte << " MB and " << worst.seconds << " s");
    CHECK(errors_of_lies > 0);
    CHECK(double(worst.bytes) / megabyte < 64);
    CHECK(worst.seconds < (patience ? std::atof(patience) : 1));
  }
}
