#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/training/training.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

namespace {
std::vector<Parameters*> learnt_by(Trainee& trainee) {
  std::vector<Parameters*> to;
  for (const Player& player : trainee.players) to.push_back(player.parameters);
  return to;
}
}  // namespace

Training::Training(const Settings& s, const Examples& examples, Trainee& trainee, const Run& run,
                   Observer& observer)
    : settings_(s),
      examples_(examples),
      trainee_(trainee),
      run_(run),
      observer_(observer),
      rate_schedule_(rate_schedule(s.learning_rate_schedule)),
      batches_(examples, std::size_t(s.batch), s.seed),
      whole_(trainee.whole()),
      parts_(learnt_by(trainee)),
      steps_(std::size_t(ranks().size())),
      start_(std::chrono::steady_clock::now()) {
  check_shared(trainee);
}

void check_shared(const Trainee& trainee) {
  const std::string why = trainee.whole();
  check<UsageError>(ranks().size() == 1 || why.empty(), ranks().size(),
                    " ranks have nothing to share: ", why, hint,
                    "one process, or vaegrad sweep --seeds, which gives each rank runs of its own");
}

double Training::seconds() const {
  const std::chrono::duration<double> here = std::chrono::steady_clock::now() - start_;
  return state_.seconds + here.count();
}

void Training::resume() {
  const auto file = run_.folder() / "checkpoint.safetensors";
  read_checkpoint(file, trainee_, state_);
  check(state_.epoch >= 1 && state_.batch < batches_.count(), file.string(),
        ": it stands at epoch ", state_.epoch, ", batch ", state_.batch, " of ", batches_.count(),
        hint, "are the data those of the run?");
  metrics_ = read_metrics(run_.folder());
  std::erase_if(metrics_, [&](const Metrics& m) { return std::uint64_t(m.epoch) >= state_.epoch; });
}
bool Training::finished() const {
  return state_.epoch > std::uint64_t(settings_.epochs) || stopped_early();
}

void Training::run() {
  if (settings_.on_divergence == "restore" && state_.steps == 0) save();  // something to go back to
  agree();
  if (const int busy =
          int(BatchParts::of_batch(std::size_t(settings_.batch), trainee_.particles()));
      busy < ranks().size())
    observer_.note(fmt::format(
        "{} of {} ranks idle: a batch of {} examples is cut into {}\n  hint: a larger --batch, or "
        "fewer ranks",
        ranks().size() - busy, ranks().size(), settings_.batch, busy));
  while (!finished() && !stop()) {
    train_epoch();
    if (state_.batch == batches_.count()) finish_epoch();
  }
  if (!finished()) save();
}

double Training::epochs_done(std::uint64_t batch) const {
  return double(state_.epoch - 1) + double(batch) / double(batches_.count());
}
double Training::kl_factor(std::uint64_t batch) const {
  return settings_.beta * kl_share(settings_.kl_schedule, epochs_done(batch), settings_.epochs);
}
double Training::learning_rate(std::uint64_t batch) const {
  return settings_.learning_rate * state_.rate_share *
         rate_schedule_.factor(epochs_done(batch), settings_.epochs);
}
// None of the last epochs was better, and in each the KL had the factor that it ends with.
bool Training::stopped_early() const {
  const std::uint64_t done = state_.epoch - 1, patience = std::uint64_t(settings_.patience);
  if (!patience || !state_.best_epoch || done - state_.best_epoch < patience) return false;
  for (std::uint64_t e = done - patience; e < done; ++e)
    if (kl_share(settings_.kl_schedule, double(e), settings_.epochs) != 1) return false;
  return true;
}

std::size_t Training::parts_of(std::span<const std::uint32_t> rows) const {
  return whole_.empty() ? BatchParts::of_batch(rows.size(), trainee_.particles()) : 1;
}

Var Training::record(Tape& tape, std::span<const std::uint32_t> part, std::size_t of,
                     PartTerms& to) {
  const Bound bound =
      trainee_.record(tape, part, {std::uint32_t(state_.epoch), state_.steps, kl_factor()});
  to.terms = {};
  to.terms.add(bound);
  const Var own = -average(bound.objective);
  Var loss = bound.opponent_loss ? Var(own + bound.opponent_loss) : own;
  if (part.size() < of) loss = double(part.size()) / double(of) * loss;
  to.loss = double(loss.item());
  return loss;
}

