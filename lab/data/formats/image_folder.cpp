#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize.h>

#include <algorithm>
#include <map>

#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/picture.hpp>
#include <vaegrad/lab/files/checksum.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/files/natural_order.hpp>
#include <vaegrad/lab/files/utf8.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = std::size_t{1} << 28;

// The largest square in the middle, scaled
void resize(Picture& to, std::size_t side) {
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

std::string form_text(const Picture& i) {
  return concat(i.height, " x ", i.width, i.channels == 1 ? ", grey" : ", of three channels");
}

// Where most are in colour, a grey picture has three equal channels; where most are grey, one whose
// channels are equal has one.
void match_channels(Picture& p, std::size_t channels) {
  if (!p.wrong.empty() || p.channels == channels) return;
  const std::size_t n = p.height * p.width;
  std::vector<std::uint8_t> pixels(n * channels);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t* from = &p.pixels[i * p.channels];
    if (channels == 1 && (from[0] != from[1] || from[1] != from[2])) return;
    std::fill_n(&pixels[i * channels], channels, from[0]);
  }
  p.remarks |= channels == 1 ? Picture::equal_channels : Picture::grey_among_colours;
  p.pixels = std::move(pixels);
  p.channels = channels;
}

// What most of the files are, the others must be.
void check_one_form(const std::string& folder, std::vector<Picture>& images) {
  std::size_t colours = 0, good = 0;
  for (const Picture& i : images)
    if (i.wrong.empty()) ++good, colours += i.channels == 3;
  for (Picture& i : images) match_channels(i, 2 * colours >= good ? 3 : 1);
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::size_t> counts;
  for (const Picture& i : images)
    if (i.wrong.empty()) ++counts[i.form()];
  const Picture* usual = nullptr;
  for (const Picture& i : images)
    if (i.wrong.empty() && (!usual || counts[i.form()] > counts[usual->form()])) usual = &i;
  bool sizes = false, inks = false, coloured = false;
  for (Picture& i : images)
    if (i.wrong.empty() && i.form() != usual->form()) {
      sizes |= i.channels == usual->channels;
      coloured |= i.channels > usual->channels;
      i.wrong = concat(i.height * i.width > usual->height * usual->width ? "oversized: " : "",
                       form_text(i), ", the others are ", form_text(*usual));
    }
  std::string text;
  std::size_t wrong = 0;
  for (const Picture& i : images)
    if (inks |= i.wrong.starts_with("CMYK"); !i.wrong.empty() && ++wrong <= 5)
      text += concat("\n  ", as_one_line(i.name), ": ", i.wrong);
  check(wrong == 0, folder, ": ", wrong, " of ", images.size(), " files cannot be used:", text,
        wrong > 5 ? "\n  .." : "", hint, "take them out, or make them like the others",
        inks       ? ": mogrify -colorspace sRGB FILE"
        : sizes    ? "; --resize N makes all N x N"
        : coloured ? ": mogrify -colorspace gray FILE"
                   : "");
}

// How many of what: "2 hidden, 1 link without a target"
struct Counts {
  std::vector<std::pair<std::string, std::size_t>> of;
  std::size_t& operator[](const std::string& what) {
    for (auto& [name, n] : of)
      if (name == what) return n;
    return of.emplace_back(what, 0).second;
  }
  std::string text() const {
    std::string to;
    for (const auto& [name, n] : of) {  // one|several
      const auto bar = name.find('|');
      to += concat(to.empty() ? "" : ", ", n, ' ',
                   n == 1 ? name.substr(0, bar) : name.substr(bar + 1));
    }
    return to;
  }
};

struct Listing {
  std::vector<fs::path> files, folders;  // in natural order
};
Listing list(const fs::path& folder, Counts& passed_over) {
  Listing to;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    std::error_code error;  // of this entry: a link without a target is no fault of the folder
    if (entry.path().filename().native().starts_with('.'))
      ++passed_over["hidden"];
    else if (entry.is_regular_file(error))
      to.files.push_back(entry.path());
    else if (entry.is_directory(error))
      to.folders.push_back(entry.path());
    else if (entry.is_symlink(error))
      ++passed_over["link without a target|links without a target"];
    else
      ++passed_over["device or pipe|devices or pipes"];
  }
  check(!failed, folder.native(), ": cannot be read: ", failed.message(), hint,
        "check who may read the folder");
  for (auto* paths : {&to.files, &to.folders})
    std::sort(paths->begin(), paths->end(), [](const fs::path& a, const fs::path& b) {
      return natural_less(a.filename().native(), b.filename().native());
    });
  return to;
}

