// Training: steps, epochs, what is measured after each, and what is kept of it in a run's folder.
// It knows nothing of a terminal or of pictures: who watches is an Observer.
#pragma once
#include <array>
#include <chrono>

#include <vaegrad/lab/run/run.hpp>
#include <vaegrad/lab/run/training/batch_parts.hpp>
#include <vaegrad/lab/run/training/checkpoint.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Training;

// Who watches a training: the console, a program of one's own.
class Observer {
 public:
  virtual ~Observer() = default;
  // Asked before each step; what it stops is saved in the middle of its epoch.
  virtual bool stop() { return false; }
  virtual void step(const Training&) {}                   // once it is taken
  virtual void epoch(const Training&, const Metrics&) {}  // once it is measured
  virtual void note(const std::string&) {}                // what went wrong, and what was done
  virtual void say(const std::string&) {}                 // what it is that begins or goes on
};

class Training {
 public:
  Training(const Settings& settings, const Examples& examples, Trainee& trainee, const Run& run,
           Observer& observer);

  void resume();  // from the run's checkpoint
  void run();     // until the last epoch, --patience, or the observer stops it
  bool finished() const;

  double seconds() const;
  const std::vector<Metrics>& metrics() const { return metrics_; }
  const TrainingState& state() const { return state_; }
  const Settings& settings() const { return settings_; }
  const Trainee& trainee() const { return trainee_; }
  std::size_t examples() const { return examples_.count(); }
  double kl_factor() const { return kl_factor(state_.batch); }  // in force

 private:
  double epochs_done(std::uint64_t batch) const;
  double kl_factor(std::uint64_t batch) const;  // in force for that batch of the epoch
  double learning_rate(std::uint64_t batch) const;
  bool stopped_early() const;
  // What each part of a step tells all ranks.
  struct PartTerms {
    Terms terms;
    double loss = 0;
  };
  struct Step {
    std::array<PartTerms, BatchParts::most> parts;
    std::uint64_t stop = 0;  // whether this rank is asked to
  };
  std::size_t parts_of(std::span<const std::uint32_t> rows) const;
  // Records it: its share of the loss over all of these rows.
  Var record(Tape& tape, std::span<const std::uint32_t> part, std::size_t of, PartTerms& to);
  // The gradient of these rows, over all ranks; whether it and the loss are finite.
  bool backward(std::span<const std::uint32_t> rows);
  bool stop();  // whether any rank was asked to
  void agree();
  void train_epoch();
  void finish_epoch();
  // What --on-divergence says: an Error, or back to the last checkpoint.
  void diverged(const std::string& what);
  std::string first_not_finite(std::span<const std::uint32_t> rows);
  void report_collapse();
  void save();
  void write(const std::string& file);

  const Settings& settings_;
  const Examples& examples_;
  Trainee& trainee_;
  const Run& run_;
  Observer& observer_;
  const RateSchedule& rate_schedule_;
  Batches batches_;
  std::string whole_;  // Trainee::whole
  BatchParts parts_;
  Step step_;
  std::vector<Step> steps_;  // of every rank
  std::chrono::steady_clock::time_point start_;
  TrainingState state_;
  std::vector<Metrics> metrics_;
};

// UsageError: several ranks, and a batch that cannot be cut into parts for them (Trainee::whole).
void check_shared(const Trainee& trainee);

// A training from its start, or from the run's checkpoint where settings.resume says so and there
// is one, to its end or to where the observer stops it.
TrainingState train(const Settings& settings, const Examples& examples, Trainee& trainee,
                    const Run& run, Observer& observer);

}  // namespace vaegrad::inline VAEGRAD_ABI
