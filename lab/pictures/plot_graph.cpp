// Graphs are laid out by Graphviz.
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/pictures/plot.hpp>

extern char** environ;

namespace vaegrad::inline VAEGRAD_ABI {

namespace fs = std::filesystem;

bool draw_graph(const std::string& dot, const fs::path& path) {
  fs::path source = path, unfinished = path;
  source.replace_extension(".dot");
  unfinished += ".tmp";
  write_atomically(source, std::string_view(dot));
  std::string words[] = {
      "dot", path.extension() == ".svg" || path.extension() == ".SVG" ? "-Tsvg" : "-Tpng", "-o",
      unfinished.string(), source.string()};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  int error = posix_spawnp(&child, "dot", nullptr, nullptr, argv.data(), environ);
  if (!error && waitpid(child, &status, 0) == child && status == 0) {
    std::error_code failed;
    fs::rename(unfinished, path, failed);
    if (!failed) return true;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) error = ENOENT;  // POSIX allows this too
  std::cerr << concat("plots: ", path.string(), " is not drawn: ",
                      error ? concat("dot: ", std::strerror(error)) : "dot failed",
                      error == ENOENT ? concat(hint, "apt-get install graphviz") : "", '\n');
  std::error_code ignored;
  fs::remove(unfinished, ignored);
  return false;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
