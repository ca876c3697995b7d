#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <vaegrad/lab/chapter.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/run/settings/option_numbers.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

Chapter::Chapter(int argc, char** argv, const std::string& name)
    : out_(std::filesystem::path("runs") / name) {
  const auto value = [&](int& i) -> std::string {
    check<UsageError>(i + 1 < argc, argv[i], ": it needs a value", hint,
                      "[--quick] [--seed N] [--out DIR] [--data NAME] [--data-dir DIR]");
    return argv[++i];
  };
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--quick")
      quick = true;
    else if (option == "--seed")
      seed = std::uint64_t(integer_option("seed", value(i), 0, INT64_MAX));
    else if (option == "--out")
      out_ = value(i);
    else if (option == "--data")
      data = value(i);
    else if (option == "--data-dir")
      data_dir = value(i);
    else
      fail<UsageError>("unrecognised option '", option, "'", hint,
                       "[--quick] [--seed N] [--out DIR] [--data NAME] [--data-dir DIR]");
  }
  std::error_code error;
  std::filesystem::create_directories(out_, error);
  check(!error, out_.string(), ": cannot make the folder: ", error.message(), hint,
        "--out names a folder that may be written");
}

void Chapter::line(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
  lines_ += text + '\n';
}

void Chapter::verdict(const std::string& label, const std::string& text, double got,
                      const std::string& wanted, bool ok) {
  ++claims_;
  failed_ += !ok;
  line(fmt::format("{:<6} {}", label, text));
  line(fmt::format("{:<7}{:>12.5g}   {:<40} {}", "", got, wanted, ok ? "ok" : "FAILED"));
}

void Chapter::claim(const std::string& label, const std::string& text, double got, double want,
                    double tolerance) {
  verdict(label, text, got, fmt::format("expected {:.5g} +- {:.2g}", want, tolerance),
          std::abs(got - want) <= tolerance);
}
void Chapter::claim_between(const std::string& label, const std::string& text, double got,
                            double low, double high) {
  verdict(label, text, got, fmt::format("expected {:.5g} to {:.5g}", low, high),
          low <= got && got <= high);
}
void Chapter::note(const std::string& text, double value) {
  line(fmt::format("{:<7}{}", "", text));
  line(fmt::format("{:<7}{:>12.5g}", "", value));
}

int Chapter::exit_status() {
  line(fmt::format("{} of {} claims hold", claims_ - failed_, claims_));
  write_atomically(out_ / "results.txt", std::string_view(lines_));
  return failed_ || !claims_ ? 1 : 0;
}

std::vector<std::string> class_names(const std::string& data) {
  if (data == "fashion-mnist")
    return {"T-shirt", "trousers", "pullover", "dress", "coat",
            "sandal",  "shirt",    "sneaker",  "bag",   "boot"};
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

Chart cloud(const std::string& title, ConstMatrix z, double reach, const std::string& letter) {
  Series dots{.mark = Mark::points};
  for (Index i = 0; i < std::min<Index>(z.rows, 1500); ++i)
    dots.x.push_back(double(z(i, 0))), dots.y.push_back(double(z(i, 1)));
  const std::pair range(-reach, reach);
  return {.title = title,
          .x_label = letter + "_1",
          .y_label = letter + "_2",
          .series = {dots},
          .x_range = range,
          .y_range = range};
}

void frame(ImageGrid& grid, const std::vector<bool>& marked) {
  for (std::size_t n = 0; n < marked.size(); ++n) {
    std::uint8_t* pixel = &grid.pixels[n * std::size_t(grid.height * grid.width)];
    for (int i = 0; i < grid.height; ++i)
      for (int j = 0; j < grid.width; ++j, ++pixel)
        if (marked[n] && std::min({i, j, grid.height - 1 - i, grid.width - 1 - j}) < 2)
          *pixel = 255;
  }
}

int run_chapter(int argc, char** argv, const std::string& name, int (*chapter)(Chapter&)) {
  try {
    Chapter c(argc, argv, name);
    return chapter(c);
  } catch (const UsageError& e) {
    fmt::print(stderr, "{}: {}\n", name, e.what());
    return 2;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}: {}\n", name, e.what());
    return 1;
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
