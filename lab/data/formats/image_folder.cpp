#include <png.h>

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it before

#include <jpeglib.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = std::size_t{1} << 28;
constexpr std::size_t longest_side = 4096;

// An image of up to 16 MB may lie in a file of any size. A larger one has a byte in its file for
// every 1032 bytes of its own: deflate packs no better, and a sequential JPEG takes two bits for
// each block of 64 samples (683). Otherwise a palette of one bit, or a progressive JPEG without a
// block in it, would make 50 MB of 4 KB, and twice that on the way.
constexpr std::size_t always_read = std::size_t{1} << 24, best_packed = 1032;

// Encoders write a dozen. Each goes through the whole image, and 4 KB have room for hundreds.
constexpr int most_scans = 100;

struct Image {
  std::string name;
  std::size_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
  std::string wrong;  // why it cannot be used

  auto form() const { return std::tuple(height, width, channels); }
};

bool takes_form(Image& to, std::size_t file, std::size_t height, std::size_t width,
                std::size_t channels) {
  to.height = height, to.width = width, to.channels = channels;
  if (height > longest_side || width > longest_side)
    to.wrong = concat("oversized: ", height, " x ", width, ", at most ", longest_side, " x ",
                      longest_side, " are read");
  else if (height * width * channels > std::max(always_read, best_packed * file))
    to.wrong = concat("oversized: ", height, " x ", width, " in ", file,
                      " bytes, larger than a file of 8 bits a sample can hold");
  return to.wrong.empty();
}

bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1a\n"); }
bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

void read_png(std::string_view bytes, Image& to) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) {
    const bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
    if (!takes_form(to, bytes.size(), image.height, image.width, colour ? 3 : 1)) {
      png_image_free(&image);
      return;
    }
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    to.pixels.resize(PNG_IMAGE_SIZE(image));
    constexpr png_color black{0, 0, 0};
    png_image_finish_read(&image, &black, to.pixels.data(), 0, nullptr);
  }
  if (PNG_IMAGE_FAILED(image)) to.wrong = concat("damaged: ", std::string_view(image.message));
  png_image_free(&image);
}

struct JpegError {
  jpeg_error_mgr base;
  std::jmp_buf back;
  const char* wrong = nullptr;  // what is not libjpeg's to say
};

[[noreturn]] void jump_back(j_common_ptr of) {
  std::longjmp(reinterpret_cast<JpegError*>(of->err)->back, 1);
}

