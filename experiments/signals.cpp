#include "signals.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <thread>

#include <vaegrad/lab/ranks/ranks.hpp>

namespace vaegrad {
namespace {

std::atomic<int> first_signal = 0;
std::atomic<bool> saving = false;

void wait_for(sigset_t signals) {
  for (int signal; ::sigwait(&signals, &signal) == 0; first_signal = signal)
    if (first_signal || !saving) {
      // When a rank dies the launcher ends the others at once: they shall say first which it was.
      if (ranks().size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(300));
      ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
      ::kill(::getpid(), signal);  // nobody else takes it
    }
}

// `train | head`: who read has gone, and the run goes on without telling. It runs on the thread that
// writes, never inside a product.
void go_on_silently(int) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (const int file : {STDOUT_FILENO, STDERR_FILENO})
    if (::write(file, "", 0) < 0 || !::isatty(file)) ::dup2(nowhere, file);
  ::close(nowhere);
}

}  // namespace

void watch_signals() {
  static std::once_flag once;
  std::call_once(once, [] {
    std::signal(SIGPIPE, go_on_silently);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM}) {
      sigaddset(&signals, signal);
      std::signal(signal, SIG_DFL);  // what a script runs in the background begins with one ignored
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread(wait_for, signals).detach();
  });
}
void can_be_saved() { saving = true; }
int interrupted() { return first_signal; }

}  // namespace vaegrad
