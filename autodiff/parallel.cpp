#include <atomic>

#include <vaegrad/autodiff/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {
std::atomic<int> chosen = 0;  // 0: OpenMP's own
}

int threads() {
  const int n = chosen.load(std::memory_order_relaxed);
  return n > 0 ? n : omp_get_max_threads();
}

void set_threads(int n) {
  check(n >= 1, "set_threads: the number of threads must be at least 1: ", n);
  chosen.store(n, std::memory_order_relaxed);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
