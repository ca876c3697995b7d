// Schedules: how the factor on the KL and the learning rate change during training. Pure functions
// of where training is, so that a resumed run continues them exactly.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

#include <vaegrad/autodiff/error.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The share of beta that is in force after `epochs` (with its fraction) of `total`.
struct KlSchedule {
  // Linear from 0 to 1 over so many epochs.          Sønderby et al., arXiv 1602.02282, section 2.3
  double warmup = 0;
  // The whole of training in so many equal parts, each rising from 0 to 1 over its first half.
  // Fu et al., arXiv 1903.10145, eq. 6
  int cycles = 0;

  double at(double epochs, double total) const {
    double share = 1;
    if (warmup > 0) share = std::min(1.0, epochs / warmup);
    if (cycles > 0) {
      const double part = total / cycles;
      share = std::min(share, std::min(1.0, 2 * std::fmod(epochs, part) / part));
    }
    return share;
  }
};

enum class RateSchedule {
  constant,
  cosine,  // from 1 to 0 over all of training, by half a cosine
  iwae,  // stage i lasts 3^i epochs at 10^(-i/7)          Burda et al., arXiv 1509.00519, section 5
};

// The factor on the learning rate.
inline double rate_factor(RateSchedule schedule, double epochs, double total) {
  switch (schedule) {
    case RateSchedule::constant:
      return 1;
    case RateSchedule::cosine:
      return 0.5 * (1 + std::cos(std::numbers::pi * epochs / total));
    case RateSchedule::iwae: {
      int stage = 0;
      for (double end = 1, length = 1; epochs >= end && stage < 7; ++stage) end += (length *= 3);
      return std::pow(10.0, -stage / 7.0);
    }
  }
  return 1;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
