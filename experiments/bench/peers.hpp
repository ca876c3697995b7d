// The same steps in PyTorch and JAX, timed in turns with ours. What they compute is checked first:
// with the same weights, batches and noise the losses must be ours.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <vaegrad/lab/data/data_set.hpp>

#include "cases.hpp"

namespace vaegrad::inline VAEGRAD_ABI {

struct PeerRow {
  std::string name;                        // vaegrad, torch eager, ..
  double ms_per_step = 0, times_ours = 0;  // medians over the turns; of ratios within a turn
  double loss_difference = 0;              // largest relative, over 20 steps with the same noise
  // The last third of curve_steps steps, the mean over 4 seeds, and its standard error
  double curve_loss = 0, curve_error = 0;
  int curve_steps = 0;
};

// A Python with torch or jax: `python`, else $VAEGRAD_PYTHON, else python3. The first row is ours.
// Peers that cannot be imported are left out, with a line that says so. Error: no Python, no peer,
// or one whose losses differ.
class Peers {
 public:
  Peers(const std::string& python, const Images& images);
  ~Peers();
  // Times for `seconds` each. The curves are 300 steps, or as many as all of them do in a minute, at
  // least 60. `about` is told beforehand how many seconds that will take.
  std::vector<PeerRow> measure(const BenchCase& what, double seconds,
                               const std::function<void(double)>& about);

  struct Implementation;

 private:
  std::unique_ptr<Implementation> in_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
