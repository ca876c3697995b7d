// Two things timed in turns, so that a drift of the machine's speed meets both.
#pragma once
#include <algorithm>

#include "machine.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

// ms per call of f and of g, medians over the turns, and the median of the turns' ratios f / g. A
// turn is some 6 ms each: most are spared by whoever else computes here, the others are hit alike.
struct Pair {
  double first, second, ratio;
};
template <class F, class G>
Pair in_turns(F f, G g, double seconds) {
  constexpr double turn = 0.006;
  const auto steps_of = [&](auto& step) {
    double least = seconds_of(step);
    for (int i = 0; i < 4; ++i) least = std::min(least, seconds_of(step));
    return std::max(1, int(turn / least));
  };
  const int f_steps = steps_of(f), g_steps = steps_of(g);
  const auto ms = [](auto& step, int steps) {
    return 1e3 / steps * seconds_of([&] {
             for (int i = 0; i < steps; ++i) step();
           });
  };
  std::vector<double> a, b, ratio;
  for (double spent = 0; a.size() < 9 || spent < seconds;) {
    a.push_back(ms(f, f_steps));
    b.push_back(ms(g, g_steps));
    ratio.push_back(a.back() / b.back());
    spent += 1e-3 * (f_steps * a.back() + g_steps * b.back());
  }
  return {median(a), median(b), median(ratio)};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
