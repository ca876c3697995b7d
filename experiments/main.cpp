// The vaegrad program: finds the command and runs it. Results go to stdout, everything else to
// stderr. Exit status: 0 done, 1 failed, 2 wrong usage, 130 or 143 interrupted and saved.
#include <fmt/format.h>

#include <cstdio>
#include <new>
#include <string_view>
#include <vaegrad/lab/ranks/message_passing.hpp>
#include <vaegrad/lab/run/run.hpp>
#include <vector>

#include "command.hpp"
#include "signals.hpp"

namespace {

using namespace vaegrad;

#define COMMAND(name) &name##_command,
const Command* const commands[] = {VAEGRAD_COMMANDS(COMMAND)};
#undef COMMAND

std::string overview() {
  std::string to =
      "vaegrad: variational autoencoders in C++, to understand, use and research\n\n"
      "usage: vaegrad COMMAND [options]        vaegrad COMMAND --help\n\n";
  for (const Command* c : commands) to += fmt::format("  {:<12} {}\n", c->name, c->summary);
  to += fmt::format("  {:<12} {}\n", "test", "every test (by the start script)");
  to += "\nmpirun -n N vaegrad .. does the same over several processes, to the same bytes.\n";
  to += "\nexample: vaegrad train --data fashion-mnist --binarize sample --latent 2\n";
  return to;
}

// A message of the libraries may begin with what the command is called too, as of `probe`.
int report(const std::string& where, const std::exception& e, int status) {
  const std::string_view command = std::string_view(where).substr(where.rfind(' ') + 1);
  std::string_view what = e.what();
  if (what.starts_with(command) && what.substr(command.size()).starts_with(": "))
    what.remove_prefix(command.size() + 2);
  say("{}: {}\n", where, what);
  leave_ranks(std::string(what));
  return status;
}

// What was printed has to have arrived: of a full disk nobody would learn otherwise.
int arrived(int status) {
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout);
  if (lost) say("vaegrad: stdout: cannot be written\n  hint: is the disk full?\n");
  return lost && status == 0 ? 1 : status;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string name = arguments.empty() ? "--help" : arguments[0];
  if (name == "--help" || name == "help") {
    fmt::print("{}", overview());
    return arrived(0);
  }
  if (name == "--version") {
    fmt::print("vaegrad {}\n", version);
    return arrived(0);
  }
  std::string where = "vaegrad";
  try {
    for (const Command* c : commands) {
      if (name != c->name) continue;
      where += ' ' + name;
      const Arguments rest = Arguments(arguments).subspan(1);
      for (const std::string& a : rest)
        if (a == "--help") {
          fmt::print("{}", c->help());
          return arrived(0);
        }
      if (launched()) watch_signals();  // before there are threads
      join_ranks(arguments, launched_ranks);
      const int status = arrived(c->run(rest));
      leave_ranks();
      return status;
    }
    fail<UsageError>("there is no command '", name, "'", hint, "vaegrad --help lists the commands");
  } catch (const UsageError& e) {
    return report(where, e, 2);
  } catch (const std::bad_alloc&) {
    return report(
        where, Error(concat("out of memory", hint, "a smaller --batch or --hidden needs less")), 1);
  } catch (const std::exception& e) {
    return report(where, e, 1);
  }
}
