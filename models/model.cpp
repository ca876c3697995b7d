#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <vaegrad/models/distributions.hpp>
#include <vaegrad/models/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::vector<std::uint32_t> all_but(const std::vector<std::uint32_t>& pixels, ImageShape image) {
  std::vector<std::uint32_t> rest;
  for (std::uint32_t i = 0; i < std::uint32_t(image.size()); ++i)
    if (!std::binary_search(pixels.begin(), pixels.end(), i)) rest.push_back(i);
  return rest;
}
std::unique_ptr<Inference> inference_of(const Architecture& a, Blocks blocks) {
  if (!a.encoder) return nullptr;
  check_together(*a.posterior, *a.prior);
  check_layers(a.layers.size(), *a.hierarchy, *a.posterior, *a.prior);
  const InferenceSpec spec{a.network,    a.image,   a.given_pixels.empty() ? a.conditions : 0,
                           a.activation, a.initial, a.posterior,
                           a.latents,    a.layers,  a.between};
  return a.layers.size() > 1 ? a.hierarchy->make(blocks, spec) : one_layer(blocks, spec);
}
// How many latents the prior is of.
Index topmost(const Architecture& a) { return a.layers.size() > 1 ? a.layers.back() : a.latent; }
Parameters block(bool only_count) {
  return only_count ? Parameters(Parameters::counting) : Parameters();
}
// The deterministic model that completes what is given of an image.
Architecture baseline_of(Architecture a) {
  a.conditions = Index(a.given_pixels.size());
  a.encoder = false, a.deterministic = true;
  a.prior = priors()[0], a.posterior = posteriors()[0];
  return a;
}

}  // namespace

Model::Model(const Architecture& a) : Model(a, false) {}

Model::Model(const Architecture& a, bool only_count)
    : image(a.image),
      conditions(a.conditions),
      latent(a.encoder ? a.latent : 0),
      modelled(all_but(a.given_pixels, a.image)),
      given_pixels(a.given_pixels),
      trained_classes(a.trained_classes),
      deterministic(a.deterministic),
      posterior(a.posterior),
      standard_normal(a.prior == &standard_normal_prior),
      parameters(block(only_count)),
      buffers(block(only_count)),
      inference(inference_of(a, {parameters, buffers})),
      decoder({parameters, buffers}, "decoder",
              (inference ? inference->decoded(latent) : 0) +
                  (inference && !given_pixels.empty() ? 0 : conditions),
              inference ? inference->decoder(a.network) : a.network, image, *a.likelihood,
              dimensions(), a.scale, a.activation, a.initial),
      prior(a.prior->make(parameters,
                          {topmost(a), conditions, a.hidden, a.activation, a.initial, a.components,
                           a.prior_flows, image.size(), a.likelihood->values != Values::real})) {
  LikelihoodHead& head = decoder.head;
  head.weight = a.distance_weight;
  if (given_pixels.empty()) head.image = image;
  if (head.row->on_images) head.row->on_images(head.image);  // or else refused here
  if (inference && !given_pixels.empty()) baseline.reset(new Model(baseline_of(a), only_count));
  if (trained_classes.empty() || !classes()) {
    trained_classes.resize(std::size_t(classes()));
    std::iota(trained_classes.begin(), trained_classes.end(), Index{0});
  }
  std::sort(trained_classes.begin(), trained_classes.end());
  trained_classes.erase(std::unique(trained_classes.begin(), trained_classes.end()),
                        trained_classes.end());
}

void Model::check_class(Index y) const {
  check<UsageError>(classes() > 0, "class ", y, ": the model is given no class", hint,
                    "leave it out, or train with --model cvae");
  check<UsageError>(y >= 0 && y < classes(), "class ", y, ": there is no such class", hint,
                    "its classes are 0 to ", classes() - 1);
  if (std::binary_search(trained_classes.begin(), trained_classes.end(), y)) return;
  std::string met;
  for (const Index c : trained_classes) met += (met.empty() ? "" : ", ") + std::to_string(c);
  fail<UsageError>("class ", y, ": left out in training, by --classes", hint, "one of ", met);
}

Index Model::count_parameters(const Architecture& a) {
  const Model counted(a, true);
  const Index own = counted.parameters.count();
  const Index more = counted.baseline ? counted.baseline->parameters.count() : 0;
  return more > std::numeric_limits<Index>::max() - own ? own : own + more;
}

