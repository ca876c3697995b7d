// Training: steps, epochs, what is measured after each, and what is kept of it in a run's folder.
#pragma once
#include <functional>

#include <vaegrad/lab/run/checkpoint.hpp>
#include <vaegrad/lab/run/progress.hpp>
#include <vaegrad/lab/run/run.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Training {
 public:
  // `stop` is asked before each step; what it stops is saved in the middle of its epoch.
  Training(const Settings& settings, const DataSet& data, Model& model, const Run& run,
           std::function<bool()> stop);

  void resume();  // from the run's checkpoint
  void run();     // until the last epoch, --patience, or stop
  bool finished() const;

  double seconds() const { return state_.seconds + progress_.seconds(); }
  const std::vector<Metrics>& metrics() const { return metrics_; }
  const TrainingState& state() const { return state_; }

 private:
  double epochs_done(std::uint64_t batch) const;
  double kl_factor(std::uint64_t batch) const;  // in force for that batch of the epoch
  double kl_factor() const { return kl_factor(state_.batch); }
  double learning_rate(std::uint64_t batch) const;
  double learning_rate() const { return learning_rate(state_.batch); }
  bool stopped_early() const;
  Bound record(std::span<const std::uint32_t> rows);  // on the tape, afresh
  void mutate_batch(const Batch& batch, std::span<const std::uint32_t> rows) const;
  void train_epoch();
  void finish_epoch();
  // What --on-divergence says: an Error, or back to the last checkpoint.
  void diverged(const std::string& what);
  std::string first_not_finite(std::span<const std::uint32_t> rows);
  void report_collapse();
  void save();
  void write(const std::string& file);
  std::string counted(std::uint64_t epoch) const;            // epoch 3/10
  std::string line() const;                                  // while an epoch goes on
  std::string line(const Metrics& m, int digits = 2) const;  // of one that is done

  const Settings& settings_;
  const DataSet& data_;
  Model& model_;
  const Run& run_;
  std::function<bool()> stop_;
  const Objective<AnyVae>& objective_;
  const RateSchedule& rate_schedule_;
  AnyOptimiser optimiser_;
  Batches batches_;
  Tape tape_;
  Progress progress_;
  TrainingState state_;
  std::vector<Metrics> metrics_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
