// Files as people have them: pictures that say how they are to be shown, names with numbers, tables
// of any dialect, archives of arrays. Each was met in a public report.
#include <png.h>

#include <boost/crc.hpp>
#include <fstream>

#include <vaegrad/lab/data/formats/array.hpp>
#include <vaegrad/lab/data/formats/image_folder.hpp>
#include <vaegrad/lab/data/formats/npz.hpp>
#include <vaegrad/lab/data/formats/picture.hpp>
#include <vaegrad/lab/files/natural_order.hpp>

#include "../../../support/message.hpp"
#include "../../data_files.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

// A PNG of the low-level kind: any depth and colour type, rows as they lie in the file
void write_png(const Path& path, unsigned height, unsigned width, int depth, int type,
               const Bytes& rows) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, width, height, depth, type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (unsigned y = 0; y < height; ++y) png_write_row(png, rows.data() + y * rows.size() / height);
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}
void write_text(const Path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::string little(std::size_t n, int bytes) {
  std::string to;
  for (int k = 0; k < bytes; ++k, n >>= 8) to += char(n & 255);
  return to;
}
// A ZIP file of stored members
std::string zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string file, directory;
  for (const auto& [name, data] : members) {
    boost::crc_32_type crc;
    crc.process_bytes(data.data(), data.size());
    const std::string sizes = little(crc.checksum(), 4) + little(data.size(), 4) +
                              little(data.size(), 4) + little(name.size(), 2) + little(0, 2);
    const std::string fixed = little(20, 2) + little(0, 8) + sizes;
    directory += "PK\1\2" + little(20, 2) + fixed + little(0, 10) + little(file.size(), 4) + name;
    file += "PK\3\4" + fixed + name + data;
  }
  const std::size_t at = file.size(), count = members.size();
  return file + directory + "PK\5\6" + little(0, 4) + little(count, 2) + little(count, 2) +
         little(directory.size(), 4) + little(at, 4) + little(0, 2);
}
std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  return std::string("\x93NUMPY\1\0", 8) + little(header.size(), 2) + header + data;
}

}  // namespace

TEST_CASE("16 bits of grey become 8 as v / 257, rounded, with and without alpha") {
  const Folder folder;
  Bytes rows, with_alpha;
  for (unsigned v : {0u, 128u, 129u, 257u * 100, 257u * 100 + 128, 65535u}) {
    rows.insert(rows.end(), {std::uint8_t(v >> 8), std::uint8_t(v)});
    with_alpha.insert(with_alpha.end(), {std::uint8_t(v >> 8), std::uint8_t(v), 255, 255});
  }
  write_png(folder / "a.png", 1, 6, 16, PNG_COLOR_TYPE_GRAY, rows);
  write_png(folder / "b.png", 1, 6, 16, PNG_COLOR_TYPE_GRAY_ALPHA, with_alpha);
  const Array array = read_image_folder(folder.path);
  const Bytes want{0, 0, 1, 100, 100, 255};
  CHECK(Bytes(array.bytes.begin(), array.bytes.begin() + 6) == want);
  CHECK(Bytes(array.bytes.begin() + 6, array.bytes.end()) == want);
  CHECK(has(array.note, "2 of 16 bits, now 8"));
  CHECK(!has(array.note, "transparency"));
}

TEST_CASE("transparent ink is laid over white, and it is said") {
  const Folder folder;
  write_png(folder / "ink.png", 1, 3, 8, PNG_COLOR_TYPE_GRAY_ALPHA, {0, 0, 0, 255, 0, 51});
  write_png(folder / "red.png", 1, 3, 8, PNG_COLOR_TYPE_GRAY_ALPHA, {255, 0, 255, 255, 255, 9});
  const Array array = read_image_folder(folder.path);
  CHECK(array.bytes == Bytes{255, 0, 204, 255, 255, 255});
  CHECK(has(array.note, "2 with transparency, laid over white, 1 of one colour then"));
}

