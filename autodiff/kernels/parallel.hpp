// parallel_for: numbered blocks of work on a standing team of threads. How the work is cut into
// blocks is the caller's business, and must follow from shapes alone: then no result depends on the
// number of threads, nor on which of them did what.
//
// Not OpenMP's team, which by default waits by spinning: beside other busy processes an epoch took
// 54 s, and 3 s once told to sleep, which only the environment can tell it. Ours spins briefly,
// then sleeps, and a thread that is done takes over blocks of one that the system has put aside.
#pragma once
#include <omp.h>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The threads that parallel_for uses. Unless set: OpenMP's number, that is, the affinity mask and
// OMP_NUM_THREADS. Error: n < 1.
int threads();
void set_threads(int n);
// Of those, the ones a parallel_for would have here: inside of one, 1.
int free_threads();

// Memory of this thread, for one kernel at a time, who finds there what the last one left; the team's
// threads have theirs from their start, not in the middle of a run.
inline constexpr Index scratch_numbers = (960 + 256) * 64;
Real* thread_scratch();

// call(context, 0) .. call(context, blocks-1) on the team; what parallel_for is made of
void run_on_team(Index blocks, void (*call)(void* context, Index block), void* context);

// oneDNN starts threads of its own unless it is in a parallel region or this is in force; a region
// of one thread is none.
struct OneThread {
  int before = omp_get_max_threads();
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
};

// f(0) .. f(blocks-1), each once, on the calling thread and the team; on the calling thread alone
// when it is not worth the 1.5 us that this takes, inside a parallel_for or an OpenMP region, or
// while another thread has the team. What f throws reaches the caller once every block is done; of
// several exceptions one does.
template <class F>
void parallel_for(Index blocks, bool worth_it, F f) {
  if (!worth_it || blocks < 2) {
    for (Index block = 0; block < blocks; ++block) f(block);
  } else {
    run_on_team(
        blocks, [](void* context, Index block) { (*static_cast<F*>(context))(block); }, &f);
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