bool named_as_image(const fs::path& file) {
  std::string end = file.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

struct Reader {
  fs::path folder;
  std::size_t side;
  std::vector<Picture> images = {};
  Counts taken = {}, passed_over = {};
  Sha256 hash = {};
  std::size_t total = 0;
  fs::path other = {};  // the first picture of a format that is not read

  // All images among these files; their names begin with `prefix`.
  void read(const std::vector<fs::path>& files, const std::string& prefix) {
    for (const fs::path& file : files) {
      const std::string name = prefix + file.filename().native();
      char start[12] = {};
      InputFile(file).read(0, start, sizeof start);
      const PictureFormat* format = find_picture_format({start, sizeof start});
      if (format && format->read) {
        ++taken[format->name];
        read(*format, file, name);
      } else if (!format && named_as_image(file)) {
        images.emplace_back().name = name;
        images.back().wrong = "damaged: it begins like no PNG and no JPEG file";
      } else {
        if (format && other.empty()) other = file;
        ++passed_over[format ? format->name : "of other kinds"];
      }
    }
  }
  void read(const PictureFormat& format, const fs::path& file, const std::string& name) {
    Picture& image = images.emplace_back();
    image.name = name;
    const std::string bytes = read_file(file, largest_file);
    hash.update(image.name.data(), image.name.size() + 1);
    hash.update(bytes.data(), bytes.size());
    format.read(bytes, image);
    if (side && image.wrong.empty()) resize(image, side);
    total += image.pixels.size();
    check_memory(folder.native(), 2 * total);
  }
  // The folders in it as classes
  void read_classes(const std::vector<fs::path>& folders, Array& to) {
    for (const fs::path& sub : folders) {
      const std::string name = sub.filename().native();
      const Listing inside = list(sub, passed_over);
      if (!inside.folders.empty())
        passed_over["folder in folders|folders in folders"] += inside.folders.size();
      const std::size_t before = images.size();
      read(inside.files, name + '/');
      if (images.size() == before) {
        ++passed_over["folder without images|folders without images"];
        continue;
      }
      check(to.label_names.size() < most_classes, folder.native(), ": more than ", most_classes,
            " folders, each of which would be a class", hint, "put all images into one folder");
      to.labels.resize(images.size(), Label(to.label_names.size()));
      to.label_names.push_back(as_one_line(name));
    }
  }
  std::string note(const Array& array) const {
    std::string to = concat(taken.text(), images.size() == 1 ? " file" : " files");
    if (const auto& names = array.label_names; !names.empty()) {
      to += concat(" in ", names.size(),
                   names.size() == 1 ? " folder, a class" : " folders, a class each: ");
      for (std::size_t i = 0; i < names.size() && names.size() > 1; ++i)
        to += i < 5 ? concat(i ? ", " : "", i, " ", names[i]) : i == 5 ? ", .." : "";
    }
    to += concat(", ", as_one_line(images.front().name), " to ", as_one_line(images.back().name),
                 " in natural order");
    const std::string remarks = remarks_text(images), others = passed_over.text();
    if (!remarks.empty()) to += "; " + remarks;
    if (!others.empty()) to += "; passed over: " + others;
    return to;
  }
};

}  // namespace

Array read_image_folder(const fs::path& folder, std::size_t side) {
  Array array;
  Reader reader{folder, side};
  auto& images = reader.images;
  const Listing top = list(folder, reader.passed_over);
  reader.read(top.files, "");
  if (images.empty())
    reader.read_classes(top.folders, array);
  else if (!top.folders.empty())
    reader.passed_over["folder|folders"] += top.folders.size();
  const std::string others = reader.passed_over.text();
  const bool deeper = others.find(" in folders") != others.npos;
  check(
      !images.empty(), folder.native(), ": no PNG or JPEG files in it or in folders in it",
      others.empty() ? "" : "; passed over: ", others, hint,
      deeper ? concat("one folder less: --data ", typed(top.folders.back()),
                      ", and --test-data for the folder of test images")
      : reader.other.empty()
          ? concat("pictures as .png or .jpg, in ", folder.string(), " or in a folder for a class")
          : concat("convert other formats, for instance: mogrify -format png ",
                   typed(reader.other.parent_path()), "/*", reader.other.extension().string()));
  check_one_form(folder.native(), images);

  array.dims = {images.size(), images[0].height, images[0].width, images[0].channels};
  array.bytes.reserve(reader.total);
  for (Picture& i : images) {
    array.bytes.insert(array.bytes.end(), i.pixels.begin(), i.pixels.end());
    i.pixels = {};
  }
  array.note = reader.note(array);
  array.sha256 = reader.hash.hex();
  return array;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