TEST_CASE("EXIF orientations: each of the eight stands upright") {
  // a b      stored as the camera saw it; upright is 3 high, 2 wide:  0 1 / 2 3 / 4 5
  const Bytes upright{0, 1, 2, 3, 4, 5};
  const std::pair<int, Bytes> stored[] = {{1, {0, 1, 2, 3, 4, 5}}, {2, {1, 0, 3, 2, 5, 4}},
                                          {3, {5, 4, 3, 2, 1, 0}}, {4, {4, 5, 2, 3, 0, 1}},
                                          {5, {0, 2, 4, 1, 3, 5}}, {6, {1, 3, 5, 0, 2, 4}},
                                          {7, {5, 3, 1, 4, 2, 0}}, {8, {4, 2, 0, 5, 3, 1}}};
  for (const auto& [orientation, pixels] : stored) {
    const int at = orientation;
    CAPTURE(at);
    Picture p;
    p.height = orientation >= 5 ? 2 : 3, p.width = orientation >= 5 ? 3 : 2, p.channels = 1;
    p.pixels = pixels;
    turn_upright(p, orientation);
    CHECK(p.pixels == upright);
    CHECK((p.height == 3 && p.width == 2));
    for (const bool little_endian : {true, false}) {
      const auto n = [&](std::size_t v, int bytes) {
        std::string s = little(v, bytes);
        if (!little_endian) std::reverse(s.begin(), s.end());
        return s;
      };
      const std::string exif = std::string(little_endian ? "II" : "MM") + n(42, 2) + n(8, 4) +
                               n(2, 2) + n(0x010f, 2) + n(2, 2) + n(1, 4) + n(0, 4) + n(0x0112, 2) +
                               n(3, 2) + n(1, 4) + n(std::size_t(orientation), 2) + n(0, 2);
      CHECK(exif_orientation(exif) == orientation);
      for (std::size_t cut = 0; cut < exif.size(); ++cut) exif_orientation(exif.substr(0, cut));
    }
  }
}

TEST_CASE("decimal commas from the first line on: no row is taken for names") {
  const Folder folder;
  for (const char* separator : {";", "\t"})
    for (const char* first : {"", "a%b\n"}) {
      std::string text = concat(first, "1,5%2,5e1\n-3%4,25\n");
      while (has(text, "%")) text.replace(text.find('%'), 1, separator);
      write_text(folder / "a.csv", text);
      const Array array = read_array(folder / "a.csv");
      CHECK(array.dims == std::vector<std::size_t>{2, 2});
      CHECK(array.values == std::vector<float>{1.5f, 25, -3, 4.25f});
    }
}

TEST_CASE("more classes than a byte counts: as numbers, as names, as rows with a single 1") {
  const Folder folder;
  constexpr std::size_t many = 1623;  // as Omniglot has
  std::string numbers, names, two_bytes, ones(many * many, '\0');
  for (std::size_t i = 0; i < many; ++i) {
    numbers += concat(many - 1 - i, '\n');
    for (int twice = 0; twice < 2; ++twice) names += concat("sign", i, ",0.5\n");
    two_bytes += little(many - 1 - i, 2), ones[i * many + many - 1 - i] = 1;
  }
  write_text(folder / "numbers.csv", numbers);
  write_text(folder / "two.npy", npy("<u2", "1623,", two_bytes));
  write_text(folder / "ones.npy", npy("|u1", "1623, 1623", ones));
  for (const char* file : {"numbers.csv", "two.npy", "ones.npy"}) {
    CAPTURE(std::string(file));
    const std::vector<Label> labels = read_labels(folder / file);
    REQUIRE(labels.size() == many);
    CHECK((labels.front() == many - 1 && labels[many - 300] == 299 && labels.back() == 0));
  }
  write_text(folder / "names.csv", names);
  const Array array = read_array(folder / "names.csv", {.label_column = "0"});
  CHECK((array.label_names.size() == many && array.labels.back() == many - 1));
  // .. but not a label of its own for each row: that is a column of values
  std::string values;
  for (int i = 0; i < 600; ++i) values += concat("v", i, ",0.5\n");
  write_text(folder / "values.csv", values);
  CHECK(has(message_of([&] { read_array(folder / "values.csv", {.label_column = "0"}); }),
            "too many different labels: 600 in 600 rows\n  hint: is this the column of labels?"));
  write_text(folder / "two.npy", npy("<u4", "1,", little(65536, 4)));
  CHECK(has(message_of([&] { read_labels(folder / "two.npy"); }), "65536 of example 0 is out of"));
}

