#include <cmath>

#include <vaegrad/lab/run/model.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

Initial initial_of(const Settings& s) {
  const Initialiser which = s.initialiser == "he"       ? Initialiser::he
                            : s.initialiser == "normal" ? Initialiser::normal
                                                        : Initialiser::glorot;
  return {s.seed, which};
}
std::optional<Encoder> encoder_of(const Settings& s, Parameters& p, ImageShape image,
                                  Index conditions) {
  if (s.model == "baseline") return {};
  EncoderBody body(p, "encoder", network(s.network), image, conditions, widths(s),
                   activation(s.activation), initial_of(s));
  const Index h = body.outputs;
  Linear mean(p, "encoder.mean", h, s.latent, initial_of(s));
  return Encoder{body, mean, Linear(p, "encoder.scale", h, s.latent, initial_of(s))};
}
// The pixels that are given, or are not.
std::vector<std::uint32_t> pixels(const Settings& s, ImageShape image, bool wanted) {
  const auto gives = condition(s.condition).gives;
  const auto [h, w, channels] = image;
  std::vector<std::uint32_t> which;
  for (Index i = 0; i < h; ++i)
    for (Index j = 0; j < w; ++j)
      for (Index c = 0; c < channels; ++c)
        if ((gives && gives(i >= h / 2, j < w / 2)) == wanted)
          which.push_back(std::uint32_t((i * w + j) * channels + c));
  return which;
}

}  // namespace

Settings baseline_settings(const Settings& of) {
  Settings s = of;
  for (const Setting& row : all_settings()) {
    const std::string_view name = row.name;
    if (std::string_view(row.group) == "objective" || name == "latent" || name == "prior" ||
        name == "posterior-scale")
      row.set(s, row.get(Settings{}));
  }
  s.model = "baseline";
  return s;
}

Model::Model(const Settings& s, ImageShape shape, Index c)
    : image(shape),
      conditions(c),
      latent(s.model == "baseline" ? 0 : s.latent),
      posterior_scale(&vaegrad::posterior_scale(s.posterior_scale)),
      modelled(pixels(s, shape, false)),
      given_pixels(pixels(s, shape, true)),
      deterministic(s.model == "autoencoder" || s.model == "baseline"),
      encoder(encoder_of(s, parameters, shape, given_pixels.empty() ? c : 0)),
      decoder(parameters, "decoder", encoder && !given_pixels.empty() ? latent : latent + c,
              network(s.network), shape, widths(s), likelihood(s.likelihood), dimensions(),
              likelihood(s.likelihood).has_scale
                  ? std::optional(likelihood_scale(s.likelihood_scale))
                  : std::nullopt,
              activation(s.activation), initial_of(s)) {
  if (s.prior == "conditional")
    prior.emplace(parameters, "prior", c, widths(s), s.latent, activation(s.activation),
                  initial_of(s));
  if (encoder && !given_pixels.empty())
    baseline = std::make_shared<Model>(baseline_settings(s), shape, Index(given_pixels.size()));
}

DiagonalGaussian ConditionedEncoder::operator()(Var x) const {
  if (!model->encoder) {  // a baseline
    const Var zero = x.tape().constant(condition.shape());
    std::fill(zero.val().begin(), zero.val().end(), Real{0});
    return {condition, zero};
  }
  const auto& [body, mean, scale] = *model->encoder;
  const bool grey =
      model->decoder.head.row->values == Values::grey;  // 0..255 is no input for a network
  Var input = grey ? Var((1 / 255.0) * x) : x;
  if (model->baseline)  // with what is given of it, it is the image
    input = concatenate_columns(input, columns(condition, 0, Index(model->given_pixels.size())));
  const Var h = body(input, condition);
  const Var m = mean(h);
  return {m, model->posterior_scale->log_variance(scale(h))};
}
ChosenLikelihood ConditionedDecoder::operator()(Var z) const {
  Var input = z;
  if (model->classes()) {
    const Index times = z.shape().rows / condition.shape().rows;
    input = concatenate_columns(z, Var(repeat_rows(condition, times)));
  }
  ChosenLikelihood p = model->decoder(input);
  if (model->standard)
    for (const auto j : model->modelled) p.log_jacobian -= std::log(model->standard->deviation[j]);
  return p;
}
AnyVae Model::given(Var condition) const {
  AnyPrior p;
  if (prior) p.given = (*prior)(condition);
  return {{this, condition}, {this, condition}, p};
}

void Model::start_at(std::span<const Real> data_mean) {
  decoder.start_at({data_mean.data(), 1, Index(data_mean.size())});
}

