#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/lock.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/uses/studies/clock.hpp>
#include <vaegrad/lab/uses/studies/over_ranks.hpp>

extern char** environ;

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

// The last lines of a file, as far as they fit into some thousand bytes.
std::string tail_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? std::streamoff(file.tellg()) : 0, last = 4096;
  std::string text(std::size_t(std::min(size, last)), '\0');
  file.seekg(std::max<std::streamoff>(0, size - last));
  file.read(text.data(), std::streamsize(text.size()));
  return text;
}

// .. what went wrong: from the last line `vaegrad COMMAND: ..` on
std::string last_error(const fs::path& log) {
  std::string text = tail_of(log);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t error = text.rfind("\nvaegrad");
  const std::size_t start = error != text.npos ? error + 1 : text.rfind('\n') + 1;
  return text.substr(start);
}

// Everything that a child needs, made before the fork: after it only what signal handlers may call.
struct Words {
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  explicit Words(std::vector<std::string> words) : texts(std::move(words)) {
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }
};

pid_t start(const std::vector<std::string>& command, int threads, int log) {
  static const std::string program = fs::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words = {program}, variables;
  words.insert(words.end(), command.begin(), command.end());
  // Without what would make a rank of it, too.
  const auto for_it = [](std::string_view variable) {
    for (const char* not_for_it : {"OMP_NUM_THREADS=", "OMPI_", "PMIX_", "PMI_", "PRTE_"})
      if (variable.starts_with(not_for_it)) return false;
    return true;
  };
  for (char** v = environ; *v; ++v)
    if (for_it(*v)) variables.push_back(*v);
  variables.push_back(concat("OMP_NUM_THREADS=", threads));
  Words arguments(words), environment(variables);
  sigset_t none;
  sigemptyset(&none);
  const pid_t parent = ::getpid(), child = ::fork();
  check(child >= 0, "cannot start another process: ", std::strerror(errno), hint,
        "fewer --jobs need less");
  if (child > 0) {
    ::setpgid(child, child);
    return child;
  }
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO), ::dup2(log, STDOUT_FILENO), ::dup2(log, STDERR_FILENO);
  ::execve(program.c_str(), arguments.pointers.data(), environment.pointers.data());
  ::_exit(127);
}

bool in_use(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  try {
    const FolderLock lock(folder);
    return false;
  } catch (const Error&) {
    return true;
  }
}

// A job that was begun.
struct Running {
  const Job* job;
  int threads;
  pid_t child;
  double share_at_start;
  Clock::time_point begun;
  std::vector<std::string> command;
};

struct Pool {
  std::span<const Job> jobs;
  int at_once, threads;
  JobsObserver& observer;
  JobsState state{};
  std::vector<const Job*> waiting{}, told{};
  std::vector<Running> running{};
  std::vector<FailedJob> failures{};
  double known_seconds = 0,
         known_work = 0;  // thread-seconds of what has ended, and how much it was