TEST_CASE("classes of which there is no example are said") {
  const Folder folder;
  write_text(folder / "x.npy", npy("|u1", "40, 2, 2", std::string(160, '\1')));
  for (const auto& [label, said] :
       {std::pair('\0', ""), {'\1', "of the classes 0 to 2 only 2 have examples"}}) {
    std::string labels;
    for (int i = 0; i < 40; ++i) labels += char(label + i % 2);
    write_text(folder / "y.npy", npy("|u1", "40,", labels));
    const DataSet set = load_data_set((folder / "x.npy").string(), {.labels = folder / "y.npy"});
    CHECK(set.train.file->note == said);
  }
}

TEST_CASE("the natural order of names") {
  const char* ordered[] = {"a",
                           "a1",
                           "a2",
                           "a10",
                           "a10b",
                           "b1.5",
                           "b1.10",
                           "img2",
                           "img010",
                           "img10",
                           "img99999999999999999999998",
                           "img99999999999999999999999",
                           "z"};
  for (std::size_t i = 0; i < std::size(ordered); ++i)
    for (std::size_t j = 0; j < std::size(ordered); ++j) {
      CAPTURE(ordered[i]);
      CAPTURE(ordered[j]);
      CHECK(natural_less(ordered[i], ordered[j]) == (i < j));
    }
}

TEST_CASE("a folder: natural order, and everything passed over is counted") {
  const Folder folder;
  for (const std::uint8_t i : Bytes{10, 9, 2, 1})
    write_png(folder / concat("img", int{i}, ".png"), 1, 1, 8, PNG_COLOR_TYPE_GRAY, {i});
  write_text(folder / "._img1.png", "AppleDouble");
  write_text(folder / "a.webp", std::string("RIFF\1\0\0\0WEBPVP8 ", 16));
  write_text(folder / "b.webp", std::string("RIFF\1\0\0\0WEBPVP8 ", 16));
  write_text(folder / "notes.txt", "hello, these are not images");
  std::filesystem::create_directory(folder / "more");
  std::filesystem::create_symlink("/nowhere/z.png", folder / "z.png");
  const Array array = read_image_folder(folder.path);
  CHECK(array.bytes == Bytes{1, 2, 9, 10});
  CHECK(
      array.note.starts_with("4 PNG files, img1.png to img10.png in natural order; passed over: "));
  for (const char* part :
       {"1 hidden", "2 WebP", "1 of other kinds", "1 folder", "1 link without a target"})
    CHECK_MESSAGE(has(array.note, part), array.note);
}

TEST_CASE("names of files that are no UTF-8, or more than a line") {
  const Folder folder;
  for (const char* name : {"a\nb.png", "caf\xe9.png"})
    write_png(folder / name, 1, 1, 8, PNG_COLOR_TYPE_GRAY, {7});
  CHECK(has(read_image_folder(folder.path).note, ", a?b.png to caf\xc3\xa9.png in natural order"));
}

TEST_CASE("folders as classes, in natural order, with names") {
  const Folder folder;
  for (const std::uint8_t c : Bytes{0, 1, 2})
    for (const std::uint8_t i : Bytes{1, 2, 3}) {
      const Path sub = folder / (c == 2 ? "class 10" : concat("class ", int{c} + 1));
      std::filesystem::create_directories(sub);
      write_png(sub / concat(int{i}, ".png"), 1, 1, 8, PNG_COLOR_TYPE_GRAY,
                {std::uint8_t(10 * c + i)});
    }
  std::filesystem::create_directory(folder / "empty");
  const Array array = read_image_folder(folder.path);
  CHECK(array.bytes == Bytes{1, 2, 3, 11, 12, 13, 21, 22, 23});
  CHECK(array.labels == std::vector<Label>{0, 0, 0, 1, 1, 1, 2, 2, 2});
  CHECK(array.label_names == std::vector<std::string>{"class 1", "class 2", "class 10"});
  CHECK(has(array.note, "1 folder without images"));
  const DataSet set = load_data_set(folder.path.native());
  CHECK(set.classes == 3);
  const Folder outer;
  std::filesystem::create_directories(outer / "train/cats");
  write_png(outer / "train/cats/1.png", 1, 1, 8, PNG_COLOR_TYPE_GRAY, {1});
  CHECK(has(message_of([&] { read_image_folder(outer.path); }), "hint: one folder less: --data "));
}

