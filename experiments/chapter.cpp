// vaegrad chapter: runs a chapter's program, or all of them.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vaegrad/lab/run/settings/settings.hpp>

#include "command.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

// The chapters' programs lie beside this one: build/NAME/{experiments/vaegrad, chapters/NN-words}.
std::vector<fs::path> programs() {
  std::vector<fs::path> found;
  std::error_code error;
  const fs::path folder =
      fs::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "chapters";
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.size() > 3 && std::isdigit(name[0]) &&
        std::isdigit(name[1]) && name[2] == '-')
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  check(!found.empty(), "chapters are not built: there is none in ", folder.string(), hint,
        "run it by the start script: ./vaegrad chapter 5");
  return found;
}

// The program's exit status; its output goes where ours goes.
int run_program(const fs::path& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  check(child >= 0, "cannot start ", program.string());
  if (child == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_chapter(Arguments arguments) {
  check<UsageError>(!arguments.empty(), "which chapter?", hint,
                    "vaegrad chapter 5, or vaegrad chapter all --quick");
  const std::string which = arguments[0];
  const auto all = programs();
  std::vector<fs::path> chosen = all;
  if (which != "all") {
    const std::string number = fmt::format("{:02}-", integer_option("chapter", which, 0, 99));
    std::erase_if(chosen,
                  [&](const fs::path& p) { return !p.filename().string().starts_with(number); });
    std::string known;
    for (const fs::path& p : all) known += concat(known.empty() ? "" : ", ", p.filename().string());
    check<UsageError>(!chosen.empty(), "there is no chapter ", which, hint, "one of ", known);
  }
  // With --out DIR and several chapters, each has its folder in DIR.
  const auto out = std::find(arguments.begin(), arguments.end(), "--out");
  int failed = 0;
  for (const fs::path& program : chosen) {
    std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (chosen.size() > 1 && out != arguments.end() && out + 1 != arguments.end())
      rest[std::size_t(out - arguments.begin())] =
          (fs::path(*(out + 1)) / program.filename()).string();
    if (chosen.size() > 1) fmt::print("\n{}\n", program.filename().string());
    std::fflush(stdout);
    const int status = run_program(program, rest);
    if (chosen.size() == 1) return status;
    failed += status != 0;
  }
  fmt::print("\n{} of {} chapters hold\n", chosen.size() - std::size_t(failed), chosen.size());
  return failed ? 1 : 0;
}

std::string chapter_help() {
  return "usage: vaegrad chapter NN|all [options]\n\n"
         "Runs a chapter of the course: it computes, draws, and checks its claims.\n\n"
         "  --quick                 seconds instead of minutes\n"
         "  --out DIR               figures and results.txt [runs/NN-name]\n"
         "  --seed N                [1]\n"
         "  --data NAME             instead of fashion-mnist\n"
         "  --data-dir DIR\n\n"
         "example: vaegrad chapter 5 --quick\n";
}

}  // namespace

const Command chapter_command{"chapter", "runs a chapter of the course, or all", run_chapter,
                              chapter_help};

}  // namespace vaegrad
