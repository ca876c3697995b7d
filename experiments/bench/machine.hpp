// What this machine can do, measured: the yardsticks a step is held against.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include <vaegrad/autodiff/matrix.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// wall-clock seconds that f() takes
template <class F>
double seconds_of(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
double median(std::vector<double> x);

// The processor as it calls itself, oneDNN's version and the instructions that its kernels may use,
// and our lanes: what a figure must name to be repeated.
std::string machine_name();

double peak_flops();        // per second, all threads, independent fused multiply-adds in registers
double memory_bandwidth();  // bytes per second read and written by y ← a x + y, 64 MB each
// What one thread has written until another has read it, there and back divided by two: 50 where the
// two cores share a cache, 250 where they do not.
double thread_to_thread_ns();
double peak_megabytes();  // most memory resident since the last forget_peak_memory()
void forget_peak_memory();

}  // namespace vaegrad::inline VAEGRAD_ABI
