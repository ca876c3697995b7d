// One picture file: its pixels as a person sees them. Whatever the file says about how to show it
// is honoured, or remarked.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct Picture {
  enum Remark : unsigned {  // a bit each
    deep = 1,               // 16 bits a sample: v becomes v / 257
    transparent = 2,        // laid over white
    blank = 4,              // .. and of one colour then
    turned = 8,             // as its EXIF data say
    profile = 16,           // has a colour profile of its own: taken as sRGB
    animated = 32,          // the first picture is taken
    grey_among_colours = 64,
    equal_channels = 128,  // among grey pictures
  };

  std::string name;
  std::size_t height = 0, width = 0, channels = 0;  // channels: 1, or 3: red, green, blue
  std::vector<std::uint8_t> pixels;
  std::string wrong;  // why it cannot be used
  unsigned remarks = 0;

  auto form() const { return std::tuple(height, width, channels); }
};

// A format: a row. read(): a damaged file is `wrong`, never thrown.
struct PictureFormat {
  const char* name;
  bool (*begins)(std::string_view start);             // its first 12 bytes
  void (*read)(std::string_view bytes, Picture& to);  // null: known by name alone, not read
};
// The table.
std::span<const PictureFormat> picture_formats();
const PictureFormat* find_picture_format(std::string_view start);  // null: none of them

// What `remarks` of so many pictures are for people: "3 turned as their EXIF data say, .."
std::string remarks_text(std::span<const Picture> pictures);

// ---- for the readers of formats ----

// Sets the form, or `wrong` when it is too large to be meant: for the file's size, or at all.
bool takes_form(Picture& to, std::size_t file, std::size_t height, std::size_t width,
                std::size_t channels);
// The number in EXIF data (TIFF's header and what follows it), 1 to 8; 1 where there is none.
int exif_orientation(std::string_view exif);
// Turns and mirrors the pixels so that an image of that orientation stands upright.
void turn_upright(Picture& picture, int orientation);
// Pixels have a further channel, alpha: they are laid over white, and it goes away.
void lay_over_white(Picture& picture);

// Rows of the table of formats.
void read_png(std::string_view bytes, Picture& to);
void read_jpeg(std::string_view bytes, Picture& to);

}  // namespace vaegrad::inline VAEGRAD_ABI
