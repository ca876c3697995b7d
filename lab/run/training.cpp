#include <fmt/format.h>

#include <cmath>
#include <limits>

#include <vaegrad/lab/run/training.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
}

Training::Training(const Settings& s, const DataSet& d, Model& m, const Run& run,
                   std::function<bool()> stop)
    : settings_(s),
      data_(d),
      model_(m),
      run_(run),
      stop_(std::move(stop)),
      objective_(objective(s.objective)),
      rate_schedule_(rate_schedule(s.learning_rate_schedule)),
      optimiser_(s.optimizer, m.parameters,
                 {.learning_rate = s.learning_rate,
                  .epsilon = s.adam_epsilon,
                  .beta1 = s.adam_beta1,
                  .second_moment = s.adam_second_moment}),
      batches_(d.train, std::size_t(s.batch), s.seed) {}

void Training::resume() {
  const auto file = run_.folder() / "checkpoint.safetensors";
  read_checkpoint(file, model_, optimiser_, state_);
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
  while (!finished() && !stop_()) {
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
bool Training::stopped_early() const {
  return settings_.patience && state_.best_epoch &&
         state_.epoch - 1 - state_.best_epoch >= std::uint64_t(settings_.patience);
}

// Random pixels of the kind that x holds.
void Training::mutate_batch(const Batch& batch, std::span<const std::uint32_t> rows) const {
  const bool binary =
      data_.train.file->binary || settings_.binarize.value_or(Binarize::none) != Binarize::none;
  const bool whole = binary || model_.decoder.head.row->values == Values::grey;
  mutate(batch.x.val(), settings_.mutate, binary ? 2 : 256, whole ? Real(1) : Real(1) / 255, rows,
         settings_.seed, std::uint32_t(state_.epoch));
}

Bound Training::record(std::span<const std::uint32_t> rows) {
  const auto epoch = std::uint32_t(state_.epoch);
  tape_.reset();
  const Batch batch = make_batch(tape_, model_, data_.train, rows, settings_, epoch);
  if (settings_.mutate > 0) mutate_batch(batch, rows);
  const AnyVae vae = model_.given(batch.condition);
  if (!model_.deterministic) {
    Stream noise(settings_.seed, Purpose::latent, epoch, rows, std::uint32_t(settings_.particles));
    ObjectiveSettings s = objective_settings(settings_, 1);
    s.beta = kl_factor();
    return objective_.bound(vae, batch.x, noise, s);
  }
  const Var log_likelihood = vae.decode(vae.encode(batch.x).mean).log_prob(batch.x);
  return {log_likelihood, log_likelihood, 0 * log_likelihood};
}

void Training::train_epoch() {
  batches_.shuffle(std::uint32_t(state_.epoch));
  for (; state_.batch < batches_.count() && !stop_(); ++state_.batch) {
    const auto rows = batches_[state_.batch];
    const Bound bound = record(rows);
    const Var loss = -average(bound.objective);
    model_.parameters.zero_gradient();
    tape_.backward(loss);
    if (!std::isfinite(loss.item()) || !finite_gradient(model_.parameters))
      return diverged(first_not_finite(rows));
    if (settings_.clip > 0) clip_gradient(model_.parameters, settings_.clip);
    optimiser_.set_learning_rate(learning_rate());
    optimiser_.step();

    ++state_.steps;
    state_.terms.add(bound);
    if (progress_.due()) progress_.update(line());
  }
  if (state_.batch == batches_.count()) state_.gradient_norm = gradient_norm(model_.parameters);
}

// The same step again, for its noise goes by counters, with a look at every value and adjoint.
std::string Training::first_not_finite(std::span<const std::uint32_t> rows) {
  std::string what = "the objective is not finite";
  tape_.check_finite(true);
  try {
    const Bound bound = record(rows);
    model_.parameters.zero_gradient();
    tape_.backward(-average(bound.objective));
  } catch (const Error& e) {
    const std::string_view text = e.what(), before = "check_finite: ";
    what = text.substr(0, text.find('\n'));
    if (what.starts_with(before)) what.erase(0, before.size());
  }
  tape_.check_finite(false);
  return what;
}

void Training::diverged(const std::string& what) {
  constexpr std::uint64_t enough = 8;
  const Terms& t = state_.terms;
  const bool now = t.examples > 0;
  std::string text =
      concat("training diverged in epoch ", state_.epoch, ", step ", state_.steps + 1, ": ", what);
  if (now || !metrics_.empty())
    text += fmt::format("; last finite log-likelihood {:.6g}, KL {:.6g}",
                        now ? t.log_likelihood : metrics_.back().train_log_likelihood,
                        now ? t.kl : metrics_.back().train_kl);
  std::error_code error;
  const auto file = run_.folder() / "checkpoint.safetensors";
  const bool kept = std::filesystem::exists(file, error);
  check(settings_.on_divergence == "restore" && state_.restored < enough, text, hint,
        data_.train.file->real() && !settings_.standardise && state_.steps == 0
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
  state_.seconds = seconds, state_.rate_share = share, state_.restored = restored;
  save();  // so that what goes on from here does it with the smaller rate too
  progress_.finish(fmt::format("{}\n  restored: from epoch {} again, learning rate {:.3g}", text,
                               state_.epoch, learning_rate()));
}

// Once, when it has lasted for three epochs.
void Training::report_collapse() {
  constexpr std::size_t epochs = 3;
  std::size_t without = 0;
  while (without < metrics_.size() && metrics_[metrics_.size() - 1 - without].active_units == 0)
    ++without;
  if (!model_.deterministic && without == epochs)
    progress_.finish(fmt::format(
        "no latent has been active for {} epochs: the posterior has collapsed onto the prior\n"
        "  hint: --warmup {}, or --free-bits 0.1",
        epochs, std::max(1, settings_.epochs / 2)));
}

void Training::finish_epoch() {
  const Terms& t = state_.terms;
  const std::uint64_t last = batches_.count() - 1;
  Metrics m{int(state_.epoch),
            state_.steps,
            seconds(),
            t.objective,
            t.elbo(),
            t.log_likelihood,
            t.kl,
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            state_.gradient_norm,
            learning_rate(last),
            kl_factor(last)};
  if (model_.deterministic) m.train_elbo = m.train_kl = nothing;
  bool best = false;
  if (data_.validation.count()) {
    const Evaluation valid = evaluate(model_, data_.validation, settings_);
    if (!std::isfinite(valid.objective))
      return diverged(concat("the objective on the validation data is ", valid.objective));
    m.valid_objective = valid.objective;
    m.valid_log_likelihood = valid.log_likelihood;
    m.active_units = double(valid.active_units);
    if (!model_.deterministic) m.valid_elbo = valid.elbo(), m.valid_kl = valid.kl;
    best = !state_.best_epoch || valid.objective > state_.best_objective;
    if (best) state_.best_epoch = state_.epoch, state_.best_objective = valid.objective;
  }
  metrics_.push_back(m);
  progress_.finish(line(m));
  report_collapse();
  const bool save_now = state_.epoch % std::uint64_t(settings_.checkpoint_every) == 0;
  const bool keep = settings_.keep_every && state_.epoch % std::uint64_t(settings_.keep_every) == 0;
  ++state_.epoch;
  state_.batch = 0;
  state_.terms = {};
  // The checkpoint last: what resumes from it finds everything from before it in its place.
  if (best) run_.write_model(model_, "best.safetensors");
  if (keep && settings_.keep == "checkpoint")
    write(concat("checkpoint-", state_.epoch - 1, ".safetensors"));
  else if (keep)
    run_.write_model(model_, concat("model-", state_.epoch - 1, ".safetensors"));
  if (save_now || finished()) save();
}

void Training::save() {
  run_.write_metrics(metrics_);
  run_.write_model(model_);
  write("checkpoint.safetensors");
}
void Training::write(const std::string& file) {
  TrainingState now = state_;
  now.seconds = seconds();
  write_checkpoint(run_.folder() / file, model_, optimiser_, now);
}

// At most 80 columns, or 79 while it runs, as long as no number has more digits than images give.
std::string Training::counted(std::uint64_t epoch) const {
  const std::string all = std::to_string(settings_.epochs);
  return fmt::format("epoch {:>{}}/{}", epoch, all.size(), all);
}
std::string Training::line() const {
  const Terms& t = state_.terms;
  const double share = double(t.examples) / double(data_.train.count());
  const double done = (double(state_.epoch - 1) + share) / settings_.epochs;
  std::string to = counted(state_.epoch);
  if (model_.deterministic)
    to += fmt::format("  log p(x|z) {:.2f}", t.log_likelihood);
  else
    to += fmt::format("  ELBO {:.2f} = {:.2f} - KL {:.2f}  beta {:.3g}", t.elbo(), t.log_likelihood,
                      t.kl, kl_factor());
  return to + fmt::format("  {:.0f}/s  ETA {}",
                          done * settings_.epochs * double(data_.train.count()) / seconds(),
                          duration(seconds() * (1 - done) / done));
}
std::string Training::line(const Metrics& m, int digits) const {
  std::string to = counted(std::uint64_t(m.epoch));
  const auto number = [&](const char* name, double x) {
    if (std::isfinite(x)) to += fmt::format("  {} {:.{}f}", name, x, digits);
  };
  if (model_.deterministic) {
    number("log p(x|z)", m.train_log_likelihood);
    number("valid", m.valid_log_likelihood);
    return to;
  }
  to += fmt::format("  ELBO {0:.{3}f} = {1:.{3}f} - KL {2:.{3}f}", m.train_elbo,
                    m.train_log_likelihood, m.train_kl, digits);
  number("valid", m.valid_elbo);
  if (settings_.objective != "elbo") number(settings_.objective.c_str(), m.train_objective);
  to += fmt::format("  beta {:.3g}", m.beta);
  return to.size() > 80 && digits > 1 ? line(m, 1) : to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
