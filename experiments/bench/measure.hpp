// One row of the bench's table.
#pragma once
#include <cstdint>
#include <span>

#include <vaegrad/lab/data/data_set.hpp>

#include "cases.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

struct BenchRow {
  std::string name;
  double ms_per_step, hand_ms;   // medians of blocks, a block of the tape's beside one by hand
  double ratio_to_hand;          // median of the blocks' ratios
  double products_ms, adam_ms;   // of the step by hand
  double gflops, share_of_peak;  // of the tape's step
  double hand_share_of_peak;
  double allocations, allocations_onednn;  // per step; NaN where they cannot be counted
  std::size_t entries;
  double value_ms, gradient_ms;             // record; record and backward
  double gradient_over_value, flop_ratio;   // gradient_ms / value_ms, and what the FLOPs say
  double loss, hand_loss, loss_difference;  // at the last compared step; the largest relative one
  double peak_mb;                           // resident, with the data, without the step by hand
};

// Random images with an image's share of black, in bytes.
Images bench_images();

// Of a convolutional case, `hand` is its primitives alone: they have no loss. Of one that evaluates,
// it is the products of one chunk of particles, so often, and there is no gradient.
// Error: the losses of the tape and of the step by hand differ by more than float noise.
BenchRow measure(const BenchCase& what, const Images& images, double peak_flops, double seconds);

// ns for each (1, 1) entry, record and backward together
double bookkeeping_ns();

}  // namespace vaegrad::inline VAEGRAD_ABI
