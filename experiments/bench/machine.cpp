#include "machine.hpp"

#include <oneapi/dnnl/dnnl.h>
#include <sys/utsname.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#include <vaegrad/autodiff/kernels/lanes.hpp>
#include <vaegrad/autodiff/kernels/parallel.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

double median(std::vector<double> x) {
  const auto middle = x.begin() + std::ptrdiff_t(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

namespace {

std::string processor() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  utsname system{};
  return ::uname(&system) == 0 ? system.machine : "unknown processor";
}

std::string instructions(dnnl_cpu_isa_t isa) {
  switch (int(isa)) {
    case 0x1:
      return "SSE4.1";
    case 0x3:
      return "AVX";
    case 0x7:
      return "AVX2";
    case 0x407:
      return "AVX2 with VNNI";
    case 0x27:
      return "AVX-512";
    case 0x67:
      return "AVX-512 with VNNI";
    case 0xe7:
      return "AVX-512 with bfloat16";
    case 0x3e7:
      return "AMX";
    case 0:
      return "other instructions than x86's";
    default:
      return concat("instruction set ", int(isa));
  }
}

}  // namespace

std::string machine_name() {
  const dnnl_version_t* v = dnnl_version();
  return concat(processor(), "; oneDNN ", v->major, '.', v->minor, '.', v->patch, " with ",
                instructions(dnnl_get_effective_cpu_isa()), ", lanes of ", int(Lanes::size),
                " floats");
}

// Twelve chains: two units of four cycles' latency need eight. The best of many short runs counts:
// this is a limit, and neighbours only slow it down.
double peak_flops() {
  constexpr Index chains = 12, rounds = 100'000;
  std::vector<Real> keep(static_cast<std::size_t>(threads()), Real(0));
  double best = 0;
  for (int run = 0; run < 200; ++run) {
    const double s = seconds_of([&] {
      parallel_for(threads(), true, [&](Index thread) {
        Lanes x[chains];
        const Lanes a(Real(0.999)), b(Real(keep[std::size_t(thread)] + 1));
        for (Index i = 0; i < rounds; ++i)
#pragma GCC unroll 12
          for (Index k = 0; k < chains; ++k) x[k] = fma(a, x[k], b);
        Lanes sum(Real(0));
        for (const Lanes& each : x) sum += each;
        keep[std::size_t(thread)] = horizontal_sum(sum) > 0 ? Real(0) : Real(1);
      });
    });
    best = std::max(best, 2.0 * double(chains * rounds * Lanes::size) * threads() / s);
  }
  return best;
}

double memory_bandwidth() {
  constexpr Index n = Index{1} << 24, blocks = 64;
  std::vector<Real> x(std::size_t(n), Real(1)), y(std::size_t(n), Real(0));
  double best = 0;
  for (int run = 0; run < 7; ++run) {
    const double s = seconds_of([&] {
      parallel_for(blocks, true, [&](Index block) {
        for (Index i = block * (n / blocks); i < (block + 1) * (n / blocks); ++i)
          y[std::size_t(i)] += Real(0.5) * x[std::size_t(i)];
      });
    });
    best = std::max(best, 3.0 * double(n) * sizeof(Real) / s);
  }
  return best;
}

double thread_to_thread_ns() {
  constexpr int rounds = 20'000;
  struct alignas(128) Turn {
    std::atomic<int> number{0};
  } there, back;
  const auto wait_for = [](const Turn& turn, int i) {
    for (int tries = 0; turn.number.load(std::memory_order_acquire) != i;)
      if (++tries > 10'000) std::this_thread::yield();  // one core for both
  };
  std::thread other([&] {
    for (int i = 1; i <= rounds; ++i) {
      wait_for(there, i);
      back.number.store(i, std::memory_order_release);
    }
  });
  there.number.store(1, std::memory_order_release);
  wait_for(back, 1);  // it has started
  const double s = seconds_of([&] {
    for (int i = 2; i <= rounds; ++i) {
      there.number.store(i, std::memory_order_release);
      wait_for(back, i);
    }
  });
  other.join();
  return 1e9 * s / (2 * (rounds - 1));
}

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace vaegrad::inline VAEGRAD_ABI
