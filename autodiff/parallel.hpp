// parallel_for: numbered blocks of work on OpenMP's threads. How the work is cut into blocks is the
// caller's business, and must follow from shapes alone: then no result depends on the number of
// threads.
#pragma once
#include <omp.h>

#include <exception>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The threads that parallel_for uses. Unless set: OpenMP's number, that is, the affinity mask and
// OMP_NUM_THREADS. Error: n < 1.
int threads();
void set_threads(int n);

// f(0) .. f(blocks-1), each once, in consecutive runs on the threads; on the calling thread alone
// when it is not worth a barrier (some 5 us), or inside a parallel region already. What f throws
// reaches the caller once every thread is done; of several exceptions one does.
template <class F>
void parallel_for(Index blocks, bool worth_it, F f) {
  const int team = threads();
  if (!worth_it || team == 1 || blocks < 2 || omp_in_parallel()) {
    for (Index block = 0; block < blocks; ++block) f(block);
    return;
  }
  std::exception_ptr thrown;
#pragma omp parallel for num_threads(team) schedule(static)
  for (Index block = 0; block < blocks; ++block) {
    try {
      f(block);
    } catch (...) {
#pragma omp critical(vaegrad_parallel_for)
      thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
