// Folders of PNG and JPEG files, and channels of NPY files: what is read, and which file is refused
// for what reason.
#include <doctest/doctest.h>
#include <png.h>

#include <cstdio>

#include <jpeglib.h>

#include <fstream>

#include <vaegrad/lab/data/data_set.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/npy.hpp>

#include "../../../support/message.hpp"
#include "../../folder.hpp"

using namespace vaegrad;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes pixels(std::size_t n, unsigned start) {
  Bytes to(n);
  for (std::size_t i = 0; i < n; ++i) to[i] = std::uint8_t(start + 37 * i);
  return to;
}
void write_png(const std::filesystem::path& path, unsigned height, unsigned width, bool colour,
               const Bytes& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = height, image.width = width;
  image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr));
}
// JCS_CMYK: four inks for printing
void write_jpeg(const std::filesystem::path& path, unsigned height, unsigned width,
                J_COLOR_SPACE space, Bytes pixels) {
  const int channels = space == JCS_GRAYSCALE ? 1 : space == JCS_RGB ? 3 : 4;
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr error{};
  jpeg.err = jpeg_std_error(&error);
  jpeg_create_compress(&jpeg);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file);
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_height = height, jpeg.image_width = width;
  jpeg.input_components = channels, jpeg.in_color_space = space;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < height) {
    JSAMPROW row = pixels.data() + jpeg.next_scanline * width * unsigned(channels);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::fclose(file);
}
}  // namespace

TEST_CASE("each fault of a folder has a hint that mends it") {
  const Folder folder;
  const auto refused = [&] { return message_of([&] { read_image_folder(folder.path); }); };
  write_jpeg(folder / "a.jpg", 3, 4, JCS_RGB, Bytes(36, 120));
  write_jpeg(folder / "b.jpg", 3, 4, JCS_RGB, Bytes(36, 120));
  write_jpeg(folder / "ink.jpg", 3, 4, JCS_CMYK, Bytes(48, 120));
  CHECK(refused() ==
        concat(folder.path.native(),
               ": 1 of 3 files cannot be used:\n  ink.jpg: CMYK colours, four inks for "
               "printing: grey or RGB is read\n  hint: take them out, or make them like "
               "the others: mogrify -colorspace sRGB FILE"));
  write_jpeg(folder / "ink.jpg", 5, 4, JCS_RGB, Bytes(60, 120));
  CHECK(refused().find("like the others; --resize N makes all N x N") != std::string::npos);
  std::filesystem::remove(folder / "b.jpg");
  write_jpeg(folder / "ink.jpg", 3, 4, JCS_GRAYSCALE, Bytes(12, 120));
  write_jpeg(folder / "pencil.jpg", 3, 4, JCS_GRAYSCALE, Bytes(12, 120));
  Bytes red(36, 0);
  for (std::size_t i = 0; i < red.size(); i += 3) red[i] = 255;
  write_jpeg(folder / "a.jpg", 3, 4, JCS_RGB, red);  // among grey ones
  CHECK(refused().ends_with("make them like the others: mogrify -colorspace gray FILE"));
}

TEST_CASE("a folder of images: in the order of their names, bytes as they were written") {
  const Folder folder;
  const Bytes b = pixels(36, 9), a = pixels(36, 200);
  write_png(folder / "b.png", 3, 4, true, b);
  write_png(folder / "a.png", 3, 4, true, a);
  write_jpeg(folder / "c.JPG", 3, 4, JCS_RGB, Bytes(36, 120));
  std::ofstream(folder / "notes.txt") << "not an image";
  const Array array = read_image_folder(folder.path);
  CHECK(array.dims == std::vector<std::size_t>{3, 3, 4, 3});
  CHECK(std::equal(a.begin(), a.end(), array.bytes.begin()));
  CHECK(std::equal(b.begin(), b.end(), array.bytes.begin() + 36));
  for (std::size_t i = 72; i < 108; ++i) CHECK(std::abs(int(array.bytes[i]) - 120) <= 2);
  const std::string before = array.sha256;
  write_png(folder / "b.png", 3, 4, true, a);
  CHECK(read_image_folder(folder.path).sha256 != before);
  const DataSet set = load_data_set(folder.path.native());
  CHECK(set.train.file->shape() == ImageShape{3, 4, 3});
}

