// Commands of a program side by side, a process each: one that fails or is killed costs no other,
// and what a process has taken the system gets back. Not a scheduler of anything but runs: what is
// left to do of each is asked of what lies on the disk, so that whoever starts again goes on.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// Commands that follow each other.
struct Job {
  std::string name;
  std::filesystem::path folder;  // it waits while another process trains there (FolderLock)
  std::filesystem::path log;     // what its commands say is added to it
  std::function<std::vector<std::string>()> next;  // arguments of the next command; empty: done
  double work = 1;                                 // beside the others', for the time left
};

// Where all of it is.
struct JobsState {
  std::size_t all = 0, done = 0, failed = 0;
  std::vector<std::string> running;      // names, the one that was begun first first
  std::vector<double> shares;            // .. how much of each is done, 0 to 1
  double seconds = 0, seconds_left = 0;  // NaN: nothing is known yet
};

// Who watches.
class JobsObserver {
 public:
  virtual ~JobsObserver() = default;
  // A signal that ends it: the commands get it, and may save. 0: go on.
  virtual int stop() { return 0; }
  // A job was started, with so many threads.
  virtual void begun(const Job&, int /*threads*/) {}
  virtual void waits(const Job&) {}  // .. for another process that trains in its folder
  // `failure`: the last lines that it said; empty where all went well.
  virtual void ended(const Job&, double /*seconds*/, const std::string& /*failure*/) {}
  virtual void tick(const JobsState&) {}  // some ten times a second
};

// `at_once` of them at a time, which share `threads` threads: none has more than its part, and what
// remains alone has all. Commands are of this program (/proc/self/exe), in groups of their own, so
// that Ctrl-C reaches them once, and they are sent SIGTERM when this process dies. A job whose
// command fails is failed and goes no further. Of N ranks each takes every N-th job, with `at_once` and
// `threads` of its own.
JobsState run_side_by_side(std::span<const Job> jobs, int at_once, int threads,
                           JobsObserver& observer);

// How far a log of train says that it is: the last `epoch N/M`, 0 without one.
double share_of_epochs(const std::filesystem::path& log);

}  // namespace vaegrad::inline VAEGRAD_ABI