bool Training::stop() {
  if (ranks().size() == 1) return observer_.stop();
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& s) { return s.stop != 0; });
}
// What the ranks tell each other: a step's terms, and whether to stop before the next.
void Training::agree() {
  step_.stop = ranks().size() > 1 && observer_.stop();
  ranks().gather(std::as_bytes(std::span(&step_, 1)), std::as_writable_bytes(std::span(steps_)));
}

bool Training::backward(std::span<const std::uint32_t> rows) {
  const std::size_t count = parts_of(rows);
  parts_.backward(rows, count, [&](std::size_t i, Tape& tape, auto part) {
    return record(tape, part, rows.size(), step_.parts[i]);
  });
  agree();
  parts_.add();
  double loss = 0;
  for (std::size_t i = 0, r = 0; i < count; ++i) {
    while (!BatchParts::dealt_to(int(r), ranks().size(), count).holds(i)) ++r;
    step_.parts[i] = steps_[r].parts[i];
    loss += step_.parts[i].loss;
  }
  bool finite = std::isfinite(loss);
  for (Player& player : trainee_.players) finite = finite && finite_gradient(*player.parameters);
  return finite;
}

void Training::train_epoch() {
  batches_.shuffle(std::uint32_t(state_.epoch));
  for (; state_.batch < batches_.count() && !stop(); ++state_.batch) {
    const auto rows = batches_[state_.batch];
    if (!backward(rows)) return diverged(first_not_finite(rows));
    for (Player& player : trainee_.players) {
      if (settings_.clip > 0) clip_gradient(*player.parameters, settings_.clip);
      player.optimiser.set_learning_rate(player.scheduled ? learning_rate(state_.batch)
                                                          : player.learning_rate);
      player.optimiser.step();
    }
    trainee_.stepped();
    ++state_.steps;
    for (std::size_t i = 0; i < parts_of(rows); ++i) state_.terms.add(step_.parts[i].terms);
    observer_.step(*this);
  }
  if (state_.batch == batches_.count())
    state_.gradient_norm = gradient_norm(*trainee_.players[0].parameters);
}

// The same step again, for its noise goes by counters, with a look at every value and adjoint: each
// rank finds the same.
std::string Training::first_not_finite(std::span<const std::uint32_t> rows) {
  std::string what = "the objective is not finite";
  Tape tape;
  tape.check_finite(true);
  try {
    PartTerms ignored;
    for (std::size_t i = 0, n = parts_of(rows); i < n; ++i) {
      tape.reset();
      tape.backward(record(tape, BatchParts::rows_of(rows, i, n), rows.size(), ignored));
    }
  } catch (const Error& e) {
    const std::string_view text = e.what(), before = "check_finite: ";
    what = text.substr(0, text.find('\n'));
    if (what.starts_with(before)) what.erase(0, before.size());
  }
  return what;
}

void Training::diverged(const std::string& what) {
  constexpr std::uint64_t enough = 8;
  const Terms& t = state_.terms;
  const bool now = t.examples > 0;
  std::string text =
      concat("training diverged in epoch ", state_.epoch, ", step ", state_.steps + 1, ": ", what);
  if (now || !metrics_.empty())
    text += trainee_.has_likelihood()
                ? fmt::format("; last finite log-likelihood {:.6g}, KL {:.6g}",
                              now ? t.log_likelihood : metrics_.back().train_log_likelihood,
                              now ? t.kl : metrics_.back().train_kl)
                : fmt::format("; last finite objective {:.6g}",
                              now ? t.objective : metrics_.back().train_objective);
  std::error_code error;
  const auto file = run_.folder() / "checkpoint.safetensors";
  const bool kept = std::filesystem::exists(file, error);
  check(settings_.on_divergence == "restore" && state_.restored < enough, text, hint,
        examples_.file->real() && !settings_.standardise && state_.steps == 0
            ? "--standardise: the numbers are of a large scale, and no step was made"
        : state_.restored
            ? "a smaller --learning-rate; it was halved "
            : "a smaller --learning-rate, --clip 100, --posterior-scale tanh (bounded), or "
              "--on-divergence restore",
        state_.restored ? concat(state_.restored, " times") : std::string(),
        kept ? concat("; the last good checkpoint is in ", run_.folder().string())
             : std::string("; nothing was saved yet"));
  const double seconds = state_.seconds, share = state_.rate_share / 2;
  const std::uint64_t restored = state_.restored + 1;
  resume();
  ranks().meet();  // nobody writes it before all have read it
  state_.seconds = seconds, state_.rate_share = share, state_.restored = restored;
  save();  // so that what goes on from here does it with the smaller rate too
  observer_.note(fmt::format("{}\n  restored: from epoch {} again, learning rate {:.3g}", text,
                             state_.epoch, learning_rate(state_.batch)));
}

