// Runs side by side on a terminal: a line that is rewritten while they go on, and one that stays
// for each that begins, ends or fails.
#pragma once
#include <chrono>
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/uses/studies/side_by_side.hpp>

namespace vaegrad {

class JobsConsole : public JobsObserver {
 public:
  // `seconds`: a budget, after which what runs is asked to save; 0: none.
  explicit JobsConsole(double seconds = 0) : budget_(seconds) {}

  int stop() override;
  void begun(const Job& job, int threads) override;
  void waits(const Job& job) override;
  void ended(const Job& job, double seconds, const std::string& failure) override;
  void tick(const JobsState& state) override;

  bool used_up() const { return used_up_; }

 private:
  double budget_;
  bool used_up_ = false;
  Progress progress_;
};

}  // namespace vaegrad
