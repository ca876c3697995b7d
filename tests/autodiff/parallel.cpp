#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <vaegrad/autodiff/kernels/denormals.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

#include "../support/threads.hpp"

using namespace vaegrad;

TEST_CASE("parallel_for does each block once, on no more threads than it may") {
  for (const int n : {1, 2, 3, 8}) {
    const Threads use(n);
    for (const Index blocks : {0, 1, 2, 7, 100, 10'000}) {
      std::vector<int> done(std::size_t(blocks), 0);
      std::mutex mutex;
      std::set<std::thread::id> who;
      parallel_for(blocks, true, [&](Index b) {
        ++done[std::size_t(b)];
        const std::lock_guard lock(mutex);
        who.insert(std::this_thread::get_id());
      });
      CHECK(done == std::vector<int>(std::size_t(blocks), 1));
      CHECK(int(who.size()) <= n);
    }
  }
}

TEST_CASE("the team takes part, and takes over from a thread that is held up") {
  const Threads use(2);
  const auto me = std::this_thread::get_id();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::atomic<int> others = 0;
  parallel_for(100, true, [&](Index) {
    if (std::this_thread::get_id() != me)
      ++others;
    else
      while (others < 90 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  });
  CHECK(others >= 90);  // 50 are its own
}

TEST_CASE("a hundred thousand jobs, one after the other, lose no block") {
  const Threads use(3);
  std::vector<long> sum(5, 0);
  for (int job = 0; job < 100'000; ++job)
    parallel_for(5, true, [&](Index b) { sum[std::size_t(b)] += job; });
  CHECK(sum == std::vector<long>(5, 99'999L * 50'000));
}

TEST_CASE("work that is not worth it stays on the calling thread, and so does nested work") {
  const Threads use(2);
  const auto me = std::this_thread::get_id();
  std::vector<int> mine(4, 0);
  parallel_for(4, false, [&](Index b) { mine[std::size_t(b)] = std::this_thread::get_id() == me; });
  CHECK(mine == std::vector<int>(4, 1));

  std::vector<int> same(2, 0);
  parallel_for(2, true, [&](Index b) {
    const auto outer = std::this_thread::get_id();
    parallel_for(8, true,
                 [&](Index) { same[std::size_t(b)] += std::this_thread::get_id() == outer; });
  });
  CHECK(same == std::vector<int>(2, 8));
}

TEST_CASE("two threads with work at the same time") {
  const Threads use(2);
  std::vector<long> sum(2, 0);
  const auto work = [&](std::size_t k) {
    for (int job = 0; job < 20'000; ++job) {
      long blocks[4] = {};
      parallel_for(4, true, [&](Index b) { blocks[b] = b; });
      sum[k] += blocks[0] + blocks[1] + blocks[2] + blocks[3];
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  CHECK(sum == std::vector<long>(2, 120'000));
}

TEST_CASE("the team computes in the caller's floating-point mode") {
  const Threads use(2);
  volatile Real least = std::numeric_limits<Real>::min();
  std::vector<Real> half(64, 1);
  {
    const FlushDenormals flush;
    parallel_for(64, true, [&](Index b) { half[std::size_t(b)] = least / 2; });
    CHECK(half == std::vector<Real>(64, 0));
  }
  parallel_for(64, true, [&](Index b) { half[std::size_t(b)] = least / 2; });
  CHECK(half == std::vector<Real>(64, std::numeric_limits<Real>::min() / 2));
}

TEST_CASE("an exception reaches the caller after all blocks") {
  for (const int n : {1, 2, 4}) {
    const Threads use(n);
    CHECK_THROWS_WITH_AS(parallel_for(16, true,
                                      [](Index b) {
                                        if (b == 5) throw std::runtime_error("five");
                                      }),
                         "five", std::runtime_error);
  }
}

TEST_CASE("set_threads") {
  const Threads use(3);
  CHECK(threads() == 3);
  CHECK_THROWS_WITH(set_threads(0), "set_threads: the number of threads must be at least 1: 0");
  CHECK(threads() == 3);
}
