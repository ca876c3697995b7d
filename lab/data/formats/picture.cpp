#include <algorithm>

#include <vaegrad/lab/data/formats/picture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

constexpr std::size_t longest_side = 4096;

// An image of up to 16 MB may lie in a file of any size. A larger one has a byte in its file for
// every 1032 bytes of its own: deflate packs no better, and a sequential JPEG takes two bits for
// each block of 64 samples (683). Otherwise a palette of one bit, or a progressive JPEG without a
// block in it, would make 50 MB of 4 KB, and twice that on the way.
constexpr std::size_t always_read = std::size_t{1} << 24, best_packed = 1032;

using S = std::string_view;
// clang-format off
constexpr PictureFormat formats[] = {
    {"PNG",  [](S s) { return s.starts_with("\x89PNG\r\n\x1a\n"); }, read_png},
    {"JPEG", [](S s) { return s.starts_with("\xff\xd8\xff"); }, read_jpeg},
    {"WebP", [](S s) { return s.starts_with("RIFF") && s.substr(8, 4) == "WEBP"; }, nullptr},
    {"TIFF", [](S s) { return s.starts_with(S("II*\0", 4)) || s.starts_with(S("MM\0*", 4)) || s.starts_with(S("II+\0", 4)); }, nullptr},
    {"BMP",  [](S s) { return s.starts_with("BM") && s.substr(6, 4) == S("\0\0\0\0", 4); }, nullptr},
    {"GIF",  [](S s) { return s.starts_with("GIF87a") || s.starts_with("GIF89a"); }, nullptr},
    {"HEIF or AVIF", [](S s) { return s.substr(4, 4) == "ftyp"; }, nullptr},
    {"PNM",  [](S s) { return s.size() > 2 && s[0] == 'P' && s[1] >= '1' && s[1] <= '7' && (s[2] == '\n' || s[2] == ' '); }, nullptr},
};

struct RemarkText { Picture::Remark bit; const char* text; };
constexpr RemarkText remark_texts[] = {
    {Picture::deep,        "of 16 bits, now 8"},
    {Picture::transparent, "with transparency, laid over white"},
    {Picture::blank,       "of one colour then"},
    {Picture::turned,      "turned as their EXIF data say"},
    {Picture::profile,     "with a colour profile, taken as sRGB"},
    {Picture::animated,    "animated, of which the first picture"},
    {Picture::grey_among_colours, "of grey, as three equal channels"},
    {Picture::equal_channels, "of three equal channels, as grey"},
};
// clang-format on

}  // namespace

std::span<const PictureFormat> picture_formats() { return formats; }

const PictureFormat* find_picture_format(std::string_view start) {
  for (const PictureFormat& f : formats)
    if (f.begins(start)) return &f;
  return nullptr;
}

std::string remarks_text(std::span<const Picture> pictures) {
  std::string text;
  for (const auto& [bit, what] : remark_texts) {
    const auto count = std::count_if(pictures.begin(), pictures.end(),
                                     [&, bit = bit](const Picture& p) { return p.remarks & bit; });
    if (count) text += concat(text.empty() ? "" : ", ", count, ' ', what);
  }
  return text;
}

bool takes_form(Picture& to, std::size_t file, std::size_t height, std::size_t width,
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

int exif_orientation(std::string_view exif) {
  if (exif.size() < 8) return 1;
  const bool little = exif[0] == 'I';
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::size_t n = 0;
    for (std::size_t k = 0; k < bytes; ++k)
      n = n << 8 | static_cast<unsigned char>(exif[at + (little ? bytes - 1 - k : k)]);
    return n;
  };
  const std::size_t directory = number(4, 4);
  if (directory + 2 > exif.size()) return 1;
  const std::size_t entries = number(directory, 2);
  for (std::size_t e = 0; e < entries; ++e) {
    const std::size_t at = directory + 2 + 12 * e;
    if (at + 12 > exif.size()) break;
    if (number(at, 2) != 0x0112 || number(at + 2, 2) != 3) continue;  // Orientation, a SHORT
    const std::size_t value = number(at + 8, 2);
    return value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

void turn_upright(Picture& p, int orientation) {
  if (orientation == 1) return;
  const bool swapped = orientation >= 5;  // height and width
  const std::size_t h = swapped ? p.width : p.height, w = swapped ? p.height : p.width;
  std::vector<std::uint8_t> upright(p.pixels.size());
  for (std::size_t y = 0; y < h; ++y)
    for (std::size_t x = 0; x < w; ++x) {
      std::size_t from_y = swapped ? x : y, from_x = swapped ? y : x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = p.height - 1 - from_y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = p.width - 1 - from_x;
      std::copy_n(p.pixels.data() + (from_y * p.width + from_x) * p.channels, p.channels,
                  upright.data() + (y * w + x) * p.channels);
    }
  p.pixels = std::move(upright);
  p.height = h, p.width = w;
  p.remarks |= Picture::turned;
}

void lay_over_white(Picture& p) {
  const std::size_t n = p.height * p.width, c = p.channels;
  bool transparent = false, blank = true;
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned alpha = p.pixels[i * (c + 1) + c];
    transparent |= alpha != 255;
    for (std::size_t k = 0; k < c; ++k) {
      const unsigned v = p.pixels[i * (c + 1) + k];
      p.pixels[i * c + k] = std::uint8_t((v * alpha + 255 * (255 - alpha) + 127) / 255);
      blank &= p.pixels[i * c + k] == p.pixels[k];
    }
  }
  p.pixels.resize(n * c);
  if (transparent) p.remarks |= Picture::transparent;
  if (transparent && blank) p.remarks |= Picture::blank;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
