// A command of the program: a name, a line about it, and what runs it. One file per command.
#pragma once
#include <fmt/format.h>

#include <cstdio>
#include <span>
#include <string>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad {

using Arguments = std::span<const std::string>;

struct Command {
  const char *name, *summary;
  int (*run)(Arguments);  // returns the exit status; errors are thrown
  std::string (*help)();  // options and an example
};

// The commands, in the order of the help; a new one is its file and a row here.
#define VAEGRAD_COMMANDS(COMMAND) \
  COMMAND(train)                  \
  COMMAND(evaluate)               \
  COMMAND(fit_prior)              \
  COMMAND(sample)                 \
  COMMAND(reconstruct)            \
  COMMAND(traverse)               \
  COMMAND(interpolate)            \
  COMMAND(compress)               \
  COMMAND(decompress)             \
  COMMAND(sweep)                  \
  COMMAND(compare)                \
  COMMAND(reproduce)              \
  COMMAND(encode)                 \
  COMMAND(decode)                 \
  COMMAND(probe)                  \
  COMMAND(disentangle)            \
  COMMAND(detect)                 \
  COMMAND(quality)                \
  COMMAND(export)                 \
  COMMAND(data)                   \
  COMMAND(chapter)                \
  COMMAND(book)                   \
  COMMAND(page)                   \
  COMMAND(bench)

#define COMMAND(name) extern const Command name##_command;
VAEGRAD_COMMANDS(COMMAND)
#undef COMMAND

// A word to people. A stderr that is full or closed costs them the word, and no result.
template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  std::fputs(fmt::format(text, std::forward<Args>(args)...).c_str(), stderr);
}

}  // namespace vaegrad