std::unique_ptr<Model> new_model(const Settings& s, const DataSet& data) {
  const Images& images = *data.train.file;
  auto model = std::make_unique<Model>(s, images.shape(), condition_size(s, data));
  if (!s.standardise && s.output_bias != "data-mean") return model;
  const Moments m = moments(data.train);
  if (s.standardise) {
    for (std::size_t j = 0; j < m.deviation.size(); ++j)
      check(m.deviation[j] > 0, "--standardise: column ", j, " of ", s.data, " is ", m.mean[j],
            " in every training example", hint, "leave that column out of the file");
    model->standard = Standard{m.mean, m.deviation};
    if (model->baseline) model->baseline->standard = model->standard;
  } else {  // of standardised data the mean is zero
    const bool grey = model->decoder.head.row->values == Values::grey;
    std::vector<Real> mean;
    for (const auto j : model->modelled) mean.push_back(Real((grey ? 255 : 1) * m.mean[j]));
    model->start_at(mean);
  }
  return model;
}

Index condition_size(const Settings& s, const DataSet& data) {
  if (s.model != "cvae" && s.model != "baseline") return 0;
  const Images& images = *data.train.file;
  if (condition(s.condition).gives) {
    check(images.height > 1 && images.width > 1, "--condition ", s.condition, ": ", s.data,
          " has rows of numbers, ", images.height, " x ", images.width, ", no images", hint,
          "--condition label");
    const Index all = Index(images.dimensions());
    return s.model == "cvae" ? all : Index(pixels(s, images.shape(), true).size());
  }
  check(!images.labels.empty(), "--model cvae: ", s.data, " has no labels to be given", hint,
        "--labels FILE names them");
  return Index(data.classes);
}

namespace {

// Some columns of a matrix, one beside the other
void copy_columns(ConstMatrix from, std::span<const std::uint32_t> which, Matrix to, Index at) {
  for (Index i = 0; i < from.rows; ++i)
    for (std::size_t k = 0; k < which.size(); ++k) to(i, at + Index(k)) = from(i, Index(which[k]));
}

// One-hot labels
Var labels(Tape& tape, const Model& model, const Images& file,
           std::span<const std::uint32_t> rows) {
  const Var condition = tape.constant(Shape{Index(rows.size()), model.conditions});
  const Matrix y = condition.val();
  std::fill(y.begin(), y.end(), Real{0});
  for (Index i = 0; i < y.rows; ++i) {
    const Index label = file.labels[rows[std::size_t(i)]];
    check(label < y.cols, "label ", label, " was not met in training: there are ", y.cols,
          " classes", hint, "train on data with every class");
    y(i, label) = 1;
  }
  return condition;
}

}  // namespace

Batch make_batch(Tape& tape, const Model& model, const Examples& from,
                 std::span<const std::uint32_t> rows, const Settings& settings,
                 std::uint32_t draw) {
  const Index n = Index(rows.size());
  Batch batch{tape.constant(Shape{n, model.image.size()}), {}};
  // Validation and test images are the same whatever the seed, so that runs can be compared.
  const std::uint64_t seed = from.split == Split::train ? settings.seed : 1;
  fill(batch.x.val(), *from.file, rows, settings.binarize.value_or(Binarize::none), seed, draw);
  if (model.standard)
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < batch.x.shape().cols; ++j) {
        const auto& [mean, deviation] = *model.standard;
        Real& x = batch.x.val()(i, j);
        x = Real((double(x) - mean[std::size_t(j)]) / deviation[std::size_t(j)]);
      }
  if (!model.given_pixels.empty()) {
    const Matrix image = batch.x.val();
    const Var part = tape.constant(Shape{n, Index(model.given_pixels.size())});
    copy_columns(image, model.given_pixels, part.val(), 0);
    batch.x = tape.constant(Shape{n, model.dimensions()});
    copy_columns(image, model.modelled, batch.x.val(), 0);
    batch.condition = part;
    if (model.baseline) {
      const Var rest = shown(model, model.baseline->given(part).decode(part));
      batch.condition = concatenate_columns(part, stop_gradient(rest));
    }
  }
  const bool grey = model.decoder.head.row->values == Values::grey;
  if (grey)
    for (Real& x : batch.x.val()) x = std::nearbyint(255 * x);
  if (model.classes()) batch.condition = labels(tape, model, *from.file, rows);
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

Var shown(const Model& model, const ChosenLikelihood& p) {
  return model.decoder.head.row->values == Values::grey ? Var((1 / 255.0) * p.mean()) : p.mean();
}

ObjectiveSettings objective_settings(const Settings& s, double share) {
  return {.particles = s.particles,
          .beta = s.beta * share,
          .gamma = s.gamma,
          .capacity = s.capacity,
          .free_bits = s.free_bits};
}

}  // namespace vaegrad::inline VAEGRAD_ABI