TEST_CASE("a folder of grey images has one channel") {
  const Folder folder;
  for (const char* name : {"a.png", "b.png", "c.png"})
    write_png(folder / name, 5, 4, false, pixels(20, 3));
  write_jpeg(folder / "d.jpeg", 5, 4, JCS_GRAYSCALE, Bytes(20, 77));
  CHECK(read_image_folder(folder.path).dims == std::vector<std::size_t>{4, 5, 4, 1});
}

TEST_CASE("a folder of images: each file that cannot be used is named with the reason") {
  const Folder folder;
  for (int i = 0; i < 6; ++i)
    write_png(folder / concat("good", i, ".png"), 8, 8, true, pixels(192, unsigned(i)));
  write_png(folder / "large.png", 16, 16, true, pixels(768, 1));
  write_png(folder / "grey.png", 8, 8, false, pixels(64, 1));
  write_png(folder / "x.png", 8, 8, true, pixels(192, 1));
  std::filesystem::resize_file(folder / "x.png", 90);
  write_jpeg(folder / "y.jpg", 8, 8, JCS_RGB, pixels(192, 5));
  std::filesystem::resize_file(folder / "y.jpg", std::filesystem::file_size(folder / "y.jpg") - 40);
  std::ofstream(folder / "z.jpg") << "hello";
  const std::string text = message_of([&] { read_image_folder(folder.path); });
  CAPTURE(text);
  const auto has = [&](std::string_view part) { return text.find(part) != text.npos; };
  CHECK(has(": 4 of 11 files cannot be used:\n"));
  CHECK(
      has("\n  large.png: oversized: 16 x 16, of three channels, the others are 8 x 8, of three "
          "channels\n"));
  CHECK(!has("grey.png"));  // three equal channels
  CHECK(has("\n  x.png: damaged: "));
  CHECK(has("\n  y.jpg: damaged: "));
  CHECK(has("\n  z.jpg: damaged: it begins like no PNG and no JPEG file\n  hint: "));
}

TEST_CASE("grey among colours, and colours that are grey: as most are, where nothing is lost") {
  const Folder folder;
  const Bytes colours = pixels(12, 9), grey = pixels(4, 200);
  Bytes equal;
  for (const std::uint8_t v : grey) equal.insert(equal.end(), {v, v, v});
  write_png(folder / "a.png", 2, 2, true, colours);
  write_png(folder / "b.png", 2, 2, false, grey);
  const Array both = read_image_folder(folder.path);
  CHECK(both.dims == std::vector<std::size_t>{2, 2, 2, 3});
  CHECK(both.bytes == [&] {
    Bytes to = colours;
    to.insert(to.end(), equal.begin(), equal.end());
    return to;
  }());
  CHECK(both.note.find("; 1 of grey, as three equal channels") != both.note.npos);
  write_png(folder / "a.png", 2, 2, true, equal);
  write_png(folder / "c.png", 2, 2, false, grey);
  const Array one = read_image_folder(folder.path);
  CHECK(one.dims == std::vector<std::size_t>{3, 2, 2, 1});
  CHECK(std::equal(grey.begin(), grey.end(), one.bytes.begin()));
  CHECK(one.note.find("; 1 of three equal channels, as grey") != one.note.npos);
  std::filesystem::remove(folder / "b.png");
  std::filesystem::remove(folder / "c.png");
  CHECK(read_image_folder(folder.path).dims == std::vector<std::size_t>{1, 2, 2, 3});  // as it is
}

