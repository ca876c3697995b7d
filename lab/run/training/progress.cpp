#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include <vaegrad/lab/run/training/progress.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// A line that wraps could not be rewritten. (Lines are ASCII.)
std::string_view in_one_line(const std::string& line) {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return std::string_view(line).substr(0, known ? size.ws_col - 1u : 79u);
}

}  // namespace

Progress::Progress() : start_(Clock::now()), shown_(start_), terminal_(isatty(STDERR_FILENO)) {}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

bool Progress::due() const {
  return terminal_ && Clock::now() - shown_ > std::chrono::milliseconds(100);
}

void Progress::update(const std::string& line) {
  if (!due()) return;
  shown_ = Clock::now();
  std::fputs(fmt::format("\r\033[K{}", in_one_line(line)).c_str(), stderr);
  std::fflush(stderr);
}

void Progress::finish(const std::string& line) {
  // whoever read this may have gone: no reason to end a run
  const std::string text = fmt::format("{}{}\n", terminal_ ? "\r\033[K" : "", line);
  std::fputs(text.c_str(), stderr);
}

std::string duration(double seconds) {
  const long s = long(seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s % 3600 / 60);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
