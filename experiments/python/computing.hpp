// What the module does while it computes: Python's lock is free, so that other threads go on, and
// signals wait. They must: products use the stack register for something else, and the frame of a
// handler that ran there would be written over the heap (experiments/signals.hpp).
#pragma once
#include <pybind11/pybind11.h>
#include <signal.h>

#include <chrono>
#include <optional>

namespace vaegrad {

class Computing {
 public:
  Computing() {
    sigset_t wait;
    sigfillset(&wait);  // but what says that the program is wrong
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT})
      sigdelset(&wait, fault);
    pthread_sigmask(SIG_BLOCK, &wait, &before_);
    free_.emplace();
  }
  ~Computing() {
    free_.reset();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;

  // f(), which does not compute, with the signals as they were: children that it begins have them so.
  template <class F>
  auto let_in(F f) {
    struct Waiting {
      sigset_t mask;
      ~Waiting() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } waiting;
    pthread_sigmask(SIG_SETMASK, &before_, &waiting.mask);
    return f();
  }

  // Between two steps, at most ten times a second: lets in the signals that wait. Throws what their
  // handlers raise, which is KeyboardInterrupt for Ctrl-C; only on Python's main thread.
  void look_for_signals() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < std::chrono::milliseconds(100)) return;
    looked_ = now;
    sigset_t waiting;
    pthread_sigmask(SIG_SETMASK, &before_, &waiting);
    pthread_sigmask(SIG_SETMASK, &waiting, nullptr);
    const pybind11::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
  }

 private:
  sigset_t before_;
  std::optional<pybind11::gil_scoped_release> free_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace vaegrad