// Nothing here may need a destructor: an error jumps out of it, and so does a warning, such as that
// the data end too early.
bool decode_jpeg(std::string_view bytes, Image& to, jpeg_decompress_struct& jpeg,
                 JpegError& error) {
  if (setjmp(error.back)) return false;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  const bool grey = jpeg.jpeg_color_space == JCS_GRAYSCALE;
  if (!takes_form(to, bytes.size(), jpeg.image_height, jpeg.image_width, grey ? 1 : 3)) return true;
  jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  // Arithmetic coding needs no bits for a block: 4 KB would be work for many seconds. Few write it.
  if (jpeg.arith_code) {
    error.wrong = "arithmetic coding is not read";
    return false;
  }
  // A progressive one is held as coefficients: two bytes a sample, in blocks of at most 32 x 32.
  jpeg.mem->max_memory_to_use =
      long(2 * (to.width + 31) * (to.height + 31) * to.channels + (std::size_t{4} << 20));
  jpeg_start_decompress(&jpeg);
  const std::size_t row = to.width * to.channels;
  to.pixels.resize(row * to.height);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW line = to.pixels.data() + jpeg.output_scanline * row;
    jpeg_read_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

void read_jpeg(std::string_view bytes, Image& to) {
  jpeg_decompress_struct jpeg{};
  JpegError error{};
  jpeg.err = jpeg_std_error(&error.base);
  error.base.error_exit = jump_back;
  error.base.emit_message = [](j_common_ptr of, int level) {
    if (level < 0) jump_back(of);
  };
  jpeg_create_decompress(&jpeg);
  jpeg_progress_mgr progress{};
  progress.progress_monitor = [](j_common_ptr of) {
    if (reinterpret_cast<j_decompress_ptr>(of)->input_scan_number <= most_scans) return;
    reinterpret_cast<JpegError*>(of->err)->wrong = "more scans than any encoder writes";
    jump_back(of);
  };
  jpeg.progress = &progress;
  if (!decode_jpeg(bytes, to, jpeg, error)) {
    char text[JMSG_LENGTH_MAX] = {};
    error.base.format_message(reinterpret_cast<j_common_ptr>(&jpeg), text);
    to.wrong = concat("damaged: ", std::string_view(error.wrong ? error.wrong : text));
  }
  jpeg_destroy_decompress(&jpeg);
}

// The largest square in the middle, scaled
void resize(Image& to, std::size_t side) {
  const std::size_t square = std::min(to.height, to.width);
  const float top = float(to.height - square) / 2 / float(to.height),
              left = float(to.width - square) / 2 / float(to.width);
  std::vector<std::uint8_t> pixels(side * side * to.channels);
  const int done = stbir_resize_region(
      to.pixels.data(), int(to.width), int(to.height), 0, pixels.data(), int(side), int(side), 0,
      STBIR_TYPE_UINT8, int(to.channels), STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
      STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE, STBIR_FILTER_TRIANGLE, STBIR_COLORSPACE_LINEAR,
      nullptr, left, top, 1 - left, 1 - top);
  if (!done) throw std::bad_alloc();  // the only reason it has
  to.height = to.width = side;
  to.pixels = std::move(pixels);
}

std::string form_text(const Image& i) {
  return concat(i.height, " x ", i.width, i.channels == 1 ? ", grey" : ", of three channels");
}

// What most of the files are, the others must be.
void check_one_form(const std::string& folder, std::vector<Image>& images) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::size_t> counts;
  for (const Image& i : images)
    if (i.wrong.empty()) ++counts[i.form()];
  const Image* usual = nullptr;
  for (const Image& i : images)
    if (i.wrong.empty() && (!usual || counts[i.form()] > counts[usual->form()])) usual = &i;
  for (Image& i : images)
    if (i.wrong.empty() && i.form() != usual->form())
      i.wrong = concat(i.height * i.width > usual->height * usual->width ? "oversized: " : "",
                       form_text(i), ", the others are ", form_text(*usual));
  std::string text;
  std::size_t wrong = 0;
  for (const Image& i : images)
    if (!i.wrong.empty() && ++wrong <= 5) text += concat("\n  ", i.name, ": ", i.wrong);
  check(wrong == 0, folder, ": ", wrong, " of ", images.size(), " files cannot be used:", text,
        wrong > 5 ? "\n  .." : "", hint,
        "take them out, or make them like the others; --resize N makes all N x N");
}

}  // namespace

Array read_image_folder(const fs::path& folder, std::size_t side) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  check(!error, folder.native(), ": cannot be read: ", error.message());
  std::sort(files.begin(), files.end());

  std::vector<Image> images;
  Sha256 hash;
  std::size_t total = 0;
  for (const fs::path& file : files) {
    char start[8] = {};
    InputFile(file).read(0, start, sizeof start);
    const std::string_view first(start, sizeof start);
    if (!is_png(first) && !is_jpeg(first)) {
      std::string end = file.extension().string();
      std::transform(end.begin(), end.end(), end.begin(),
                     [](unsigned char c) { return char(std::tolower(c)); });
      if (end == ".png" || end == ".jpg" || end == ".jpeg")
        images.push_back({.name = file.filename().native(),
                          .pixels = {},
                          .wrong = "damaged: it begins like no PNG and no JPEG file"});
      continue;
    }
    Image& image = images.emplace_back();
    image.name = file.filename().native();
    const std::string bytes = read_file(file, largest_file);
    hash.update(image.name.data(), image.name.size() + 1);
    hash.update(bytes.data(), bytes.size());
    is_png(first) ? read_png(bytes, image) : read_jpeg(bytes, image);
    if (side && image.wrong.empty()) resize(image, side);
    total += image.pixels.size();
    check_memory(folder.native(), 2 * total);
  }
  check(!images.empty(), folder.native(), ": no images: none of its ", files.size(),
        " files is PNG or JPEG", hint, "--data FOLDER reads the files in it, not those in folders");
  check_one_form(folder.native(), images);

  Array array{{images.size(), images[0].height, images[0].width, images[0].channels}, {}, {}, {}};
  array.bytes.reserve(total);
  for (Image& i : images) {
    array.bytes.insert(array.bytes.end(), i.pixels.begin(), i.pixels.end());
    i.pixels = {};
  }
  array.sha256 = hash.hex();
  return array;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
