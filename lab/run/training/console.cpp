#include <fmt/format.h>

#include <cmath>

#include <vaegrad/lab/run/training/console.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// At most 80 columns, or 79 while it runs, as long as no number has more digits than images give.
std::string counted(int epochs, std::uint64_t epoch) {
  const std::string all = std::to_string(epochs);
  return fmt::format("epoch {:>{}}/{}", epoch, all.size(), all);
}
std::string line(const Training& of) {
  const TrainingState& state = of.state();
  const Terms& t = state.terms;
  const double epochs = of.settings().epochs, examples = double(of.examples());
  const double done = (double(state.epoch - 1) + double(t.examples) / examples) / epochs;
  std::string to = counted(of.settings().epochs, state.epoch);
  if (!of.trainee().has_likelihood())
    to += fmt::format("  objective {:.2f}  KL {:.2f}  beta {:.3g}", t.objective, t.kl,
                      of.kl_factor());
  else if (of.trainee().deterministic())
    to += fmt::format("  {} {:.2f}", of.trainee().likelihood_name(), t.log_likelihood);
  else
    to += fmt::format("  ELBO {:.2f} = {:.2f} - KL {:.2f}  beta {:.3g}", t.elbo(), t.log_likelihood,
                      t.kl, of.kl_factor());
  return to + fmt::format("  {:.0f}/s  ETA {}", done * epochs * examples / of.seconds(),
                          duration(of.seconds() * (1 - done) / done));
}
std::string line(const Training& of, const Metrics& m, int digits = 2) {
  const Settings& settings = of.settings();
  std::string to = counted(settings.epochs, std::uint64_t(m.epoch));
  const auto number = [&](const char* name, double x) {
    if (std::isfinite(x)) to += fmt::format("  {} {:.{}f}", name, x, digits);
  };
  if (!of.trainee().has_likelihood()) {
    number("objective", m.train_objective);
    number("KL", m.train_kl);
    number("valid", m.valid_objective);
    return to + (of.trainee().deterministic() ? "" : fmt::format("  beta {:.3g}", m.beta));
  }
  if (of.trainee().deterministic()) {
    number(of.trainee().likelihood_name(), m.train_log_likelihood);
    number("valid", m.valid_log_likelihood);
    return to;
  }
  to += fmt::format("  ELBO {0:.{3}f} = {1:.{3}f} - KL {2:.{3}f}", m.train_elbo,
                    m.train_log_likelihood, m.train_kl, digits);
  number("valid", m.valid_elbo);
  if (settings.objective != "elbo") number(settings.objective.c_str(), m.train_objective);
  to += fmt::format("  beta {:.3g}", m.beta);
  return to.size() > 80 && digits > 1 ? line(of, m, 1) : to;
}

}  // namespace

void Console::step(const Training& training) {
  if (progress_.due()) progress_.update(line(training));
}
void Console::epoch(const Training& training, const Metrics& metrics) {
  progress_.finish(line(training, metrics));
}

}  // namespace vaegrad::inline VAEGRAD_ABI
