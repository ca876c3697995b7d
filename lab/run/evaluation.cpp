#include <cmath>
#include <limits>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/run/evaluation.hpp>
#include <vaegrad/models/likelihoods/ms_ssim.hpp>
#include <vaegrad/models/pareto.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void Terms::add(const Terms& more) {
  examples += more.examples;
  const auto merge = [&](double& mean, double of_more) {
    mean += double(more.examples) * (of_more - mean) / double(examples);
  };
  merge(objective, more.objective);
  merge(log_likelihood, more.log_likelihood);
  merge(kl, more.kl);
}

void Terms::add(const Bound& batch) {
  const auto mean = [](Var v) {
    double sum = 0;
    for (Real x : v.val()) sum += double(x);
    return sum / double(v.shape().rows);
  };
  Terms more;
  more.objective = mean(batch.objective);
  more.log_likelihood = mean(batch.log_likelihood);
  more.kl = mean(batch.kl);
  more.examples = std::uint64_t(batch.kl.shape().rows);
  add(more);
}

namespace {

// What the draws of a split are for: each has a stream of its own, beside the split's own number.
enum class For : std::uint32_t { elbo = 0, objective = 8, kl_parts = 16 };
std::uint32_t stream_of(std::uint32_t draw, For purpose) { return draw - std::uint32_t(purpose); }

// The examples in batches, spread over ranks: make(rows, numbers) on one of them, then take(rows,
// numbers) on all, in order.
template <class Make, class Take>
void in_batches(const Examples& examples, std::size_t batch, Make make, Take take) {
  const auto rows = [&](std::size_t i) {
    const std::size_t first = i * batch;
    return std::span(examples.rows).subspan(first, std::min(batch, examples.count() - first));
  };
  spread_over_ranks((examples.count() + batch - 1) / batch,
                    [&](std::size_t i, std::vector<double>& to) { make(rows(i), to); },
                    [&](std::size_t i, std::span<const double> of) { take(rows(i), of); });
}

// Numbers one after the other, as they were put there.
struct Reader {
  std::span<const double> numbers;
  double operator()() {
    const double x = numbers[0];
    numbers = numbers.subspan(1);
    return x;
  }
};
void append(std::vector<double>& to, ConstMatrix m) { to.insert(to.end(), m.begin(), m.end()); }

}  // namespace

Evaluation evaluate(const Model& model, const Examples& examples, const Settings& settings) {
  Evaluation result;
  Tape tape;
  const std::size_t latents = std::size_t(model.latent);
  std::vector<double> kl_sum(latents), mean_sum(latents), square_sum(latents);
  bool per_latent = false;
  result.kl_per_layer.resize(model.hierarchical() ? model.inference->layers().size() : 0);
  const auto& trained = objective(settings.objective);
  const auto make = [&](std::span<const std::uint32_t> rows, std::vector<double>& to) {
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
      Stream particles(settings.seed, Purpose::evaluate, stream_of(draw, For::objective), rows,
                       std::uint32_t(settings.particles));
      ObjectiveSettings s = objective_settings(settings, 1);
      s.examples = Index(examples.count());
      bound.objective = model.bound(trained, batch, particles, s).objective;
    }
    for (const Var v : {bound.objective, bound.log_likelihood, bound.kl}) append(to, v.val());
    if (latents) append(to, (model.hierarchical() ? model.code(batch).mean : code_of(one.q)).val());
    // Each KL behind a number that says whether there is one.
    const Var of_layers = model.hierarchical() ? kl_per_layer(one) : Var{};
    to.push_back(of_layers ? 1 : 0);
    if (of_layers) append(to, of_layers.val());
    const bool of_latents = one.kl && model.latent && one.kl.shape().cols == model.latent;
    to.push_back(of_latents);
    if (of_latents) append(to, one.kl.val());
  };
  const auto take = [&](std::span<const std::uint32_t> rows, std::span<const double> numbers) {
    const std::size_t n = rows.size();
    Reader next{numbers};
    Terms terms;
    terms.examples = n;
    std::vector<double> log_px(n);
    const auto mean = [&](auto each) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += each(i, next());
      return sum / double(n);
    };
    const auto value = [](std::size_t, double x) { return x; };
    terms.objective = mean(value);
    terms.log_likelihood = mean([&](std::size_t i, double x) { return log_px[i] = x; });
    terms.kl = mean([&](std::size_t i, double kl) {
      result.elbos.push_back(log_px[i] - kl);
      return kl;
    });
    result.add(terms);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < latents; ++j) {
        const double m = next();
        mean_sum[j] += m;
        square_sum[j] += m * m;
      }
    const bool per_layer = next() != 0;
    for (std::size_t i = 0; per_layer && i < n; ++i)
      for (double& of_layer : result.kl_per_layer) of_layer += next();
    per_latent = next() != 0;
    for (std::size_t i = 0; per_latent && i < n; ++i)
      for (double& of_latent : kl_sum) of_latent += next();
  };
  in_batches(examples, std::max<std::size_t>(1, 250 / std::size_t(settings.particles)), make, take);
  const double n = double(result.examples);
  for (double& kl : result.kl_per_layer) kl /= n;
  for (std::size_t j = 0; j < latents; ++j) {
    if (per_latent || model.deterministic) result.kl_per_latent.push_back(kl_sum[j] / n);
    const bool follows = model.hierarchical() && per_latent && kl_sum[j] / n <= 0.01;
    const double variance = square_sum[j] / n - (mean_sum[j] / n) * (mean_sum[j] / n);
    result.active_units += variance > 0.01 && !follows;
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
  const auto make = [&](std::span<const std::uint32_t> rows, std::vector<double>& to) {
    tape.reset();
    const Batch batch = make_batch(tape, model, examples, rows, settings, draw);
    Stream noise(settings.seed, Purpose::evaluate, stream_of(draw, For::elbo), rows);
    const Var picture = shown(model, model.decode(model.draw(batch, noise).z, batch.condition));
    append(to, ms_ssim(shown(model, batch.x), picture, model.image).val());
  };
  in_batches(examples, 250, make, [&](auto, std::span<const double> numbers) {
    for (double s : numbers) sum += s;
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
  Evidence e;
  double squares = 0, variance = 0;
  const double n = double(examples.count());
  const auto make = [&](std::span<const std::uint32_t> rows, std::vector<double>& to) {
    std::vector<LogWeights> weights;
    std::vector<WeightTail> tails;
    importance_sample(
        [&](Tape& tape, Stream& noise, Index k) { return log_weights(tape, rows, noise, k); }, rows,
        particles, seed, weights, &tails);
    for (std::size_t i = 0; i < weights.size(); ++i)
      to.insert(to.end(),
                {weights[i].log_mean(), weights[i].variance(), weights[i].effective_sample_size(),
                 i < tails.size() ? tails[i].k() : 0.0});
  };
  const auto take = [&](auto, std::span<const double> numbers) {
    for (Reader next{numbers}; !next.numbers.empty();) {
      const double log_px = next();
      e.log_px.push_back(log_px);
      e.nll -= log_px / n;
      squares += log_px * log_px / n;
      variance += next();
      e.effective_sample_size += next() / n;
      const double k = next();
      e.pareto_k += (std::isnan(k) ? 0 : k) / n;
      e.pareto_k_share += (k > pareto_k_limit) / n;
    }
    if (progress) progress(e.log_px.size());
  };
  in_batches(examples, 20, make, take);
  if (!WeightTail::enough(std::size_t(particles)))
    e.pareto_k = e.pareto_k_share = std::numeric_limits<double>::quiet_NaN();
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