namespace {

// Some columns of a matrix, one beside the other
Var chosen_columns(Var from, std::span<const std::uint32_t> which) {
  const Var to = from.tape().constant(Shape{from.shape().rows, Index(which.size())});
  for (Index i = 0; i < from.shape().rows; ++i)
    for (std::size_t k = 0; k < which.size(); ++k)
      to.val()(i, Index(k)) = from.val()(i, Index(which[k]));
  return to;
}

Var one_hot(Tape& tape, std::span<const std::uint32_t> labels, Index classes) {
  const Var condition = tape.constant(Shape{Index(labels.size()), classes});
  const Matrix y = condition.val();
  std::fill(y.begin(), y.end(), Real{0});
  for (Index i = 0; i < y.rows; ++i) {
    const Index label = Index(labels[std::size_t(i)]);
    check(label < y.cols, "label ", label, " was not met in training: there are ", y.cols,
          " classes", hint, "train on data with every class");
    y(i, label) = 1;
  }
  return condition;
}

}  // namespace

namespace {

// Of pixels that are 0..255 in x, 0..1
Var grey_as_unit(const Model& model, Var x) { return model.unit() == 1 ? Var((1 / 255.0) * x) : x; }

}  // namespace

Batch Model::see(Var images, std::span<const std::uint32_t> labels) const {
  Batch batch{images, {}};
  if (standard)
    for (Index i = 0; i < images.shape().rows; ++i)
      for (Index j = 0; j < images.shape().cols; ++j) {
        const auto& [mean, deviation] = *standard;
        Real& x = images.val()(i, j);
        x = Real((double(x) - mean[std::size_t(j)]) / deviation[std::size_t(j)]);
      }
  if (!given_pixels.empty()) {
    const Var part = chosen_columns(images, given_pixels);
    batch = {chosen_columns(images, modelled), part};
    if (baseline) {
      const Var rest = grey_as_unit(*this, baseline->decode(part, part).mean());
      batch.condition = concatenate_columns(part, stop_gradient(rest));
    }
  }
  if (unit() == 1)
    for (Real& x : batch.x.val()) x = std::nearbyint(255 * x);
  if (classes()) batch.condition = one_hot(images.tape(), labels, conditions);
  return batch;
}

namespace {

// What the encoder is given of a batch: numbers of the size of 1, and with what is given of it, x
// is the image.
Seen seen_by(const Model& model, const Batch& batch) {
  Var input = grey_as_unit(model, batch.x);
  if (model.baseline)
    input =
        concatenate_columns(input, columns(batch.condition, 0, Index(model.given_pixels.size())));
  return {input, batch.condition, batch.pass};
}

}  // namespace

PosteriorAt Model::code(const Batch& batch) const {
  if (!inference) return {.mean = batch.condition};
  PosteriorAt q = inference->code(seen_by(*this, batch));
  q.mean = code_of(q);
  return q;
}

Draw Model::draw(const Batch& batch, Stream& noise, Index particles, const Wanted& wanted) const {
  if (!deterministic)
    return inference->draw(seen_by(*this, batch), *prior, noise, particles, wanted);
  Draw d;
  d.q = code(batch);
  d.z = d.q.mean;
  return d;
}
void Model::weigh(Draw& draw, const Wanted& wanted) const {
  if (!deterministic) inference->weigh(draw, wanted);
}

Var Model::sample_prior(Tape& tape, Var condition, Index count, Stream& noise,
                        Index particles) const {
  return inference->sample_prior(*prior, tape, condition, count, noise, particles);
}

ChosenLikelihood Model::decode(Var z, Var condition, Pass pass) const {
  Var input = inference ? inference->to_decode(z, pass) : z;
  if (classes()) {
    const Index times = z.shape().rows / condition.shape().rows;
    input = concatenate_columns(input, Var(repeat_rows(condition, times)));
  }
  ChosenLikelihood p = decoder(input, pass);
  if (standard)
    for (const auto j : modelled) p.log_jacobian -= std::log(standard->deviation[j]);
  return p;
}

