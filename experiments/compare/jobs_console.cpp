#include "jobs_console.hpp"

#include <fmt/format.h>

#include <cmath>
#include <csignal>

#include "signals.hpp"

namespace vaegrad {

int JobsConsole::stop() {
  if (const int signal = interrupted()) return signal;
  used_up_ = used_up_ || (budget_ > 0 && progress_.seconds() > budget_);
  return used_up_ ? SIGTERM : 0;
}
void JobsConsole::begun(const Job& job, int threads) {
  progress_.finish(
      fmt::format("begun   {} on {} thread{}", job.name, threads, threads == 1 ? "" : "s"));
}
void JobsConsole::waits(const Job& job) {
  progress_.finish(fmt::format("waits   {}: another process trains there", job.name));
}
void JobsConsole::ended(const Job& job, double seconds, const std::string& failure) {
  if (failure.empty())
    progress_.finish(fmt::format("done    {} in {}", job.name, duration(seconds)));
  else
    progress_.finish(
        fmt::format("FAILED  {}: {}\n  what it said: {}", job.name, failure, job.log.string()));
}
void JobsConsole::tick(const JobsState& state) {
  if (!progress_.due()) return;
  std::string line = fmt::format("{} of {} done", state.done, state.all);
  if (state.failed) line += fmt::format(", {} failed", state.failed);
  if (!std::isnan(state.seconds_left)) line += ", " + duration(state.seconds_left) + " left";
  for (std::size_t i = 0; i < state.running.size(); ++i)
    line += fmt::format("  {} {:.0f} %", state.running[i], 100 * state.shares[i]);
  progress_.update(line);
}

}  // namespace vaegrad
