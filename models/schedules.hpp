// Schedules: how the factor on the KL and the learning rate change during training. Pure functions
// of where training is, in epochs with their fraction, or of what a checkpoint holds anyway, so that
// a resumed run continues them exactly. Adding one is a function and its row.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include <vaegrad/autodiff/by_name.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// ---- the share of beta that is in force, above 1 while it cools ----

// A row is an option of the program: `setting` is the number that was given, 0 when none was.
struct KlSchedule {
  const char *name, *value, *what;
  double most;  // the largest setting
  bool whole;   // .. which is a whole number
  double (*share)(double setting, double epochs, double total);
  bool by_the_total = false;  // heeds how many epochs there are in all
};
// clang-format off
inline constexpr KlSchedule kl_schedules[] = {
    // Linear from 0 to 1 over so many epochs.     Sønderby et al., arXiv 1602.02282, section 2.3
    {"warmup", "EPOCHS", "the KL's factor rises from 0 so long [0]", 1e6, false,
     [](double warmup, double epochs, double) { return std::min(1.0, epochs / warmup); }},
    // So many equal parts, each rising from 0 to 1 over its first half.
    //                                             Fu et al., arXiv 1903.10145, eq. 6
    {"cycles", "N", "rises of beta [0]", 1e6, true,
     [](double cycles, double epochs, double total) {
       const double part = total / cycles;
       return std::min(1.0, 2 * std::fmod(epochs, part) / part);
     }, true},
    // A third of training at so many times beta, a third down to beta, by the same factor in equal
    // times, a third at beta: few latents are found first, and details later. As Shao et al.,
    // arXiv 2009.06795, where a controller does it.
    {"cooling", "TIMES", "beta at first [0]", 1e6, false,
     [](double factor, double epochs, double total) {
       return std::pow(factor, std::clamp(2 - 3 * epochs / total, 0.0, 1.0));
     }, true},
};
// clang-format on
using KlSettings = std::array<double, std::size(kl_schedules)>;  // one per row

// 1 where none is set
inline double kl_share(const KlSettings& settings, double epochs, double total) {
  double share = 1;
  for (std::size_t i = 0; i < settings.size(); ++i)
    if (settings[i] > 0) share *= kl_schedules[i].share(settings[i], epochs, total);
  return share;
}

// ---- the factor on the learning rate ----

// A row: the factor, by how many epochs are done of how many.
struct RateSchedule {
  const char* name;
  double (*factor)(double epochs, double total);
  double on_plateau = 1;      // on all that follows so many epochs without a better validation
  bool by_the_total = false;  // heeds how many epochs there are in all
};
// clang-format off
// All of them, the default first.
inline constexpr RateSchedule rate_schedules[] = {
    {"constant", [](double, double) { return 1.0; }},
    // from 1 to 0 over all of training, by half a cosine
    {"cosine",   [](double epochs, double total) { return 0.5 * (1 + std::cos(std::numbers::pi * epochs / total)); }, 1, true},
    // stage i lasts 3^i epochs at 10^(-i/7)       Burda et al., arXiv 1509.00519, section 5
    {"iwae",     [](double epochs, double) {
       int stage = 0;
       for (double end = 1, length = 1; epochs >= end && stage < 7; ++stage) end += (length *= 3);
       return std::pow(10.0, -stage / 7.0);
     }},
    // halved each time that validation is not better for --plateau epochs
    {"plateau",  [](double, double) { return 1.0; }, 0.5},
};
// clang-format on
// UsageError: the names there are
inline const RateSchedule& rate_schedule(std::string_view name) {
  return row_named(rate_schedules, name, "learning-rate schedule");
}

}  // namespace vaegrad::inline VAEGRAD_ABI