TEST_CASE("tables of any dialect") {
  const Folder folder;
  const std::vector<float> want{1, -2.5f, 3, 4, 0, 6};
  const std::pair<const char*, const char*> files[] = {
      {"a.CSV", "1,-2.5,3\n4,0,6\n"},
      {"a.tsv", "x\ty\tz\n1\t-2.5\t3\n4\t0\t6\n"},
      {"a.txt", " 1   -2.5 3\n 4 0   6 \n"},
      {"german.csv", "x;y;z\n1;-2,5;3\n4;0;6\n"},
      {"mac.csv", "x,y,z\r1,-2.5,3\r4,0,6\r"},
      {"quoted.csv", "\"x, in m\",\"y\",\"z\"\n\"1\",\"-2.5\",\"3\"\n4,0,6\n"},
      {"savetxt.txt", "# x y z\n1 -2.5 3\n4 0 6\n"},
      {"pandas.csv", ",x,y,z\n17,1,-2.5,3\n3,4,0,6\n"},
      {"pandas-numbered.csv", ",0,1,2\n0,1,-2.5,3\n1,4,0,6\n"},
      {"numbered.csv", "0,1,2\n1,-2.5,3\n4,0,6\n"},
      {"r.txt", "\"x\" \"y\" \"z\"\n\"row 1\" 1 -2.5 3\n\"row 2\" 4 0 6\n"},
  };
  for (const auto& [name, text] : files) {
    const std::string file = name;
    CAPTURE(file);
    write_text(folder / name, text);
    const Array array = read_array(folder / name);
    CHECK(array.dims == std::vector<std::size_t>{2, 3});
    CHECK(array.values == want);
  }
  CHECK(read_array(folder / "pandas.csv").note == "first column left out: names of the rows");
}

TEST_CASE("a column of labels: by number, from the end, by name; numbers or texts") {
  const Folder folder;
  write_text(folder / "mnist.csv", "label,1x1,1x2\n7,0,255\n1,3,4\n7,5,6\n");
  write_text(folder / "iris.csv", "a,b,species\n1,2,virginica\n3,4,setosa\n5,6,virginica\n");
  for (const char* column : {"0", "label", "-3"}) {
    const Array array = read_array(folder / "mnist.csv", {column});
    CHECK(array.values == std::vector<float>{0, 255, 3, 4, 5, 6});
    CHECK(array.labels == std::vector<Label>{7, 1, 7});
    CHECK(array.note == "labels from column 0, label");
  }
  const Array array = read_array(folder / "iris.csv", {"-1"});
  CHECK(array.labels == std::vector<Label>{1, 0, 1});
  CHECK(array.label_names == std::vector<std::string>{"setosa", "virginica"});
  CHECK(array.column_names == std::vector<std::string>{"a", "b"});
  const std::string text = message_of([&] { read_array(folder / "iris.csv", {"specie"}); });
  CHECK(has(text, "--label-column specie: "));
  CHECK(has(text, "its names: a, b, species; or a number from 0 to 2, or -1 for the last"));
}