// Once, when it has lasted for three epochs; without validation data by the KL, in nats.
void Training::report_collapse() {
  constexpr std::size_t epochs = 3;
  const auto collapsed = [](const Metrics& m) {
    return m.active_units == 0 || (std::isnan(m.active_units) && m.train_kl < 0.01);
  };
  std::size_t without = 0;
  while (without < metrics_.size() && collapsed(metrics_[metrics_.size() - 1 - without])) ++without;
  if (!trainee_.deterministic() && without == epochs)
    observer_.note(fmt::format(
        "no latent has been active for {} epochs: the posterior has collapsed onto the prior\n"
        "  hint: --warmup {}, or --free-bits 0.1",
        epochs, std::max(1, settings_.epochs / 2)));
}

void Training::finish_epoch() {
  const Terms& t = state_.terms;
  const std::uint64_t last = batches_.count() - 1;
  Metrics m;
  m.epoch = int(state_.epoch), m.step = state_.steps, m.seconds = seconds();
  const bool codes = !trainee_.deterministic(), likelihood = trainee_.has_likelihood();
  const auto take_terms = [=](const Terms& of, double& objective, double& elbo,
                              double& log_likelihood, double& kl) {
    objective = of.objective;
    if (likelihood) log_likelihood = of.log_likelihood;
    if (codes) kl = of.kl;
    if (codes && likelihood) elbo = of.elbo();
  };
  take_terms(t, m.train_objective, m.train_elbo, m.train_log_likelihood, m.train_kl);
  m.gradient_norm = state_.gradient_norm;
  m.learning_rate = learning_rate(last), m.beta = kl_factor(last);
  bool best = false;
  if (const auto measured = trainee_.validate()) {
    const Evaluation& valid = *measured;
    if (!std::isfinite(valid.objective))
      return diverged(concat("the objective on the validation data is ", valid.objective));
    take_terms(valid, m.valid_objective, m.valid_elbo, m.valid_log_likelihood, m.valid_kl);
    m.active_units = double(valid.active_units);
    best = !state_.best_epoch || valid.objective > state_.best_objective;
    if (best) state_.best_epoch = state_.epoch, state_.best_objective = valid.objective;
    if ((state_.epoch - state_.best_epoch) % std::uint64_t(settings_.plateau) == 0 && !best)
      state_.rate_share *= rate_schedule_.on_plateau;
  }
  metrics_.push_back(m);
  observer_.epoch(*this, m);
  report_collapse();
  const bool save_now = state_.epoch % std::uint64_t(settings_.checkpoint_every) == 0;
  const bool keep = settings_.keep_every && state_.epoch % std::uint64_t(settings_.keep_every) == 0;
  ++state_.epoch;
  state_.batch = 0;
  state_.terms = {};
  // The checkpoint last: what resumes from it finds everything from before it in its place.
  if (best) run_.write_weights(trainee_, "best.safetensors");
  if (keep && settings_.keep == "checkpoint")
    write(concat("checkpoint-", state_.epoch - 1, ".safetensors"));
  else if (keep)
    run_.write_weights(trainee_, concat("model-", state_.epoch - 1, ".safetensors"));
  if (save_now || finished()) save();
}

void Training::save() {
  run_.write_metrics(metrics_);
  run_.write_weights(trainee_, "model.safetensors");
  write("checkpoint.safetensors");
}
void Training::write(const std::string& file) {
  TrainingState now = state_;
  now.seconds = seconds();
  write_checkpoint(run_.folder() / file, trainee_, now);
}

TrainingState train(const Settings& settings, const Examples& examples, Trainee& trainee,
                    const Run& run, Observer& observer) {
  Training training(settings, examples, trainee, run, observer);
  std::error_code error;
  if (!settings.resume.empty() &&
      std::filesystem::exists(run.folder() / "checkpoint.safetensors", error))
    training.resume();
  training.run();
  return training.state();
}

}  // namespace vaegrad::inline VAEGRAD_ABI