namespace {

// Of the matrices and windows of the decoder, biases and scales aside, (1, 1)
Var mean_square_of_decoder(const Parameters& parameters, Tape& tape) {
  Var to;
  double numbers = 0;
  for (const auto& [name, p] : parameters.list()) {
    if (!name.starts_with("decoder.") || !name.ends_with(".weight")) continue;
    const Var squares = sum(square(tape(p)));
    to = to ? Var(to + squares) : squares;
    numbers += double(p.shape.size());
  }
  return (1 / numbers) * to;
}

}  // namespace

Bound Model::bound(const Objective& objective, const Batch& batch, Stream& noise,
                   const ObjectiveSettings& settings) const {
  const Objective& o =
      deterministic && !objective.deterministic ? reconstruction_objective : objective;
  Draw d = draw(batch, noise, settings.particles, o.wanted);
  const Var log_px =
      decode(d.z, batch.condition, batch.pass).log_prob(repeat_rows(batch.x, d.particles));
  weigh(d, o.wanted);
  if (o.wanted.prior_draws) {
    Stream more = noise.beside(settings.seed, Purpose::other, settings.step);
    d.prior_draws =
        stop_gradient(sample_prior(batch.x.tape(), batch.condition, batch.x.shape().rows, more));
  }
  if (o.wanted.decoder_weights)
    d.decoder_weights = mean_square_of_decoder(parameters, batch.x.tape());
  if (o.wanted.decoder_slope) {
    const Var v = batch.x.tape().constant(d.z.shape());
    noise.beside(settings.seed, Purpose::other, settings.step).normal(v.val());
    const Var along = decoder.slope(d.z, v, batch.pass);
    d.decoder_slope = (1.0 / double(along.shape().cols)) * row_sums(square(along));
  }
  Bound b = o.bound(log_px, d, settings);
  if (d.penalty) b.objective = b.objective - d.penalty;
  return b;
}

Var Model::log_weights(const Batch& batch, Stream& noise, Index particles) const {
  check_is_likelihood(*decoder.head.row, "log p(x)");
  const Wanted wanted{.log_ratio = true};
  Draw d = draw(batch, noise, particles, wanted);
  const Var log_px = decode(d.z, batch.condition).log_prob(repeat_rows(batch.x, particles));
  weigh(d, wanted);
  return vaegrad::log_weights(log_px, d);
}

void Model::start_prior_at(const Batch& batch) {
  const Seen seen = seen_by(*this, batch);
  prior->start_at(seen.x.val(), seen.y ? ConstMatrix(seen.y.val()) : ConstMatrix());
}
void Model::start_at(std::span<const Real> data_mean) {
  decoder.start_at({data_mean.data(), 1, Index(data_mean.size())});
}

Var shown(const Model& model, Var x) {
  const Var to = grey_as_unit(model, x);
  if (!model.standard) return to;
  const Var own = x.tape().constant(ConstMatrix(to.val()));
  unstandardise(model, own.val(), model.modelled);
  return own;
}
Var shown(const Model& model, const ChosenLikelihood& p) { return shown(model, p.mean()); }

void unstandardise(const Model& model, Matrix x, std::span<const std::uint32_t> of) {
  if (!model.standard) return;
  check(x.cols == Index(of.size()), "unstandardise: ", x.cols, " columns, ", of.size(), " of them");
  const auto& [mean, deviation] = *model.standard;
  for (Index i = 0; i < x.rows; ++i)
    for (Index j = 0; j < x.cols; ++j) {
      const std::size_t at = of[std::size_t(j)];
      x(i, j) = Real(mean[at] + deviation[at] * double(x(i, j)));
    }
}

Var whole(const Model& model, Var x, Var condition) {
  if (model.given_pixels.empty()) return x;
  const Index given = Index(model.given_pixels.size()), rows = condition.shape().rows;
  const Var image = x.tape().constant(Shape{x.shape().rows, model.image.size()}),
            seen = x.tape().constant(Shape{rows, given});
  for (Index i = 0; i < rows; ++i) std::copy_n(condition.val().row(i), given, seen.val().row(i));
  unstandardise(model, seen.val(), model.given_pixels);
  const Index times = x.shape().rows / rows;
  for (Index i = 0; i < x.shape().rows; ++i) {
    for (std::size_t k = 0; k < model.modelled.size(); ++k)
      image.val()(i, model.modelled[k]) = x.val()(i, Index(k));
    for (std::size_t k = 0; k < model.given_pixels.size(); ++k)
      image.val()(i, model.given_pixels[k]) = seen.val()(i / times, Index(k));
  }
  return image;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
