// The gnuplot process behind every picture. gnuplot-iostream is slow to compile and stays in this
// file.
#include <fmt/format.h>
#include <gnuplot-iostream.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/plot_picture.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

std::string literal(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'')
      out += "''";
    else
      out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "'";
}

double text_width(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // UTF-8 continuation bytes take no room
  });
  return 6.6 * static_cast<double>(letters);
}

namespace {

void warn(const std::string& message) { std::cerr << message << '\n' << std::flush; }

// Writing to a gnuplot that died must be a failed picture, not a dead program.
struct IgnoreBrokenPipe {
  struct sigaction before {};
  IgnoreBrokenPipe() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before);
  }
  ~IgnoreBrokenPipe() { sigaction(SIGPIPE, &before, nullptr); }
  IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
  IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;
};

// A picture cut short lacks its last bytes.
bool complete(const fs::path& path, bool svg) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::streamoff>(file.tellg());
  if (!file || size < 16) return false;
  std::string tail(16, '\0');
  file.seekg(size - 16).read(tail.data(), 16);
  return tail.find(svg ? "</svg>" : "IEND") != std::string::npos;
}

}  // namespace

bool picture(const fs::path& path, double width, double height,
             const std::function<void(std::ostream&)>& commands) {
  if (writes_nothing) return true;
  if (!gnuplot_available()) {
    static std::atomic_flag told;
    if (!told.test_and_set())
      warn(concat("plots: gnuplot is not in PATH: no pictures are drawn, ", path.string(),
                  " is the first", hint, "apt-get install gnuplot-nox"));
    return false;
  }
  const fs::path end = path.extension();
  const bool svg = end == ".svg" || end == ".SVG";
  fs::path unfinished = path;
  unfinished += ".tmp";
  std::error_code error;
  if (!std::ofstream(unfinished)) {
    warn(concat(path.string(), ": cannot be written: ", std::strerror(errno)));
    return false;
  }
  try {
    IgnoreBrokenPipe around;
    Gnuplot gnuplot(
        // no ~/.gnuplot, nothing in our results; without a UTF-8 locale it warns about every
        // picture
        "LC_ALL=C.UTF-8 gnuplot --default-settings >/dev/null");
    gnuplot.imbue(std::locale::classic());
    gnuplot << fmt::format(
        "set encoding utf8\nset terminal {} noenhanced size {:.0f},{:.0f} font 'DejaVu Sans,10' "
        "background '#FFFFFF'\n"
        "set output {}\n",
        svg ? "svg" : "pngcairo", width, height, literal(unfinished.string()));
    commands(gnuplot);
    gnuplot << "unset output\n";
  } catch (...) {  // gnuplot has ended
    fs::remove(unfinished, error);
    throw;
  }
  const bool drawn = complete(unfinished, svg);
  if (drawn) fs::rename(unfinished, path, error);
  if (drawn && !error) return true;
  warn(concat(path.string(), ": was not drawn: ", drawn ? error.message() : "gnuplot failed"));
  fs::remove(unfinished, error);
  return false;
}

bool gnuplot_available() {
  const char* variable = std::getenv("PATH");
  std::istringstream folders(variable ? variable : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path program = fs::path(folder.empty() ? "." : folder) / "gnuplot";
    std::error_code error;
    if (fs::is_regular_file(program, error) && ::access(program.c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