TEST_CASE("archives of arrays: by the names that people give, or by one's own") {
  const Folder folder;
  const std::string images = npy("|u1", "4, 1, 2", std::string("\0\1\2\3\4\5\6\7", 8));
  const std::string labels =
      npy("<i8", "4,", little(2, 8) + little(0, 8) + little(1, 8) + little(2, 8));
  write_text(folder / "a.npz", zip({{"y.npy", labels}, {"x.npy", images}}));
  const DataSet set = load_data_set((folder / "a.npz").native());
  CHECK(set.classes == 3);
  CHECK(set.train.file->shape() == ImageShape{1, 2, 1});
  CHECK(read_array(folder / "a.npz:y").values == std::vector<float>{2, 0, 1, 2});
  write_text(folder / "keras.npz", zip({{"x_train.npy", images},
                                        {"y_train.npy", labels},
                                        {"x_test.npy", npy("|u1", "1, 1, 2", "\1\2")},
                                        {"y_test.npy", npy("|u1", "1,", "\1")}}));
  const DataSet keras = load_data_set((folder / "keras.npz").native());
  CHECK(keras.train.count() + keras.validation.count() == 4);
  CHECK(keras.test.count() == 1);
  std::string
      classes;  // as dSprites has them: a factor that never changes, one of 3, one of 2 values
  for (const std::size_t v : {0, 0, 1, 0, 2, 0, 0, 1, 1, 0, 2, 1}) classes += little(v, 8);
  write_text(folder / "sprites.npz", zip({{"metadata.npy", npy("|O", "", "pickled")},
                                          {"imgs.npy", images},
                                          {"latents_classes.npy", npy("<i8", "4, 3", classes)}}));
  const DataSet sprites = load_data_set((folder / "sprites.npz").native());
  const Factors& factors = sprites.train.file->factors;
  CHECK(factors.names == std::vector<std::string>{"factor 1", "factor 2"});
  CHECK(factors.sizes == std::vector<std::size_t>{3, 2});
  CHECK(factors.indices == Bytes{0, 1, 2, 0, 1, 1, 2, 1});
  write_text(folder / "few.npz", zip({{"imgs.npy", images},
                                      {"factors.npy", npy("<i8", "2, 2", classes.substr(0, 32))}}));
  CHECK(has(message_of([&] { load_data_set((folder / "few.npz").native()); }),
            "not the factors of 4 images: (2, 2)"));
  write_text(folder / "two.npz", zip({{"p.npy", images}, {"q.npy", images}}));
  CHECK(has(message_of([&] { load_data_set((folder / "two.npz").native()); }),
            ": which of its arrays? p (4, 1, 2) and q (4, 1, 2)\n  hint: name one: "));
  CHECK(has(message_of([&] { read_array(folder / "two.npz:r"); }),
            ": no array r in it; it holds p, q\n"));
  std::string damaged = zip({{"x.npy", images}});
  damaged[damaged.find("PK\1\2") - 1] ^= 1;  // the last byte of the data
  write_text(folder / "b.npz", damaged);
  CHECK(has(message_of([&] { read_array(folder / "b.npz"); }), "its checksum does not match"));
  for (std::size_t n = 0; n < damaged.size(); n += 7) {  // cut anywhere
    write_text(folder / "b.npz", damaged.substr(0, n));
    CHECK_THROWS_AS(read_array(folder / "b.npz"), Error);
  }
}

TEST_CASE("numbers that bytes could hold: grey where they are images, or where bytes are wanted") {
  const Folder folder;
  std::string numbers, halves;
  for (int i = 0; i < 20 * 4; ++i)
    numbers += little(std::size_t(i), 8), halves += little(0x3c00 + i, 2);
  write_text(folder / "images.npy", npy("<i8", "20, 2, 2", numbers));
  write_text(folder / "table.npy", npy("<i8", "20, 4", numbers));
  write_text(folder / "half.npy", npy("<f2", "20, 4", halves));
  const auto real = [&](const char* name, NumbersAs as) {
    DataOptions options;
    options.numbers = as;
    return load_data_set((folder / name).native(), options).train.file->real();
  };
  CHECK(real("images.npy", NumbersAs::numbers));
  CHECK(!real("images.npy", NumbersAs::bytes_of_images));
  CHECK(real("table.npy", NumbersAs::bytes_of_images));
  CHECK(!real("table.npy", NumbersAs::bytes));
  CHECK(read_array(folder / "half.npy").values[1] == 1 + 1 / 1024.0f);
}
