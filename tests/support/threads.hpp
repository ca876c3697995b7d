// Threads n(3): three of them from here to the end of the scope.
#pragma once
#include <vaegrad/autodiff/kernels/parallel.hpp>

struct Threads {
  int before = vaegrad::threads();
  explicit Threads(int n) { vaegrad::set_threads(n); }
  ~Threads() { vaegrad::set_threads(before); }
  Threads(const Threads&) = delete;
};