TEST_CASE("a folder of images brought to one size: the middle square, by a triangle filter") {
  const Folder folder;
  Bytes a(8 * 12), b(64 * 9);  // wider than high, higher than wide
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 12; ++x) a[y * 12 + x] = std::uint8_t(7 * x * x % 251);
  for (std::size_t y = 0; y < 64; ++y) std::fill_n(b.data() + y * 9, 9, std::uint8_t(y));
  write_png(folder / "a.png", 8, 12, false, a);
  write_png(folder / "b.png", 64, 9, false, b);
  const Array array = read_image_folder(folder.path, 4);
  REQUIRE(array.dims == std::vector<std::size_t>{2, 4, 4, 1});
  for (std::size_t y = 0; y < 4; ++y)
    for (std::size_t x = 0; x < 4; ++x) {  // columns 2 to 9, two to a pixel
      const std::uint8_t* from = a.data() + 2 + 2 * x;
      const double mean = (from[-1] + 3 * from[0] + 3 * from[1] + from[2]) / 8.0;
      CHECK(std::abs(array.bytes[4 * y + x] - mean) <= 0.51);
      // rows 27.5 to 36.5: pixel y has its middle at 28.625 + 2.25 y, and row r at r + 0.5
      CHECK(std::abs(array.bytes[16 + 4 * y + x] - (28.125 + 2.25 * double(y))) <= 0.6);
    }
  const Array large = read_image_folder(folder.path, 32);
  CHECK(large.dims == std::vector<std::size_t>{2, 32, 32, 1});
  write_png(folder / "c.png", 9, 9, false, Bytes(81, 5));
  DataOptions options;
  options.resize = 5;
  CHECK(load_data_set(folder.path.native(), options).train.file->shape() == ImageShape{5, 5, 1});
  CHECK(message_of([&] { load_data_set("shapes", options); }) ==
        "--resize: shapes is no folder of images\n  hint: leave --resize out");
}

TEST_CASE("a folder without images, and images too large to be meant") {
  const Folder folder;
  std::ofstream(folder / "notes.txt") << "not an image";
  CHECK(message_of([&] { read_image_folder(folder.path); }) ==
        folder.path.native() +
            ": no PNG or JPEG files in it or in folders in it; passed over: 1 of other kinds\n"
            "  hint: pictures as .png or .jpg, in " +
            folder.path.native() + " or in a folder for a class");
  std::ofstream(folder / "a.bmp") << std::string("BM>\1\0\0\0\0\0\0 and so on", 20);
  CHECK(message_of([&] {
          read_image_folder(folder.path);
        }).find("mogrify -format png " + (folder / "*.bmp").native()) != std::string::npos);
  std::filesystem::remove(folder / "a.bmp");
  write_png(folder / "wide.png", 1, 5000, false, Bytes(5000, 1));
  CHECK(message_of([&] {
          read_image_folder(folder.path);
        }).find("wide.png: oversized: 1 x 5000, at most 4096 x 4096 are read") !=
        std::string::npos);
}

TEST_CASE("channels of an NPY file: last, or first") {
  const Folder folder;
  const Bytes x = pixels(4 * 5 * 6 * 3, 1);
  Bytes first(x.size());  // (4, 3, 5, 6)
  for (std::size_t n = 0; n < 4; ++n)
    for (std::size_t p = 0; p < 30; ++p)
      for (std::size_t c = 0; c < 3; ++c) first[(n * 3 + c) * 30 + p] = x[(n * 30 + p) * 3 + c];
  const std::size_t last_dims[] = {4, 5, 6, 3}, first_dims[] = {4, 3, 5, 6};
  write_npy<std::uint8_t>(folder / "last.npy", last_dims, x);
  write_npy<std::uint8_t>(folder / "first.npy", first_dims, first);
  for (const char* name : {"last", "first"}) {
    const DataSet set = load_data_set((folder / concat(name, ".npy")).native());
    const Images& images = *set.train.file;
    CHECK(images.shape() == ImageShape{5, 6, 3});
    CHECK(images.bytes == x);
    CHECK(images.note == concat("channels ", name, " in the file"));
  }
  const std::size_t odd[] = {4, 5, 6, 2};
  write_npy<std::uint8_t>(folder / "odd.npy", odd, pixels(240, 0));
  CHECK(
      message_of([&] { load_data_set((folder / "odd.npy").native()); }) ==
      (folder / "odd.npy").native() +
          ": not images: 4 dimensions (4, 5, 6, 2), of which neither the last nor the second is 1 "
          "or 3 channels\n  hint: (count, height, width, channels), or (count, channels, height, "
          "width)");
}
