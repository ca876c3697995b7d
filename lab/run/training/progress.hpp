// Progress: one line that is rewritten on a terminal, and plain lines elsewhere.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Progress {
 public:
  Progress();
  double seconds() const;  // since it was made

  // Rewrites the line, at most ten times a second; nothing where stderr is no terminal.
  void update(const std::string& line);
  void finish(const std::string& line);  // .. and leaves this one standing
  bool due() const;                      // an update would be shown now

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_, shown_;
  bool terminal_;
};

std::string duration(double seconds);  // 8 s, 1 min 20 s, 2 h 05 min

}  // namespace vaegrad::inline VAEGRAD_ABI
