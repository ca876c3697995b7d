#include <algorithm>
#include <cmath>

#include <vaegrad/lab/model.hpp>
#include <vaegrad/models/estimators.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Initial initial_of(const Settings& s) {
  const Initialiser which = s.initialiser == "he"       ? Initialiser::he
                            : s.initialiser == "normal" ? Initialiser::normal
                                                        : Initialiser::glorot;
  return {s.seed, which};
}
std::vector<Index> reversed(std::vector<Index> widths) {
  std::reverse(widths.begin(), widths.end());
  return widths;
}
Var beside(Var x, Var condition, bool conditioned) {
  return conditioned ? concatenate_columns(x, condition) : x;
}

}  // namespace

Model::Model(const Settings& s, Index h, Index w, Index c)
    : height(h),
      width(w),
      conditions(c),
      latent(s.latent),
      posterior_scale(&vaegrad::posterior_scale(s.posterior_scale)),
      encoder(parameters, "encoder", h * w + c, s.hidden, activation(s.activation), initial_of(s)),
      mean(parameters, "encoder.mean", encoder.outputs(h * w + c), s.latent, initial_of(s)),
      scale(parameters, "encoder.scale", encoder.outputs(h * w + c), s.latent, initial_of(s)),
      decoder(
          parameters, "decoder", s.latent + c, reversed(s.hidden), likelihood(s.likelihood), h * w,
          likelihood(s.likelihood).has_scale ? std::optional(likelihood_scale(s.likelihood_scale))
                                             : std::nullopt,
          activation(s.activation), initial_of(s)),
      deterministic(s.model == "autoencoder") {
  if (s.prior == "conditional")
    prior.emplace(parameters, "prior", c, s.hidden, s.latent, activation(s.activation),
                  initial_of(s));
}

DiagonalGaussian ConditionedEncoder::operator()(Var x) const {
  const bool grey =
      model->decoder.head.row->values == Values::grey;  // 0..255 is no input for a network
  const Var h =
      model->encoder(beside(grey ? Var((1 / 255.0) * x) : x, condition, model->conditions));
  const Var mean = model->mean(h);
  return {mean, model->posterior_scale->log_variance(model->scale(h))};
}
ChosenLikelihood ConditionedDecoder::operator()(Var z) const {
  Var input = z;
  if (model->conditions) {
    const Index times = z.shape().rows / condition.shape().rows;
    input = concatenate_columns(z, Var(repeat_rows(condition, times)));
  }
  return model->decoder(input);
}
AnyVae Model::given(Var condition) const {
  AnyPrior p;
  if (prior) p.given = (*prior)(condition);
  return {{this, condition}, {this, condition}, p};
}

void Model::start_at(std::span<const Real> data_mean) {
  decoder.start_at({data_mean.data(), 1, Index(data_mean.size())});
}

Index condition_size(const Settings& s, const DataSet& data) {
  if (s.model != "cvae") return 0;
  const auto& labels = data.train.file->labels;
  check(!labels.empty(), "--model cvae: ", s.data, " has no labels to be given", hint,
        "--labels FILE names them");
  return Index(data.classes);
}

Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings,
                 std::uint32_t draw) {
  Batch batch{tape.constant(Shape{Index(rows.size()), model.dimensions()}), {}};
  // Validation and test images are the same whatever the seed, so that runs can be compared.
  const std::uint64_t seed = from.split == Split::train ? settings.seed : 1;
  fill(batch.x.val(), *from.file, rows, settings.binarize.value_or(Binarize::none), seed, draw);
  if (model.decoder.head.row->values == Values::grey)
    for (Real& x : batch.x.val()) x = std::nearbyint(255 * x);
  if (model.conditions) {  // one-hot labels
    batch.condition = tape.constant(Shape{Index(rows.size()), model.conditions});
    const Matrix y = batch.condition.val();
    std::fill(y.begin(), y.end(), Real{0});
    for (Index i = 0; i < y.rows; ++i) {
      const Index label = from.file->labels[rows[std::size_t(i)]];
      check(label < y.cols, "label ", label, " was not met in training: there are ", y.cols,
            " classes", hint, "train on data with every class");
      y(i, label) = 1;
    }
  }
  return batch;
}

const Objective<AnyVae>& objective(std::string_view name) {
  std::string known;
  for (const auto& o : objectives<AnyVae>) {
    if (o.name == name) return o;
    known += concat(known.empty() ? "" : ", ", o.name);
  }
  fail<UsageError>("--objective: there is no '", name, "'", hint, "one of ", known);
}

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

ObjectiveSettings objective_settings(const Settings& s, double share) {
  return {.particles = s.particles,
          .beta = s.beta * share,
          .gamma = s.gamma,
          .capacity = s.capacity,
          .free_bits = s.free_bits};
}

namespace {

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
  const auto& trained = objective(settings.objective);
  in_batches(
      examples, std::max<std::size_t>(1, 250 / std::size_t(settings.particles)), [&](auto rows) {
        tape.reset();
        const std::uint32_t draw = fixed_draw(examples.split);
        const Batch batch = make_batch(tape, model, examples, rows, settings, draw);
        const AnyVae vae = model.given(batch.condition);
        Stream noise(settings.seed, Purpose::evaluate, draw, rows);
        const auto q = vae.encode(batch.x);
        const Var z = model.deterministic ? q.mean : q.sample(noise),
                  per_latent = kl_per_latent(q, vae.prior);
        Bound bound{vae.decode(z).log_prob(batch.x), {}, row_sums(per_latent)};
        bound.log_likelihood = bound.objective;
        if (!model.deterministic) {
          Stream particles(settings.seed, Purpose::evaluate, draw - 8, rows,
                           std::uint32_t(settings.particles));
          bound.objective =
              trained.bound(vae, batch.x, particles, objective_settings(settings, 1)).objective;
        }
        result.add(bound);
        for (Index i = 0; i < batch.x.shape().rows; ++i)
          for (Index j = 0; j < model.latent; ++j) {
            const double m = double(q.mean.val()(i, j));
            kl_sum[std::size_t(j)] += double(per_latent.val()(i, j));
            mean_sum[std::size_t(j)] += m;
            square_sum[std::size_t(j)] += m * m;
          }
      });
  const double n = double(result.examples);
  for (std::size_t j = 0; j < latents; ++j) {
    result.kl_per_latent.push_back(kl_sum[j] / n);
    result.active_units += square_sum[j] / n - (mean_sum[j] / n) * (mean_sum[j] / n) > 0.01;
  }
  return result;
}

Evidence evidence(const Model& model, const Examples& examples, const Settings& settings,
                  Index particles, const std::function<void(std::size_t)>& progress) {
  std::vector<LogWeights> weights;
  weights.reserve(examples.count());
  in_batches(examples, 20, [&](auto rows) {
    importance_sample(
        [&](Tape& tape) {
          const Batch batch =
              make_batch(tape, model, examples, rows, settings, fixed_draw(examples.split));
          return std::pair(model.given(batch.condition), batch.x);
        },
        rows, particles, settings.seed, weights);
    if (progress) progress(weights.size());
  });
  Evidence e;
  double squares = 0, variance = 0;
  const double n = double(weights.size());
  for (const LogWeights& w : weights) {
    e.nll -= w.log_mean() / n;
    squares += w.log_mean() * w.log_mean() / n;
    variance += w.variance();
    e.effective_sample_size += w.effective_sample_size() / n;
  }
  e.standard_error = std::sqrt(variance) / n;
  e.examples_error = std::sqrt(std::max(0.0, squares - e.nll * e.nll) / n);
  return e;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