  // Whether there is something to do, and it was begun.
  bool run_next(Running& r) {
    std::vector<std::string> command = r.job->next();
    if (command.empty()) return false;
    check(command != r.command, r.job->name, ": it ended without an error, but not finished", hint,
          "what it said is in ", r.job->log.string());
    std::error_code error;
    fs::create_directories(r.job->log.parent_path(), error);
    const int log = ::open(r.job->log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    check(log >= 0, r.job->log.string(), ": cannot be written: ", std::strerror(errno), hint,
          "--out names a folder that may be written");
    std::string line = "$ vaegrad";
    for (const std::string& word : command) line += ' ' + word;
    line += '\n';
    if (::write(log, line.data(), line.size()) < 0) errno = 0;  // the child will meet it too
    r.command = std::move(command);
    r.child = start(r.command, r.threads, log);
    ::close(log);
    return true;
  }

  void end(const Running& r, const std::string& failure) {
    ++(failure.empty() ? state.done : state.failed);
    const double seconds = seconds_since(r.begun);
    if (failure.empty() && r.share_at_start < 1) {
      known_seconds += seconds * r.threads;
      known_work += r.job->work * (1 - r.share_at_start);
    }
    observer.ended(*r.job, seconds, failure);
    if (!failure.empty()) failures.push_back({r.job, seconds, failure});
  }

  // Starts what there is room for.
  void fill() {
    int free = threads;
    for (const Running& r : running) free -= r.threads;
    for (std::size_t i = 0; i < waiting.size() && int(running.size()) < at_once && free > 0;) {
      const Job& job = *waiting[i];
      if (in_use(job.folder)) {
        if (std::find(told.begin(), told.end(), &job) == told.end()) {
          observer.waits(job);
          told.push_back(&job);
        }
        ++i;
        continue;
      }
      const int places = std::min(at_once - int(running.size()), int(waiting.size()));
      Running r{&job, std::max(1, free / places), 0, share_of_epochs(job.log), Clock::now(), {}};
      waiting.erase(waiting.begin() + std::ptrdiff_t(i));
      try {
        if (!run_next(r)) {
          ++state.done;
          continue;
        }
      } catch (const Error& e) {
        end(r, e.what());
        continue;
      }
      observer.begun(job, r.threads);
      free -= r.threads;
      running.push_back(std::move(r));
    }
  }

  // Takes leave of what has ended.
  void reap(bool stopping) {
    for (std::size_t i = 0; i < running.size();) {
      Running& r = running[i];
      int status = 0;
      if (::waitpid(r.child, &status, WNOHANG) != r.child) {
        ++i;
        continue;
      }
      const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      bool goes_on = false;
      std::string failure;
      if (well && !stopping) {
        try {
          goes_on = run_next(r);
        } catch (const Error& e) {
          failure = e.what();
        }
      } else if (!well) {
        failure = WIFSIGNALED(status) ? concat("killed by signal ", WTERMSIG(status), " (",
                                               ::strsignal(WTERMSIG(status)), ")")
                                      : last_error(r.job->log);
        if (failure.empty()) failure = concat("status ", WEXITSTATUS(status));
      }
      if (goes_on) {
        ++i;
        continue;
      }
      const Running gone = std::move(r);
      running.erase(running.begin() + std::ptrdiff_t(i));
      if (!stopping || (well && gone.job->next().empty())) end(gone, failure);
    }
  }

  void look() {
    state.running.clear(), state.shares.clear();
    double left = 0, longest = 0, seconds = known_seconds, work = known_work;
    for (const Running& r : running) {
      const double share = share_of_epochs(r.job->log);
      state.running.push_back(r.job->name);
      state.shares.push_back(share);
      const double progress = share - std::min(share, r.share_at_start);
      if (progress > 0) {
        seconds += seconds_since(r.begun) * r.threads;
        work += r.job->work * progress;
      }
    }
    const double cost = work > 0 ? seconds / work : std::nan("");  // thread-seconds
    for (std::size_t i = 0; i < running.size(); ++i) {
      const double rest = running[i].job->work * (1 - state.shares[i]) * cost;
      left += rest;
      longest = std::max(longest, rest / running[i].threads);
    }
    for (const Job* job : waiting) left += job->work * (1 - share_of_epochs(job->log)) * cost;
    state.seconds_left = std::isnan(cost) ? cost : std::max(longest, left / threads);
  }
};

}  // namespace

double share_of_epochs(const fs::path& log) {
  const std::string text = tail_of(log);
  const std::size_t at = text.rfind("\nepoch ");
  int epoch = 0, epochs = 0;
  if (at == text.npos || std::sscanf(text.c_str() + at, "\nepoch %d/%d", &epoch, &epochs) != 2 ||
      epochs < 1)
    return 0;
  return std::min(1.0, double(epoch) / epochs);
}

JobsState run_side_by_side(std::span<const Job> jobs, int at_once, int threads,
                           JobsObserver& observer) {
  check(at_once >= 1 && threads >= 1, "side by side: ", at_once, " at once on ", threads,
        " threads");
  Pool pool{jobs, std::min(at_once, threads), threads, observer};
  pool.state.all = jobs.size();
  const std::size_t n = std::size_t(ranks().size()), me = std::size_t(ranks().rank());
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (i % n == me) pool.waiting.push_back(&jobs[i]);
  const auto begun = Clock::now();
  Clock::time_point looked{};
  int told = 0;
  while (!pool.running.empty() || !(pool.waiting.empty() || told)) {
    if (const int signal = observer.stop(); signal && !told) {
      told = signal;
      for (const Running& r : pool.running) ::kill(r.child, signal);
    }
    pool.reap(told != 0);
    if (!told) pool.fill();
    pool.state.seconds = seconds_since(begun);
    if (seconds_since(looked) > 0.2) {
      looked = Clock::now();
      pool.look();
      observer.tick(pool.state);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (n > 1) add_up_ranks(pool.state, jobs, pool.failures, observer);
  return pool.state;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
