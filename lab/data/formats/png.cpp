#include <png.h>

#include <csetjmp>
#include <cstring>

#include <vaegrad/lab/data/formats/picture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// f(type, data) for each chunk before the pixels, as far as the file is whole.
template <class F>
void each_chunk(std::string_view bytes, F f) {
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    std::size_t length = 0;
    for (std::size_t k = 0; k < 4; ++k)
      length = length << 8 | static_cast<unsigned char>(bytes[at + k]);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (length > bytes.size() - at - 12 || type == "IDAT") return;
    f(type, bytes.substr(at + 8, length));
    at += 12 + length;
  }
}

struct Source {
  std::string_view bytes;
  std::jmp_buf back;
  char wrong[128] = {};
};

void take(png_structp png, png_bytep to, std::size_t count) {
  auto& from = *static_cast<Source*>(png_get_io_ptr(png));
  if (count > from.bytes.size()) png_error(png, "it ends too early");
  std::memcpy(to, from.bytes.data(), count);
  from.bytes.remove_prefix(count);
}
[[noreturn]] void give_up(png_structp png, png_const_charp text) {
  auto& of = *static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(of.wrong, text, sizeof of.wrong - 1);
  std::longjmp(of.back, 1);
}

// Nothing here may need a destructor: an error jumps out of it. Pixels have a further channel,
// alpha, where the file has one.
bool decode(Source& source, std::size_t file, Picture& to, bool& alpha, png_structp png,
            png_infop info) {
  if (setjmp(source.back)) return false;
  png_read_info(png, info);
  const png_byte type = png_get_color_type(png, info);
  const bool colour = type & PNG_COLOR_MASK_COLOR;
  alpha = type & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
  const std::size_t channels = colour ? 3 : 1;
  if (!takes_form(to, file, png_get_image_height(png, info), png_get_image_width(png, info),
                  channels))
    return true;
  if (png_get_bit_depth(png, info) == 16) {
    to.remarks |= Picture::deep;
    png_set_scale_16(png);  // v / 257, rounded
  }
  png_set_expand(png);  // palettes to colours, 1 to 4 bits to 8, a transparent colour to alpha
  png_fixed_point gamma = 0;
  if (png_get_gAMA_fixed(png, info, &gamma) && !png_get_valid(png, info, PNG_INFO_sRGB))
    png_set_gamma_fixed(png, PNG_DEFAULT_sRGB, gamma);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const std::size_t row = to.width * (channels + alpha);
  if (png_get_rowbytes(png, info) != row) png_error(png, "its samples have another size");
  to.pixels.resize(row * to.height);
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t y = 0; y < to.height; ++y)
      png_read_row(png, to.pixels.data() + y * row, nullptr);
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

void read_png(std::string_view bytes, Picture& to) {
  Source source{bytes, {}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, give_up,
                                           [](png_structp, png_const_charp) {});
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) throw std::bad_alloc();
  png_set_read_fn(png, &source, take);
  bool alpha = false;
  if (!decode(source, bytes.size(), to, alpha, png, info))
    to.wrong = concat("damaged: ", std::string_view(source.wrong));
  png_destroy_read_struct(&png, &info, nullptr);
  if (!to.wrong.empty()) return;
  if (alpha) lay_over_white(to);
  int orientation = 1;
  each_chunk(bytes, [&](std::string_view type, std::string_view data) {
    if (type == "acTL") to.remarks |= Picture::animated;
    if (type == "iCCP" && !data.starts_with("sRGB")) to.remarks |= Picture::profile;
    if (type == "eXIf") orientation = exif_orientation(data);
  });
  turn_upright(to, orientation);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
