#include <algorithm>
#include <sstream>

#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/uses/studies/over_ranks.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void add_up_ranks(JobsState& state, std::span<const Job> jobs, std::span<const FailedJob> failures,
                  JobsObserver& observer) {
  std::ostringstream mine;
  mine << state.done << ' ' << state.failed << ' ' << state.seconds << ' ' << failures.size();
  for (const FailedJob& f : failures)
    mine << ' ' << f.job - jobs.data() << ' ' << f.seconds << ' ' << f.what.size() << ' ' << f.what;
  const std::vector<std::string> of_all = ranks().gather(mine.str());
  state.done = state.failed = 0;
  for (std::size_t r = 0; r < of_all.size(); ++r) {
    std::istringstream in(of_all[r]);
    std::size_t done = 0, failed = 0, count = 0;
    double seconds = 0;
    in >> done >> failed >> seconds >> count;
    state.done += done, state.failed += failed;
    state.seconds = std::max(state.seconds, seconds);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t job = 0, size = 0;
      in >> job >> seconds >> size;
      in.get();
      std::string what(size, ' ');
      in.read(what.data(), std::streamsize(size));
      if (int(r) != ranks().rank()) observer.ended(jobs[job], seconds, what);
    }
  }
}

}  // namespace vaegrad::inline VAEGRAD_ABI
