#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <vaegrad/autodiff/kernels/denormals.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::atomic<int> chosen = 0;  // 0: OpenMP's own

thread_local bool in_team = false;  // this thread is doing a block

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Waits for done() by spinning for some 50 us: longer than what lies between two loops of a step.
template <class Done>
bool spin_until(Done done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 16; ++i) {
      if (done()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < give_up);
  return false;
}

// Consecutive blocks that one thread begins with: the next in the lower half, the end in the upper
// half. Whoever takes a block makes one compare-and-exchange, so a block is done once; and whoever
// got one knows that this job is not over, so what the team's fields say is this job.
struct alignas(64) Share {
  std::atomic<std::uint64_t> state{0};

  void set(Index first, Index end) {
    state.store(std::uint64_t(end) << 32 | std::uint64_t(first), std::memory_order_release);
  }
  Index take() {  // -1: nothing is left
    std::uint64_t s = state.load(std::memory_order_acquire);
    while ((s & 0xffffffff) < s >> 32)
      if (state.compare_exchange_weak(s, s + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return Index(s & 0xffffffff);
    return -1;
  }
};

class Team {
 public:
  static constexpr int most = 256;

  std::mutex busy;  // held by the thread whose job it is

  void run(int size, Index blocks, void (*call)(void*, Index), void* context) {
    for (; int(threads_.size()) < size - 1;)
      threads_.emplace_back([this, me = int(threads_.size()) + 1] { work(me); });
    call_ = call;
    context_ = context;
    mode_ = floating_mode();
    done_.store(0, std::memory_order_relaxed);
    size_.store(size, std::memory_order_relaxed);
    for (int k = 0; k < size; ++k) shares_[k].set(blocks * k / size, blocks * (k + 1) / size);
    job_.fetch_add(1, std::memory_order_release);
    job_.notify_all();

    take_part(0, size);
    while (done_.load(std::memory_order_acquire) < blocks)
      if (!spin_until([&] { return done_.load(std::memory_order_acquire) == blocks; }))
        std::this_thread::yield();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }

 private:
  // Its own share from the front, then what others have left.
  void take_part(int me, int size) {
    in_team = true;
    for (int k = 0; k < size; ++k)
      for (Index block; (block = shares_[(me + k) % size].take()) >= 0;) {
        set_floating_mode(mode_);
        try {
          call_(context_, block);
        } catch (...) {
          const std::lock_guard lock(throwing_);
          thrown_ = std::current_exception();
        }
        done_.fetch_add(1, std::memory_order_acq_rel);
      }
    in_team = false;
  }

  void work(int me) {
    // The first calls on a thread allocate: here, not in the middle of a run.
    omp_set_num_threads(1);
    thread_scratch();
    for (std::uint32_t seen = 0;;) {
      const auto called = [&] { return job_.load(std::memory_order_acquire) != seen; };
      if (!spin_until(called)) job_.wait(seen, std::memory_order_acquire);
      seen = job_.load(std::memory_order_acquire);
      const int size = size_.load(std::memory_order_relaxed);
      if (me < size) take_part(me, size);
    }
  }

  std::vector<std::thread> threads_;
  Share shares_[most];
  void (*call_)(void*, Index) = nullptr;
  void* context_ = nullptr;
  FloatingMode mode_ = floating_mode();  // of the caller; the whole team computes in it
  alignas(64) std::atomic<std::uint32_t> job_{0};
  std::atomic<int> size_{0};
  alignas(64) std::atomic<Index> done_{0};
  std::mutex throwing_;
  std::exception_ptr thrown_;
};

}  // namespace

int threads() {
  const int n = chosen.load(std::memory_order_relaxed);
  return n > 0 ? n : omp_get_max_threads();
}

void set_threads(int n) {
  check(n >= 1, "set_threads: the number of threads must be at least 1: ", n);
  chosen.store(n, std::memory_order_relaxed);
}

Real* thread_scratch() {
  thread_local RealLines memory(scratch_numbers);
  return memory.data();
}

int free_threads() { return in_team || omp_in_parallel() ? 1 : threads(); }

void run_on_team(Index blocks, void (*call)(void*, Index), void* context) {
  static auto* team = new Team;  // its threads end with the process
  const int size = int(std::min<Index>({threads(), Team::most, blocks}));
  const bool fits = size > 1 && blocks < Index{1} << 32 && !in_team && !omp_in_parallel();
  if (std::unique_lock lock(team->busy, std::defer_lock); fits && lock.try_lock()) {
    team->run(size, blocks, call, context);
  } else {
    for (Index block = 0; block < blocks; ++block) call(context, block);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
