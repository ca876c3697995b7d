#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it before

#include <jpeglib.h>

#include <vaegrad/lab/data/formats/picture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Encoders write a dozen. Each goes through the whole image, and 4 KB have room for hundreds.
constexpr int most_scans = 100;

struct Failure {
  jpeg_error_mgr base;
  std::jmp_buf back;
  const char* wrong = nullptr;  // what is not libjpeg's to say
};

[[noreturn]] void jump_back(j_common_ptr of) {
  std::longjmp(reinterpret_cast<Failure*>(of->err)->back, 1);
}

// Nothing here may need a destructor: an error jumps out of it, and so does a warning, such as that
// the data end too early.
bool decode(std::string_view bytes, Picture& to, jpeg_decompress_struct& jpeg, Failure& error,
            int& orientation) {
  if (setjmp(error.back)) return false;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);  // Exif
  jpeg_save_markers(&jpeg, JPEG_APP0 + 2, 0xffff);  // colour profiles
  jpeg_read_header(&jpeg, TRUE);
  for (jpeg_saved_marker_ptr m = jpeg.marker_list; m; m = m->next) {
    const std::string_view data(reinterpret_cast<const char*>(m->data), m->data_length);
    if (data.starts_with(std::string_view("Exif\0\0", 6)))
      orientation = exif_orientation(data.substr(6));
    if (data.starts_with("ICC_PROFILE") && data.find("sRGB") == data.npos)
      to.remarks |= Picture::profile;
  }
  const bool grey = jpeg.jpeg_color_space == JCS_GRAYSCALE;
  if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK) {
    to.wrong = "CMYK colours, four inks for printing: grey or RGB is read";
    return true;
  }
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

}  // namespace

void read_jpeg(std::string_view bytes, Picture& to) {
  jpeg_decompress_struct jpeg{};
  Failure error{};
  jpeg.err = jpeg_std_error(&error.base);
  error.base.error_exit = jump_back;
  error.base.emit_message = [](j_common_ptr of, int level) {
    if (level < 0) jump_back(of);
  };
  jpeg_create_decompress(&jpeg);
  jpeg_progress_mgr progress{};
  progress.progress_monitor = [](j_common_ptr of) {
    if (reinterpret_cast<j_decompress_ptr>(of)->input_scan_number <= most_scans) return;
    reinterpret_cast<Failure*>(of->err)->wrong = "more scans than any encoder writes";
    jump_back(of);
  };
  jpeg.progress = &progress;
  int orientation = 1;
  if (!decode(bytes, to, jpeg, error, orientation)) {
    char text[JMSG_LENGTH_MAX] = {};
    error.base.format_message(reinterpret_cast<j_common_ptr>(&jpeg), text);
    to.wrong = concat("damaged: ", std::string_view(error.wrong ? error.wrong : text));
  }
  jpeg_destroy_decompress(&jpeg);
  if (to.wrong.empty()) turn_upright(to, orientation);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
