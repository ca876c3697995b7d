// A command of the program: a name, a line about it, and what runs it. One file per command.
#pragma once
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

extern const Command train_command, evaluate_command, sample_command, reconstruct_command,
    traverse_command, interpolate_command, compare_command, chapter_command, bench_command,
    data_command;

}  // namespace vaegrad
