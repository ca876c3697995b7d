#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/temporary_folder.hpp>
#include <vaegrad/lab/run/run_data.hpp>
#include <vaegrad/lab/run/training/model_trainee.hpp>
#include <vaegrad/lab/run/training/training.hpp>
#include <vaegrad/lab/uses/studies/clock.hpp>
#include <vaegrad/lab/uses/studies/cost.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

namespace fs = std::filesystem;

// Stops after some steps, and knows what one took: of neighbours in one epoch, without the first
// ones, which take memory.
class Stopwatch : public Observer {
 public:
  bool stop() override { return steps_ >= 20 && total_ > 0.5; }
  void step(const Training& training) override {
    if (++all_ > 3 && training.state().epoch == epoch_) {
      total_ += seconds_since(last_);
      ++steps_;
    }
    epoch_ = training.state().epoch;
    last_ = Clock::now();
  }
  double seconds_per_step() const { return steps_ ? total_ / double(steps_) : 0; }

 private:
  std::uint64_t all_ = 0, steps_ = 0, epoch_ = 0;
  double total_ = 0;
  Clock::time_point last_;
};

void add_training(RunCost& to, Settings s, const DataSet& data, const fs::path& folder) {
  const auto begun = Clock::now();
  s.out = folder;
  s.resume.clear();
  const auto model = new_model(s, data);
  if (model->baseline) add_training(to, baseline_settings(s), data, folder / "baseline");
  const Run run(s);
  ModelTrainee trainee(s, data, *model);
  Stopwatch watch;
  {
    Training training(s, data.train, trainee, run, watch);
    to.start_seconds += seconds_since(begun);
    training.run();
  }
  const double steps =
      double((data.train.count() + std::size_t(s.batch) - 1) / std::size_t(s.batch));
  const auto valid = Clock::now();
  trainee.validate();
  to.step_seconds += watch.seconds_per_step();
  to.epoch_seconds += seconds_since(valid) + steps * watch.seconds_per_step();
  const auto test = Clock::now();
  evaluate(*model, data.test, s);
  to.start_seconds += seconds_since(test);
}

}  // namespace

RunCost measure_cost(const Settings& settings, int threads) {
  const TemporaryFolder folder("cost");
  int ends[2];
  check(::pipe(ends) == 0, "a pipe: ", std::strerror(errno), hint, "close some files");
  const pid_t child = ::fork();
  check(child >= 0, "cannot start another process: ", std::strerror(errno), hint,
        "close some programs");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string said(1, '\0');
    try {
      set_threads(threads);
      const auto begun = Clock::now();
      Settings s = settings;
      const DataSet data = load_training_data(s);
      RunCost cost;
      cost.start_seconds = seconds_since(begun);
      add_training(cost, s, data, folder.path() / "run");
      said.append(reinterpret_cast<const char*>(&cost), sizeof cost);
    } catch (const std::exception& e) {
      said = concat('\1', e.what());
    }
    const ssize_t written = ::write(ends[1], said.data(), said.size());
    ::_exit(written < 0);
  }
  ::close(ends[1]);
  std::string said;
  char part[4096];
  for (ssize_t n; (n = ::read(ends[0], part, sizeof part)) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0) said.append(part, std::size_t(n));
  ::close(ends[0]);
  int status = 0;
  struct rusage usage {};
  ::wait4(child, &status, 0, &usage);
  check(!said.empty(), "the timed steps ended without a word: ",
        WIFSIGNALED(status) ? ::strsignal(WTERMSIG(status)) : "no reason", hint,
        "train one of the runs by itself");
  check(said[0] == '\0', said.substr(1));
  RunCost cost;
  std::memcpy(&cost, said.data() + 1, sizeof cost);
  cost.memory_mb = double(usage.ru_maxrss) / 1024;
  return cost;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
