#include <cmath>
#include <limits>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/evaluation.hpp>
#include <vaegrad/models/likelihoods/ms_ssim.hpp>
#include <vaegrad/models/pareto.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void Terms::add(const Bound& batch) {
  const std::uint64_t more = std::uint64_t(batch.kl.shape().rows), all = examples + more;
  const auto merge = [&](double& mean, Var v) {
    double sum = 0;
    for (Real x : v.val()) sum += double(x);
    mean += (sum - double(more) * mean) / double(all);
  };
  merge(objective, batch.objective);
  merge(log_likelihood, batch.log_likelihood);
  merge(kl, batch.kl);
  examples = all;
}

namespace {

// What the draws of a split are for: each has a stream of its own, beside the split's own number.
enum class For : std::uint32_t { elbo = 0, objective = 8, kl_parts = 16 };
std::uint32_t stream_of(std::uint32_t draw, For purpose) { return draw - std::uint32_t(purpose); }

// f(rows) for the examples in batches
template <class F>
void in_batches(const Examples& examples, std::size_t batch, F f) {
  for (std::size_t first = 0; first < examples.count(); first += batch)
    f(std::span(examples.rows).subspan(first, std::min(batch, examples.count() - first)));
}

}  // namespace

Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings) {
  Evaluation result;
  Tape tape;
  const std::size_t latents = std::size_t(model.latent);
  std::vector<double> kl_sum(latents), mean_sum(latents), square_sum(latents);
  bool per_latent = false;
  result.kl_per_layer.resize(model.hierarchical() ? model.inference->layers().size() : 0);
  const auto& trained = objective(settings.objective);
  in_batches(examples, std::max<std::size_t>(1, 250 / std::size_t(settings.particles)),
             [&](auto rows) {
               tape.reset();
               const std::uint32_t draw = fixed_draw(examples.split);
               const Batch batch = make_batch(tape, model, examples, rows, settings, draw);
               Stream noise(settings.seed, Purpose::evaluate, stream_of(draw, For::elbo), rows);
               constexpr Wanted wanted{.kl = true};
               Draw one = model.draw(batch, noise, 1, wanted);
               const Var log_px = model.decode(one.z, batch.condition).log_prob(batch.x);
               Bound bound{log_px, log_px, 0 * log_px};
               if (!model.deterministic) {
                 model.weigh(one, wanted);
                 bound.kl = kl(one);
                 Stream particles(settings.seed, Purpose::evaluate, stream_of(draw, For::objective),
                                  rows, std::uint32_t(settings.particles));
                 ObjectiveSettings s = objective_settings(settings, 1);
                 s.examples = Index(examples.count());
                 bound.objective = model.bound(trained, batch, particles, s).objective;
               }
               result.add(bound);
               const Var code = model.hierarchical() ? model.code(batch).mean : code_of(one.q);
               if (const Var of_layers = model.hierarchical() ? kl_per_layer(one) : Var{})
                 for (Index i = 0; i < of_layers.shape().rows; ++i)
                   for (Index l = 0; l < of_layers.shape().cols; ++l)
                     result.kl_per_layer[std::size_t(l)] += double(of_layers.val()(i, l));
               per_latent = one.kl && one.kl.shape().cols == model.latent;
               for (Index i = 0; i < batch.x.shape().rows; ++i) {
                 result.elbos.push_back(double(log_px.val()(i, 0)) - double(bound.kl.val()(i, 0)));
                 for (Index j = 0; j < model.latent; ++j) {
                   const double m = double(code.val()(i, j));
                   if (per_latent) kl_sum[std::size_t(j)] += double(one.kl.val()(i, j));
                   mean_sum[std::size_t(j)] += m;
                   square_sum[std::size_t(j)] += m * m;
                 }
               }
             });
  const double n = double(result.examples);
  for (double& kl : result.kl_per_layer) kl /= n;
  for (std::size_t j = 0; j < latents; ++j) {
    if (per_latent || model.deterministic) result.kl_per_latent.push_back(kl_sum[j] / n);
    result.active_units += square_sum[j] / n - (mean_sum[j] / n) * (mean_sum[j] / n) > 0.01;
  }
  return result;
}

