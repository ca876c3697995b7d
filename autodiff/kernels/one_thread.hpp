// oneDNN starts threads of its own unless it is in a parallel region or this is in force; a region
// of one thread is none.
#pragma once
#include <omp.h>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct OneThread {
  int before = omp_get_max_threads();
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
