#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include <vaegrad/autodiff/parallel.hpp>

using namespace vaegrad;

namespace {
struct Threads {  // for one test
  int before = threads();
  explicit Threads(int n) { set_threads(n); }
  ~Threads() { set_threads(before); }
};
}  // namespace

TEST_CASE("parallel_for does each block once, in consecutive runs") {
  for (const int n : {1, 2, 3, 8}) {
    const Threads use(n);
    for (const Index blocks : {0, 1, 2, 7, 100}) {
      std::vector<int> done(std::size_t(blocks), 0), who(std::size_t(blocks), 0);
      parallel_for(blocks, true, [&](Index b) {
        ++done[std::size_t(b)];
        who[std::size_t(b)] = omp_get_thread_num();
      });
      for (std::size_t b = 0; b < done.size(); ++b) {
        CHECK(done[b] == 1);
        if (b > 0) CHECK(who[b] >= who[b - 1]);
      }
      if (blocks == 100) CHECK(who.back() == n - 1);
    }
  }
}

TEST_CASE("work that is not worth it stays on the calling thread, and so does nested work") {
  const Threads use(2);
  std::vector<int> team(4, 0);
  parallel_for(4, false, [&](Index b) { team[std::size_t(b)] = omp_get_num_threads(); });
  CHECK(team == std::vector<int>(4, 1));

  std::vector<int> outer(2, 0), same(2, 0);
  parallel_for(2, true, [&](Index b) {
    const int me = omp_get_thread_num();
    outer[std::size_t(b)] = omp_get_num_threads();
    parallel_for(8, true, [&](Index) { same[std::size_t(b)] += omp_get_thread_num() == me; });
  });
  CHECK(outer == std::vector<int>(2, 2));
  CHECK(same == std::vector<int>(2, 8));
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