double mean_ms_ssim(const Model& model, const Examples& examples, const Settings& settings) {
  const bool from_0_to_1 = !examples.file->real() || examples.file->unit;
  if (!ms_ssim_scales(model.image) || !model.given_pixels.empty() || !from_0_to_1)
    return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  Tape tape;
  const std::uint32_t draw = fixed_draw(examples.split);
  in_batches(examples, 250, [&](auto rows) {
    tape.reset();
    const Batch batch = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, stream_of(draw, For::elbo), rows);
    const Var picture = shown(model, model.decode(model.draw(batch, noise).z, batch.condition));
    const Var x = model.unit() == 1 ? Var((1 / 255.0) * batch.x) : batch.x;
    for (Real s : ms_ssim(x, picture, model.image).val()) sum += double(s);
  });
  return sum / double(examples.count());
}

Evidence evidence(const Model& model, const Examples& examples, const Settings& settings,
                  Index particles, const std::function<void(std::size_t)>& progress) {
  const auto log_weights = [&](Tape& tape, auto rows, Stream& noise, Index k) {
    const Batch batch =
        make_batch(tape, model, examples, rows, settings, fixed_draw(examples.split));
    return model.log_weights(batch, noise, k);
  };
  return evidence(examples, particles, settings.seed, log_weights, progress);
}

Evidence evidence(const Examples& examples, Index particles, std::uint64_t seed,
                  const RecordRows& log_weights, const std::function<void(std::size_t)>& progress) {
  std::vector<LogWeights> weights;
  weights.reserve(examples.count());
  Evidence e;
  in_batches(examples, 20, [&](auto rows) {
    std::vector<WeightTail> tails;
    importance_sample(
        [&](Tape& tape, Stream& noise, Index k) { return log_weights(tape, rows, noise, k); }, rows,
        particles, seed, weights, &tails);
    for (const WeightTail& tail : tails) {
      const double k = tail.k();
      e.pareto_k += (std::isnan(k) ? 0 : k) / double(examples.count());
      e.pareto_k_share += (k > pareto_k_limit) / double(examples.count());
    }
    if (progress) progress(weights.size());
  });
  if (!WeightTail::enough(std::size_t(particles)))
    e.pareto_k = e.pareto_k_share = std::numeric_limits<double>::quiet_NaN();
  double squares = 0, variance = 0;
  const double n = double(weights.size());
  for (const LogWeights& w : weights) {
    e.log_px.push_back(w.log_mean());
    e.nll -= w.log_mean() / n;
    squares += w.log_mean() * w.log_mean() / n;
    variance += w.variance();
    e.effective_sample_size += w.effective_sample_size() / n;
  }
  // one draw says nothing of a spread
  e.standard_error =
      particles > 1 ? std::sqrt(variance) / n : std::numeric_limits<double>::quiet_NaN();
  e.examples_error = std::sqrt(std::max(0.0, squares - e.nll * e.nll) / n);
  return e;
}

std::optional<KlParts> kl_parts(const Model& model, const Examples& examples,
                                const Settings& settings) {
  if (model.deterministic || model.hierarchical() || !model.posterior->diagonal ||
      !model.standard_normal)
    return {};
  // At random: test sets are often sorted. Parts of almost one size, none of a single example.
  const std::size_t n = examples.count(), batches = (n + 255) / 256;
  Examples mixed = examples;
  const auto order = permutation(std::uint32_t(n), settings.seed, Purpose::evaluate);
  for (std::size_t i = 0; i < n; ++i) mixed.rows[i] = examples.rows[order[i]];
  KlParts to;
  Tape tape;
  const std::uint32_t draw = fixed_draw(examples.split);
  for (std::size_t k = 0; k < batches; ++k) {
    const std::size_t first = k * n / batches, size = (k + 1) * n / batches - first;
    const auto rows = std::span(mixed.rows).subspan(first, size);
    tape.reset();
    const Batch batch = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, stream_of(draw, For::kl_parts), rows);
    const Draw one = model.draw(batch, noise);
    const KlParts part = kl_parts(one.q.mean.val(), one.q.log_variance.val(), one.z.val(),
                                  StratifiedWeights{size, n});
    const double share = double(size) / double(n);
    to.mutual_information += share * part.mutual_information;
    to.total_correlation += share * part.total_correlation;
    to.dimension_wise_kl += share * part.dimension_wise_kl;
  }
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
