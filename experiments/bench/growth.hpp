// Does the time of a step grow as its work grows? One quantity doubled at a time.
#pragma once
#include <functional>
#include <string>

#include <vaegrad/autodiff/matrix.hpp>
#include <vaegrad/lab/data/data_set.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

struct GrowthRow {
  std::string what;    // what is doubled: batch, width, ..
  Index from, to;      // its sizes
  double from_ms, ms;  // per step, or, where the number of images is doubled, per pass over them
  double time_ratio;   // median over the turns of ms / from_ms
  double work_ratio;   // the same for multiplications and additions of the products
  double excess() const { return time_ratio / work_ratio; }  // 1: grows as the work does
};

// Every row, as soon as it is measured.
void measure_growth(const Images& images, double seconds,
                    const std::function<void(const GrowthRow&)>& tell);

}  // namespace vaegrad::inline VAEGRAD_ABI
